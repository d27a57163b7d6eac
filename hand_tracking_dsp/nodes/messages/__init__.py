"""Conversion between values and the messages that the nodes publish."""
