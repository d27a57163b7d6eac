"""The form of report.json."""

REPORT_VERSION = 1
"""Counts up where its fields change."""
