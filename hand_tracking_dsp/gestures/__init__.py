"""Named gestures from the joints of hands, and what they do over time: numpy, no ROS."""
