"""Training of pruned networks towards the outputs of the dense network. Needs PyTorch."""
