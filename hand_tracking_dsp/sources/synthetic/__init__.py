"""A synthetic hand with exact joints: the demo's default camera and the tests' truth."""

from hand_tracking_dsp.sources.synthetic.gestures import GESTURES
from hand_tracking_dsp.sources.synthetic.motion import HandPlace
from hand_tracking_dsp.sources.synthetic.render import render_hand
from hand_tracking_dsp.sources.synthetic.scene import SyntheticHandSource, SyntheticScene
from hand_tracking_dsp.sources.synthetic.shading import Look
from hand_tracking_dsp.sources.synthetic.skeleton import HandShape, pose_hand

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
