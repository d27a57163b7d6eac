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

"""Messages for the bags that tests write, of rosbags' types."""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES
from hand_tracking_dsp.tracking.depth_view import Intrinsics

FRAME_NS = 33_333_333
START_NS = 10**18
CAMERA = Intrinsics(300.0, 301.0, 32.0, 24.0)
PIXELS = np.zeros((48, 64, 3), np.uint8)
FORMATS = ("mcap", "sqlite3")
TEXT = "std_msgs/msg/String"
HELLO = b"\0\1\0\0\6\0\0\0hello\0\0\0"


def image(frame, stamp_ns):
    return BAG_MESSAGES.image(frame.image, BAG_MESSAGES.header(stamp_ns, "camera"))


def truth(frame, stamp_ns):
    return BAG_MESSAGES.truth(frame.truth, BAG_MESSAGES.header(stamp_ns, "camera"), 320, 240)


def header(stamp_ns, frame_id="eye"):
    return BAG_MESSAGES.header(stamp_ns, frame_id)


def depth_mm(millimetres, height=48, width=64):
    return np.full((height, width), millimetres, np.uint16)
