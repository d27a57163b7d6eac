"""Adaptation of a bank to one's own camera: in minutes, without PyTorch, without labels."""
