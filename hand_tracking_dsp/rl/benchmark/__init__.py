"""Comparison of policies with rules and with an oracle."""
