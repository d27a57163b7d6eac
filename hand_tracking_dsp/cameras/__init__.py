"""Sources of frames: devices, files, folders, streams and a synthetic hand. No ROS."""
