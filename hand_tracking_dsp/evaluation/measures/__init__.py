"""Measures of an evaluation: a row a frame, and every measure as a function of rows."""
