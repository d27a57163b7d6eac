"""Base of all nodes: lifecycle, parameters, QoS, pacing."""
