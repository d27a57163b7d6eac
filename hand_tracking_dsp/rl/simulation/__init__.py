"""The simulated device and the episodes on it."""
