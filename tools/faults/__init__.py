"""Faults put into a running graph and into files, counted; and a long run watched. Not installed."""
