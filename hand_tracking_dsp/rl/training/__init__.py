"""Training and export of policies. Needs PyTorch."""
