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

"""Fields of bank.json about a level that sees depth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.hand import JOINT_COUNT
from hand_tracking_dsp.tracking.record import Reader, Record, as_name, number, whole

DEPTH_SIZE = 128
"""Side of the input of a network that sees depth, pixels."""

_MOST_JOINTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthInfo(Record):
    """Input and maps of a landmark network that sees depth.

    Attributes:
        cube_m: Side of the cube around the hand that it sees, metres.
        map_side: Cells along a side of its maps; they divide its input evenly.
        joints: Number of joints that it finds; None: the package's own.
        skeleton: Data set whose joints these are; None: the package's own, which alone a tracker can use.
    """

    FIELDS: ClassVar[Mapping[str, Reader]] = {
        "cube_m": number(0.05, 2),
        "map_side": whole(1, DEPTH_SIZE),
        "joints": whole(1, _MOST_JOINTS),
        "skeleton": as_name,
    }

    cube_m: float
    map_side: int
    joints: int | None = None
    skeleton: str | None = None

    @property
    def joint_count(self) -> int:
        """Number of joints that it finds."""
        return self.joints or JOINT_COUNT

    def check(self) -> None:
        """Check that the cells divide the input, and that a data set's joints are counted and named."""
        if DEPTH_SIZE % self.map_side:
            msg = f"map_side is {self.map_side}, but must divide {DEPTH_SIZE}"
            raise ModelError(msg)
        if (self.joints is None) != (self.skeleton is None):
            msg = "joints and skeleton must both be there, or neither"
            raise ModelError(msg)
