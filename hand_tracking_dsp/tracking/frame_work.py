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

"""A frame while it is worked on: what was seen so far, what that took, and the result made of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent, mean_distance_px
from hand_tracking_dsp.tracking.operating_point import OperatingPoint
from hand_tracking_dsp.tracking.reflex import Reflex
from hand_tracking_dsp.tracking.track import Track, scale_of
from hand_tracking_dsp.tracking.types import (
    ChannelOrder,
    FrameResult,
    FrameStats,
    HandLandmarks,
    Image,
    TrackedHand,
)

# Two results whose joints lie closer than this share of the palm are one hand.
_SAME_HAND = 0.35

Pairs = Sequence[tuple[TrackedHand, HandLandmarks]]
"""Hands, and what the network said of each before smoothing."""


@dataclass(frozen=True, slots=True, eq=False)
class HandInView:
    """A hand of the frame at hand: what the network said, or, where it is held, would say."""

    track: Track
    found: HandLandmarks
    held: TrackedHand | None = None


@dataclass(slots=True)
class FrameWork:
    """State of the frame at hand.

    Attributes:
        image: uint8 [height, width, 3].
        order: The order of its channels.
        stamp_s: Its time, seconds.
        point: Operating point asked for.
        commanded: Level of the bank that it means.
        time_left_ms: Time that was left for the frame when it began, milliseconds.
        level: Level that runs.
        depth: Depth of the image's pixels; None where there is none.
        looks: Runs of the network.
        seen: Hands in view.
        started_s: When it began, by perf_counter.
    """

    image: Image
    order: ChannelOrder
    stamp_s: float
    point: OperatingPoint
    commanded: int
    time_left_ms: float
    level: int
    depth: DepthView | None = None
    looks: int = 0
    detection_ms: float = 0.0
    landmarks_ms: float = 0.0
    aside_ms: float = 0.0
    seen: list[HandInView] = field(default_factory=list)
    started_s: float = field(default_factory=perf_counter)

    @property
    def spent_ms(self) -> float:
        """Time since it began, milliseconds."""
        return (perf_counter() - self.started_s) * 1e3

    def is_new(self, found: HandLandmarks) -> bool:
        """Tell whether a hand is none of those seen so far."""
        return not any(_same_hand(found, other.found) for other in self.seen)

    def choose_level(self, reflex: Reflex, hands: int) -> None:
        """Choose the level by the time left for some hands, unless the network has run already."""
        if hands and not self.looks and self.time_left_ms < math.inf:
            self.level = reflex.level(self.commanded, hands, self.time_left_ms - self.spent_ms)

    def result(self, bank: LevelBank, pairs: Pairs, reflex: Reflex, *, smoothing: bool) -> FrameResult:
        """Build the result of the frame.

        Args:
            bank: The networks.
            pairs: The hands, ordered by track_id.
            reflex: Estimate of what another level would have taken.
            smoothing: Whether landmarks are smoothed.
        """
        measured = [found for hand, found in pairs if hand.measured]
        total_ms = self.spent_ms
        substitute = bank.substitute if bank.substitute and bank.substitute.level == self.level else None
        sparsity = substitute.sparsity if substitute else bank.levels[self.level].sparsity
        more = reflex.ratio(self.level, self.commanded) - 1 if self.level != self.commanded else 0.0
        return FrameResult(
            hands=tuple(hand for hand, _ in pairs),
            stats=FrameStats(
                requested_level=self.point.level,
                level=self.level,
                sparsity=sparsity,
                detection_ms=self.detection_ms,
                landmarks_ms=self.landmarks_ms,
                total_ms=total_ms,
                detector_ran=self.detection_ms > 0 or self.aside_ms > 0,
                aside_ms=self.aside_ms,
                predicted=len(pairs) - len(measured),
                reflex=self.level != self.commanded,
                commanded_ms=total_ms + self.landmarks_ms * more,
                presence=min((found.presence for _, found in pairs), default=math.nan),
                input_mean=_mean([found.input_mean for found in measured]),
                input_std=_mean([found.input_std for found in measured]),
                input_sharpness=_mean([found.input_sharpness for found in measured]),
                keep=substitute.keep if substitute else (),
                keep_time=substitute.time if substitute else math.nan,
                smoothing_residual=_residual(pairs) if smoothing else math.nan,
                provider=bank.provider,
            ),
            raw=tuple(found for _, found in pairs),
        )


def _same_hand(a: HandLandmarks, b: HandLandmarks) -> bool:
    distance = mean_distance_px(a.landmarks, b.landmarks)
    return distance < _SAME_HAND * min(scale_of(a.landmarks), scale_of(b.landmarks))


def _residual(pairs: Pairs) -> float:
    return _mean([mean_distance_palm_percent(hand.landmarks, raw.landmarks) for hand, raw in pairs])


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan
