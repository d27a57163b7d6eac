"""The parameters of the four nodes; config/hand_tracking.yaml and docs/parameters.md come from here."""

from __future__ import annotations

from hand_tracking_dsp.nodes.parameters import Parameter
from hand_tracking_dsp.nodes.tables.camera import CAMERA
from hand_tracking_dsp.nodes.tables.controller import CONTROLLER
from hand_tracking_dsp.nodes.tables.power import POWER
from hand_tracking_dsp.nodes.tables.tracker import TRACKER

__all__ = ["CAMERA", "CONTROLLER", "POWER", "TABLES", "TRACKER"]

TABLES: dict[str, tuple[Parameter, ...]] = {
    "camera_node": CAMERA,
    "hand_tracker_node": TRACKER,
    "pruning_controller_node": CONTROLLER,
    "power_node": POWER,
}
"""The parameters by node."""
