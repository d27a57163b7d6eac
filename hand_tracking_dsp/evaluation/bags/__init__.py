"""Bags: opening what there is, whole or damaged, and writing new ones; no ROS needed."""
