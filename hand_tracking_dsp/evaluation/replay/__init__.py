"""Replaying recordings through the tracker, frame by frame, without ROS."""
