"""Smaller and faster palm detectors, and how well they find hands."""
