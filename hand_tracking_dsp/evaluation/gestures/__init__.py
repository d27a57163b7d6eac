"""Measuring gestures on labelled pictures and on videos."""
