"""Where frames and power readings come from: devices, files, streams, a synthetic hand, sysfs. No ROS."""
