"""Comparison of two evaluations: intervals, tests and a verdict."""
