"""Training the controller: a simulated device, fitted to recorded traces, and what learns on it."""
