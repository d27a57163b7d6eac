"""A bank adapted to one's own camera: in minutes, without torch, without labels."""
