"""Conversion between messages and values; knows no ROS, since message types are handed in."""
