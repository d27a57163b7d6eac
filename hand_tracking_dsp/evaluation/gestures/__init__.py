"""Measurement of gestures on labelled pictures and on videos."""
