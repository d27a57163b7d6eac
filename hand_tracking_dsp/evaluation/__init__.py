"""Measurement: replay, metrics, comparison, reports. No ROS, no PyTorch."""
