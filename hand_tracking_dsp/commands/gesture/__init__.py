"""The group gesture of the command line."""
