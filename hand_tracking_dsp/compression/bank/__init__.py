"""The bank that is made: files, entries, checks, times."""
