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

"""Type of a message, and what every stamped message has."""

from __future__ import annotations

import array
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Message: TypeAlias = Any
"""A message object of ROS 2, or of rosbags where ROS 2 is not installed: their fields have the same names."""


def stamp_ns(message: Message) -> int:
    """Return the stamp in a message's header, nanoseconds; 0 where it is not set."""
    stamp = message.header.stamp
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def sequence_of(field: Message, values: NDArray[np.generic]) -> Message:
    """Return values in the type that a field of variable length holds.

    It is array.array in ROS 2, the one type that rclpy takes without checking every element, and NumPy's
    array in rosbags.
    """
    if not isinstance(field, array.array):
        return values
    result = array.array(field.typecode)
    result.frombytes(values.data.cast("B"))
    return result
