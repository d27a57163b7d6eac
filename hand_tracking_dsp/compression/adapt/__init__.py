"""Adaptation of a bank to your own camera: in minutes, without PyTorch, without labels."""
