"""Teaches pruned networks to say what the dense network says. The only room that needs torch."""
