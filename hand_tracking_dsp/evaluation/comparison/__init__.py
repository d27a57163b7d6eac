"""Two evaluations against each other: intervals, tests and a verdict."""
