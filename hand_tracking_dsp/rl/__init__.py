"""Reinforcement learning of the controller: simulation, training and benchmark."""
