"""What all nodes share: lifecycle, parameters, QoS, pacing."""
