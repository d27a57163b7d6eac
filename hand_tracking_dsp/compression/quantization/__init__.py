"""Quantized and half-precision variants of a network."""
