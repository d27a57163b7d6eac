# Copyright 2026 the hand_tracking_dsp authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

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
