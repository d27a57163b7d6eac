"""Quantized and half-precision variants of a network, as accurate and as fast as runtimes allow."""
