"""Kinds of faults, by what they touch; importing a module declares its kinds."""
