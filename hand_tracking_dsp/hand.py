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

"""The vocabulary that every room shares: the 21 joints of a hand, its bones and its side.

Order and names are those of MediaPipe Hands (Zhang et al., "MediaPipe Hands: On-device Real-time
Hand Tracking", 2020) and of the constants in msg/Hand.msg.
"""

from __future__ import annotations

from enum import IntEnum


class Handedness(IntEnum):
    """Anatomical side of a hand; the values are those of msg/Hand.msg."""

    UNKNOWN = 0
    LEFT = 1
    RIGHT = 2


class Joint(IntEnum):
    """Index of a joint in an array of 21 landmarks."""

    WRIST = 0
    THUMB_CMC = 1
    THUMB_MCP = 2
    THUMB_IP = 3
    THUMB_TIP = 4
    INDEX_MCP = 5
    INDEX_PIP = 6
    INDEX_DIP = 7
    INDEX_TIP = 8
    MIDDLE_MCP = 9
    MIDDLE_PIP = 10
    MIDDLE_DIP = 11
    MIDDLE_TIP = 12
    RING_MCP = 13
    RING_PIP = 14
    RING_DIP = 15
    RING_TIP = 16
    PINKY_MCP = 17
    PINKY_PIP = 18
    PINKY_DIP = 19
    PINKY_TIP = 20


JOINT_COUNT = len(Joint)

FINGERS: tuple[tuple[Joint, Joint, Joint, Joint], ...] = (
    (Joint.THUMB_CMC, Joint.THUMB_MCP, Joint.THUMB_IP, Joint.THUMB_TIP),
    (Joint.INDEX_MCP, Joint.INDEX_PIP, Joint.INDEX_DIP, Joint.INDEX_TIP),
    (Joint.MIDDLE_MCP, Joint.MIDDLE_PIP, Joint.MIDDLE_DIP, Joint.MIDDLE_TIP),
    (Joint.RING_MCP, Joint.RING_PIP, Joint.RING_DIP, Joint.RING_TIP),
    (Joint.PINKY_MCP, Joint.PINKY_PIP, Joint.PINKY_DIP, Joint.PINKY_TIP),
)
"""The joints of thumb, index, middle, ring and little finger, from the palm outwards."""

BONES: tuple[tuple[Joint, Joint], ...] = (
    (Joint.WRIST, Joint.THUMB_CMC),
    (Joint.WRIST, Joint.INDEX_MCP),
    (Joint.WRIST, Joint.PINKY_MCP),
    (Joint.INDEX_MCP, Joint.MIDDLE_MCP),
    (Joint.MIDDLE_MCP, Joint.RING_MCP),
    (Joint.RING_MCP, Joint.PINKY_MCP),
    *((finger[i], finger[i + 1]) for finger in FINGERS for i in range(3)),
)
"""Pairs of joints that a drawing of a hand connects."""
