"""Commands of the group gesture."""
