"""The group models of the command line."""
