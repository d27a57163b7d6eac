"""The ROS 2 nodes: parameters, topics, lifecycle, conversion. The only room that knows rclpy."""
