"""Closed-form pruning: numpy, onnx and onnxruntime only, so that it runs on the robot, too."""
