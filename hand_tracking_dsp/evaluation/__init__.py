"""Measuring: metrics, comparison with MediaPipe, frame times, plots and summaries. No ROS, no torch."""
