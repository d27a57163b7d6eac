"""Conversion between message objects and values; message types are handed in. No ROS."""
