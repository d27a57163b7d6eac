"""Bags: reading of whole and damaged ones, and writing of new ones. No ROS."""
