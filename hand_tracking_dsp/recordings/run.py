"""What an observer of the running nodes saw, in plain values without ROS."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from hand_tracking_dsp.tracking.types import TrackedHand


@dataclass(frozen=True, slots=True)
class FrameCost:
    """One message of the latency topic (msg/TrackerStats.msg).

    Attributes:
        stamp_ns: Stamp of the image, nanoseconds.
        frames_dropped: Images replaced by a newer one before they were handled, since activation.
        frames_rejected: Images that could not be read, since activation.
        total_ms: From taking the image to the hands, milliseconds.
        inference_ms: Palm detection and landmark network, milliseconds.
        end_to_end_ms: From the image's stamp to the publishing of the hands, milliseconds; may be NaN.
        level: Sparsity level that ran.
        hands: Hands in view.
        provider: Backend and execution provider.
        drift: Distance of the landmarks from the dense level's, % of palm size; NaN where not measured.
        drift_sparser: At the dense level, that of the next sparser one, likewise.
    """

    stamp_ns: int
    frames_dropped: int
    frames_rejected: int
    total_ms: float
    inference_ms: float
    end_to_end_ms: float
    level: int
    hands: int
    provider: str
    drift: float = math.nan
    drift_sparser: float = math.nan


@dataclass(frozen=True, slots=True)
class ObservedCommand:
    """One command of the controller: when, which level, and why."""

    stamp_ns: int
    level: int
    detail: str


@dataclass(frozen=True, slots=True)
class Charge:
    """One battery reading: when, state of charge 0 to 1 and power in watts (either may be NaN)."""

    stamp_ns: int
    charge: float
    power_w: float


@dataclass(slots=True)
class ObservedRun:
    """Everything seen in one run; hands and truth by the stamp of their image, nanoseconds.

    Attributes:
        published: Stamps of the images known to have been published.
        costs: One a frame handled by the tracker.
        hands: What the tracker found.
        truth: The exact hands, where the camera knows them.
        commands: Commands, in order.
        charges: Battery readings, in order.
    """

    published: set[int] = field(default_factory=set)
    costs: list[FrameCost] = field(default_factory=list)
    hands: dict[int, tuple[TrackedHand, ...]] = field(default_factory=dict)
    truth: dict[int, tuple[TrackedHand, ...]] = field(default_factory=dict)
    commands: list[ObservedCommand] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)

    @property
    def start_ns(self) -> int:
        """Stamp of the first image handled; 0 where there is none."""
        return self.costs[0].stamp_ns if self.costs else 0

    def restart(self) -> None:
        """Forget all frames but the newest one handled; commands and battery stay."""
        del self.costs[:-1]
        self.published.clear()
        self.hands.clear()
        self.truth.clear()

    def charge_at(self, stamp_ns: int) -> Charge | None:
        """Return the last battery reading not later than a stamp."""
        return next((c for c in reversed(self.charges) if c.stamp_ns <= stamp_ns), None)
