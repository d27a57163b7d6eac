"""Offline work: importing, checking and exporting networks. Needs more libraries than a robot has."""
