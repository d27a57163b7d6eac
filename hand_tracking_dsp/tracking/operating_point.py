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

"""Operating points: how much a tracker computes, from everything on every frame to the least."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.record import Reader, Record, as_text, number, whole

NO_POINT = 255
"""Number in messages that stands for no point of the bank's list; its points count from 0 to less."""

DEFAULT_GATE = 0.06
"""Motion, in shares of palm size, below which a hand is not looked at again."""

DEFAULT_SEARCH_INTERVAL_S = 0.25
"""Time between two searches for further hands while one is in view, seconds."""


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Amount of computation: the level, and what is left out in time.

    Attributes:
        level: Sparsity level of the landmark network, 0 = dense.
        gate: Motion since the last measurement, in shares of palm size, below which a hand is held; 0: every
            hand is measured on every frame.
        search_interval_s: Time between two searches for further hands while one is in view, seconds; 0:
            every frame.
    """

    level: int = 0
    gate: float = DEFAULT_GATE
    search_interval_s: float = DEFAULT_SEARCH_INTERVAL_S


EVERYTHING = OperatingPoint(0, 0.0, 0.0)
"""The dense level, on every hand of every frame, and a search on every frame with room for another hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointInfo(Record):
    """An operating point of a bank, and what it was found to cost.

    The reference is EVERYTHING on the same frames. Shares are 0 to 1.

    Attributes:
        level: Sparsity level of the landmark network, 0 = dense.
        gate: See OperatingPoint.
        search_interval_s: See OperatingPoint, seconds.
        cost: Processor time of a frame, relative to the first point of the bank.
        error: Mean of 1 - Accuracy, as the reward has it, over the reference's hands; a missed one counts 1.
        drift_percent: Mean distance from the reference's landmarks, % of palm size.
        held_percent: Part of that which is due to the gate: what the same without one has not.
        near: Share of the reference's hands that were found within 10 % of palm size of it.
        found: Share of the reference's hands that were found.
        measured: Share of the hands that the network saw; the others were held.
        searched: Share of the frames with a hand in view for which the palm detector ran.
        samples: Number of the reference's hands; 0: nothing was measured.
        data: Recordings that it was measured on.
    """

    FIELDS: ClassVar[Mapping[str, Reader]] = {
        "level": whole(0, NO_POINT - 1),
        "gate": number(0, 10),
        "search_interval_s": number(0, 60),
        "cost": number(0),
        "error": number(0, 1),
        "drift_percent": number(0),
        "held_percent": number(0),
        "near": number(0, 1),
        "found": number(0, 1),
        "measured": number(0, 1),
        "searched": number(0, 1),
        "samples": whole(),
        "data": as_text,
    }

    level: int
    gate: float
    search_interval_s: float
    cost: float
    error: float = 0.0
    drift_percent: float = 0.0
    held_percent: float = 0.0
    near: float = 1.0
    found: float = 1.0
    measured: float = 1.0
    searched: float = 0.0
    samples: int = 0
    data: str = ""

    @property
    def point(self) -> OperatingPoint:
        """The point itself."""
        return OperatingPoint(self.level, self.gate, self.search_interval_s)

    def __str__(self) -> str:
        """Describe the point in a few words."""
        return f"level {self.level}, gate {self.gate:g}, search every {self.search_interval_s:g} s"


def check_points(points: Sequence[PointInfo], levels: int) -> None:
    """Check the operating points of a bank with so many levels.

    Raises:
        ModelError: There are too many, the first is not EVERYTHING, one is of a level that is missing, or
            not cheaper than the one before.
    """
    if len(points) > NO_POINT:
        msg = f"it has {len(points)} operating points, at most {NO_POINT} are possible"
        raise ModelError(msg)
    for index, point in enumerate(points):
        if point.level >= levels:
            msg = f"its operating point {index} is of level {point.level}, of which it has none"
            raise ModelError(msg)
        if not index and point.point != EVERYTHING:
            msg = (
                f"its operating point 0 is {point}, but the others are compared with level 0, gate 0, search "
                "every 0 s, which comes first"
            )
            raise ModelError(msg)
        if index and not point.cost < points[index - 1].cost:
            msg = f"its operating point {index} is not cheaper than the one before"
            raise ModelError(msg)


def densest_choice(points: Sequence[PointInfo]) -> int:
    """Return the number of the densest point of a list that policies choose.

    EVERYTHING at its beginning is what the others are compared with, and for a person to command: it costs
    much and finds next to nothing that the second one does not.
    """
    return int(len(points) > 1 and points[0].point == EVERYTHING)


def point_name(number: int) -> str:
    """Name a point of a list by its number, for a sentence; NO_POINT is a number in messages alone."""
    return "a level without an operating point" if number == NO_POINT else f"operating point {number}"
