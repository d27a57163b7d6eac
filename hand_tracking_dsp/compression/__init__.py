"""Smaller versions of a network: pruning, distillation, quantization, and the bank they make."""
