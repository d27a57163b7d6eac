"""Hands from pixels: networks, regions, tracking and smoothing. Knows no ROS."""
