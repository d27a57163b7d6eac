"""Import of MediaPipe's networks from TensorFlow Lite."""
