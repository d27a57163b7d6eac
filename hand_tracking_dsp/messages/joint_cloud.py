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

"""Joints of hands in space as a point cloud."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

import numpy as np

from hand_tracking_dsp.depth.types import Hand3d, JointState
from hand_tracking_dsp.messages.message import Message, sequence_of

# The names that RViz and PCL know, then those of msg/Hand3D.msg; intensity is the state, to be coloured by.
# Without bytes behind the last field: Humble's sensor_msgs_py reads past them.
_POINT = np.dtype(
    [
        ("x", np.float32),
        ("y", np.float32),
        ("z", np.float32),
        ("intensity", np.float32),
        ("std", np.float32),
        ("track_id", np.uint32),
        ("joint", np.uint16),
        ("state", np.uint8),
        ("handedness", np.uint8),
    ]
)

# Numbers of sensor_msgs/PointField's types.
_DATATYPES = {
    np.dtype(np.uint8): 2,
    np.dtype(np.uint16): 4,
    np.dtype(np.uint32): 6,
    np.dtype(np.float32): 7,
}


def joint_cloud(new: Callable[[str], Message], hands: Iterable[Hand3d], header: Message) -> Message:
    """Build a sensor_msgs/PointCloud2 of all joints that are known.

    It is laid out as sensor_msgs_py's create_cloud does, which is not installed everywhere.

    Args:
        new: Function that makes a message of a type, as MessageBuilder's.
        hands: The hands.
        header: Header of their message.
    """
    points = np.concatenate([np.empty(0, _POINT), *map(_points, hands)])
    message = new("sensor_msgs/msg/PointCloud2")
    message.header = header
    message.height, message.width = 1, len(points)
    message.fields = [_field(new, name) for name in _POINT.names or ()]
    message.is_bigendian = sys.byteorder == "big"
    message.point_step = _POINT.itemsize
    message.row_step = points.nbytes
    message.data = sequence_of(message.data, points.view(np.uint8))
    message.is_dense = True
    return message


def _points(hand: Hand3d) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    known = np.flatnonzero(hand.states != JointState.UNKNOWN)
    points = np.zeros(len(known), _POINT)
    points["x"], points["y"], points["z"] = hand.joints_m[known].T
    points["intensity"] = points["state"] = hand.states[known]
    points["std"] = hand.std_m[known]
    points["track_id"] = hand.track_id
    points["joint"] = known
    points["handedness"] = int(hand.handedness)
    return points


def _field(new: Callable[[str], Message], name: str) -> Message:
    names = _POINT.names or ()
    field = new("sensor_msgs/msg/PointField")
    field.name, field.count = name, 1
    # They are packed.
    field.offset = sum(_POINT[before].itemsize for before in names[: names.index(name)])
    field.datatype = _DATATYPES[_POINT[name]]
    return field
