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

"""Hand tracking for robots that spends only as much computation as the moment allows.

The names below are the public Python API; each is loaded when it is first used, so that a program
that needs one room does not pay for the others.
"""

from __future__ import annotations

import os
from importlib import import_module
from pkgutil import extend_path
from typing import TYPE_CHECKING, Any

from hand_tracking_dsp.telemetry import switch_off

if TYPE_CHECKING:
    from hand_tracking_dsp.hand import BONES, FINGERS, JOINT_COUNT, Handedness, Joint
    from hand_tracking_dsp.resources import share_path
    from hand_tracking_dsp.tracking.backends import RuntimeOptions
    from hand_tracking_dsp.tracking.bank import LevelBank
    from hand_tracking_dsp.tracking.draw import draw_hands
    from hand_tracking_dsp.tracking.palm import PalmDetector
    from hand_tracking_dsp.tracking.tracker import HandTracker
    from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
    from hand_tracking_dsp.tracking.types import FrameResult, HandLandmarks, Region, TrackedHand

__version__ = "0.1.0"

# OpenCV reads this when it is imported: a second wall behind max_image_megapixels, at its highest value.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", "256000000")

# The ROS 2 messages are generated into a package of the same name in the workspace; this joins the two
# where they are not one folder: beside the source tree, or with this package installed by pip.
__path__ = extend_path(__path__, __name__)

# Here, since no module of the package is imported before this one.
switch_off()

_HOMES = {
    "BONES": "hand",
    "FINGERS": "hand",
    "JOINT_COUNT": "hand",
    "FrameResult": "tracking.types",
    "HandLandmarks": "tracking.types",
    "HandTracker": "tracking.tracker",
    "Handedness": "hand",
    "Joint": "hand",
    "LevelBank": "tracking.bank",
    "PalmDetector": "tracking.palm",
    "Region": "tracking.types",
    "RuntimeOptions": "tracking.backends",
    "TrackedHand": "tracking.types",
    "TrackerOptions": "tracking.tracker_options",
    "draw_hands": "tracking.draw",
    "share_path": "resources",
}

__all__ = [
    "BONES",
    "FINGERS",
    "JOINT_COUNT",
    "FrameResult",
    "HandLandmarks",
    "HandTracker",
    "Handedness",
    "Joint",
    "LevelBank",
    "PalmDetector",
    "Region",
    "RuntimeOptions",
    "TrackedHand",
    "TrackerOptions",
    "draw_hands",
    "share_path",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 (any of the names above)
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
