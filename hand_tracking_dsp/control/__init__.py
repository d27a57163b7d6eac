"""Level decisions at run time: observation, policies, shield. No ROS, no clock of its own."""
