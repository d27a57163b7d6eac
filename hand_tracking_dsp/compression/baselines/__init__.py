"""Other methods of pruning the same network, measured beside ours. Needs PyTorch."""
