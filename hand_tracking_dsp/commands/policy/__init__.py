"""The group policy of the command line."""
