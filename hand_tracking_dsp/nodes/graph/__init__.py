"""Running, observing, recording and replaying a graph of nodes."""
