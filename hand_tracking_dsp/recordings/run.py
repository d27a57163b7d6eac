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

"""Record of a run of the nodes that was observed, in plain values without ROS."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hand_tracking_dsp.depth.types import Hands3d
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.tracking.types import TrackedHand


@dataclass(frozen=True, slots=True)
class ObservedCommand:
    """One command of the controller: its stamp in nanoseconds, the level and the reason in a sentence."""

    stamp_ns: int
    level: int
    detail: str


@dataclass(frozen=True, slots=True)
class Charge:
    """One battery reading: stamp in nanoseconds, charge 0 to 1 and power in watts; either may be NaN."""

    stamp_ns: int
    charge: float
    power_w: float


@dataclass(slots=True)
class ObservedRun:
    """Messages of one run of the graph; hands and truth by the stamp of their image, nanoseconds.

    Attributes:
        published: Stamps of the images known to have been published.
        costs: Costs of the frames that the tracker handled, in order.
        hands: Hands that the tracker found.
        truth: Exact hands, where the camera knows them.
        hands_3d: Hands in space, of depth.
        truth_3d: Exact hands in space, where the camera knows them.
        commands: Commands of the controller, in order.
        charges: Battery readings, in order.
        processor_shares: Share of a core that each process of the graph took, by its name, where that was
            measured; 1: one core all the time.
    """

    published: set[int] = field(default_factory=set)
    costs: list[FrameCost] = field(default_factory=list)
    hands: dict[int, tuple[TrackedHand, ...]] = field(default_factory=dict)
    truth: dict[int, tuple[TrackedHand, ...]] = field(default_factory=dict)
    hands_3d: dict[int, Hands3d] = field(default_factory=dict)
    truth_3d: dict[int, Hands3d] = field(default_factory=dict)
    commands: list[ObservedCommand] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    processor_shares: dict[str, float] = field(default_factory=dict)

    @property
    def start_ns(self) -> int:
        """Stamp of the first image handled; 0 where there is none."""
        return self.costs[0].stamp_ns if self.costs else 0

    @property
    def length_s(self) -> float:
        """Time from the first to the last image handled, seconds; at least one."""
        return (self.costs[-1].stamp_ns - self.start_ns) * 1e-9

    def times_s(self, items: Iterable[FrameCost | Charge]) -> list[float]:
        """Return the times of frames or battery readings since the first image handled, seconds."""
        return [(one.stamp_ns - self.start_ns) * 1e-9 for one in items]

    def restart(self) -> None:
        """Forget all frames but the newest one handled; commands and battery stay."""
        del self.costs[:-1]
        self.published.clear()
        self.hands.clear()
        self.truth.clear()
        self.hands_3d.clear()
        self.truth_3d.clear()

    def charge_at(self, stamp_ns: int) -> Charge | None:
        """Return the last battery reading not later than a stamp."""
        return next((c for c in reversed(self.charges) if c.stamp_ns <= stamp_ns), None)
