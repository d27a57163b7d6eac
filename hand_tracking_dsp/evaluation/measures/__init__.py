"""What an evaluation measures: a row a frame, and every measure as a function of rows."""
