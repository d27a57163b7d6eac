"""Smaller and faster palm detectors, and how many hands they find."""
