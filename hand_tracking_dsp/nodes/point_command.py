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

"""The operating point that hand_tracker_node was commanded, and what of it its bank has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.operating_point import NO_POINT, OperatingPoint


@dataclass(frozen=True, slots=True)
class PointCommand:
    """A command, resolved with a bank.

    Attributes:
        bank: The bank.
        level: Level that was commanded.
        number: Number of the operating point that was commanded; NO_POINT: the level alone.
    """

    bank: Manifest
    level: int
    number: int = NO_POINT

    @classmethod
    def at_start(cls, bank: Manifest, level: int, number: int) -> PointCommand:
        """Make the command that holds until one arrives: of a point, or where it is negative of a level."""
        if number < 0:
            return cls(bank, level)
        return cls(bank, bank.points[min(number, len(bank.points) - 1)].level, number)

    @property
    def in_force(self) -> tuple[int, OperatingPoint]:
        """Number of the operating point that runs, NO_POINT if it is not in the list; and the point."""
        return self.bank.point(self.level, self.number)

    @property
    def applied_level(self) -> int:
        """Level that runs."""
        return min(self.level, len(self.bank.levels) - 1)

    @property
    def numbers(self) -> dict[str, int]:
        """The numbers commanded and in force, for the costs of a frame."""
        return {"requested_point": self.number, "operating_point": self.in_force[0]}

    def values(self) -> dict[str, Any]:
        """Return what /diagnostics shows of it."""
        number, point = self.in_force
        return {
            "requested_level": self.level,
            "applied_level": self.applied_level,
            "operating_point": "none of the bank's list" if number == NO_POINT else number,
            "gate": point.gate,
            "search_interval_s": point.search_interval_s,
        }

    def warnings(self) -> list[str]:
        """Return sentences on what was commanded and does not run."""
        found = []
        number, _ = self.in_force
        runs = self.applied_level
        if self.level > runs:
            found.append(f"Level {self.level} was commanded; level {runs}, the bank's sparsest, runs.")
        if self.number not in (NO_POINT, number):
            point = "" if number == NO_POINT else f", operating point {number},"
            found.append(
                f"Operating point {self.number} of level {self.level} was commanded, which the bank has not; "
                f"level {runs}{point} runs: set the parameter bank of both nodes to the same folder."
            )
        return found
