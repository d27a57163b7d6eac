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

"""Hands in space out of messages."""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.depth.types import Hand3d, Hands3d, HandSource, JointState
from hand_tracking_dsp.messages.hands import points, side_of
from hand_tracking_dsp.messages.message import Message

HANDS_3D_TYPE = "hand_tracking_dsp/msg/Hand3DArray"
HAND_3D_TYPE = "hand_tracking_dsp/msg/Hand3D"


def hands_in_space(message: Message) -> Hands3d:
    """Turn a Hand3DArray message into the depth room's values.

    Raises:
        ValueError: Its source is none of the constants.
    """
    return Hands3d(
        hands=space_hands(message),
        source=HandSource(message.source),
        depth_offset_s=float(message.depth_offset_s),
    )


def space_hands(message: Message) -> tuple[Hand3d, ...]:
    """Turn the hands of a Hand3DArray message, whatever its source, into the depth room's values."""
    return tuple(map(_hand, message.hands))


def _hand(message: Message) -> Hand3d:
    """Turn a Hand3D message into a value; a joint of which anything is not finite is unknown."""
    joints = points(message.joints)
    states = np.array(message.joint_states, dtype=np.uint8)
    known = np.isfinite(joints).all(axis=1) & np.isin(states, (JointState.INFERRED, JointState.MEASURED))
    return Hand3d(
        track_id=message.track_id,
        handedness=side_of(message.handedness),
        handedness_score=message.handedness_score,
        presence=message.presence,
        joints_m=np.where(known[:, None], joints, np.float32(np.nan)),
        states=np.where(known, states, JointState.UNKNOWN).astype(np.uint8),
        std_m=np.where(known, np.array(message.joint_std, dtype=np.float32), np.float32(np.nan)),
    )
