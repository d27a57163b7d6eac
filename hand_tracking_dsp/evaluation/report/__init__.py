"""An evaluation as a folder: report.html, report.json and frames.csv."""
