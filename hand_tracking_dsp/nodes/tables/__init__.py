"""The parameters of the nodes; config/hand_tracking.yaml and docs/parameters.md come from here.

A node imports its own table only: those of the others bring libraries that it does without.
"""
