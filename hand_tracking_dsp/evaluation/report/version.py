"""Version of report.json."""

REPORT_VERSION = 1
"""Version of the file's fields; it counts up where they change."""
