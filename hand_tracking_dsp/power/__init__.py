"""Sources of power readings: batteries, rails, counters, an estimate, a simulation. No ROS."""
