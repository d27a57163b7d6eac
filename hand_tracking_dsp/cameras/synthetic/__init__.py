"""A synthetic hand with exact joints: the demo's default camera and the tests' truth."""

from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.cameras.synthetic.motion import HandPlace
from hand_tracking_dsp.cameras.synthetic.render import render_hand
from hand_tracking_dsp.cameras.synthetic.scene import SyntheticHandSource, SyntheticScene
from hand_tracking_dsp.cameras.synthetic.shading import Look
from hand_tracking_dsp.cameras.synthetic.skeleton import HandShape, pose_hand

__all__ = [
    "GESTURES",
    "HandPlace",
    "HandShape",
    "Look",
    "SyntheticHandSource",
    "SyntheticScene",
    "pose_hand",
    "render_hand",
]
