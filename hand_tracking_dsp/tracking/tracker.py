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

"""The hand tracker: follows several hands through a sequence of frames."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.gate import Gate
from hand_tracking_dsp.tracking.geometry import (
    mean_distance_palm_percent,
    mean_distance_px,
    misses,
    overlap,
    region_from_landmarks,
    region_from_palm,
)
from hand_tracking_dsp.tracking.lost_hands import LostHands
from hand_tracking_dsp.tracking.operating_point import OperatingPoint
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.search import Demand, PalmSearch
from hand_tracking_dsp.tracking.smoothing import OneEuroFilter
from hand_tracking_dsp.tracking.track import Track, scale_of
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import (
    ChannelOrder,
    FrameResult,
    FrameStats,
    HandLandmarks,
    Image,
    Region,
    TrackedHand,
)

# MediaPipe's AssociationNormRectCalculator: a palm whose region overlaps a followed one is that hand.
_SAME_REGION = 0.5
# Two results whose joints lie closer than this share of the palm are one hand.
_SAME_HAND = 0.35
# A hand larger or smaller than this, in shares of the image's longer side, is not a hand.
_SMALLEST_REGION = 0.01
_LARGEST_REGION = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class _InView:
    """A hand of the frame at hand: what the network said, or, where it is held, would say."""

    track: Track
    found: HandLandmarks
    held: TrackedHand | None = None


@dataclass(slots=True)
class _Frame:
    """State of the frame at hand, while it is worked on."""

    image: Image
    order: ChannelOrder
    stamp_s: float
    level: int
    detection_ms: float = 0.0
    landmarks_ms: float = 0.0
    aside_ms: float = 0.0
    seen: list[_InView] = field(default_factory=list)


class HandTracker:
    """Follows several hands through a sequence of frames.

    Each followed hand's region comes from its landmarks in the frame before; where nothing moves the hand is
    held and no network runs. The palm detector runs only while fewer hands are followed than asked for.

    Args:
        bank: Networks of all levels.
        detector: Palm detector.
        options: Settings.
        live: Whether frames come from a camera: palms are then detected in a thread. Else what would run in
            the thread runs after the frame, so that results do not depend on the machine's speed.
    """

    def __init__(
        self,
        bank: LevelBank,
        detector: PalmDetector,
        options: TrackerOptions | None = None,
        *,
        live: bool = False,
    ) -> None:
        self._bank = bank
        self._options = options or TrackerOptions()
        settings = self._options
        self._gate = Gate(settings.gate)
        self._search = PalmSearch(
            detector,
            settings.search,
            settings.idle,
            settings.max_hands,
            settings.score_threshold,
            live=live,
        )
        self._lost = LostHands()
        self._tracks: list[Track] = []
        self._next_id = 1

    def reset(self) -> None:
        """Forget all hands, as before the first frame; ids go on counting."""
        self._tracks = []
        self._lost.clear()
        self._search.reset()

    def close(self) -> None:
        """End the thread of the palm detector; the next frame starts it again where it is needed."""
        self._search.close()

    def track(
        self, image: Image, stamp_s: float, point: OperatingPoint | int = 0, order: ChannelOrder = "rgb"
    ) -> FrameResult:
        """Find the hands of the next frame.

        Args:
            image: uint8 [height, width, 3]; must not change until the next frame.
            stamp_s: Time at which it was taken, seconds; only differences count.
            point: How much to compute; or a sparsity level alone, 0 = dense. Beyond the sparsest level of
                the bank, the sparsest runs.
            order: The order of the image's channels.

        A hand whose step raises is followed no longer, so that the next frame begins without it.

        Raises:
            ConfigurationError: The level is negative.
        """
        start = perf_counter()
        point = OperatingPoint(point) if isinstance(point, int) else point
        info = self._bank.nearest(point.level)
        frame = _Frame(image, order, stamp_s, info.index)
        followed = tuple(self._tracks)
        for track in followed:
            with self._dropping(track):
                self._follow(frame, track, point.gate)
        seen = {one.track for one in frame.seen}
        lost = [track for track in followed if track not in seen]
        self._lost.add(lost)
        if len(frame.seen) < self._options.max_hands:
            self._find(frame, point, bool(lost))
        self._tracks = [one.track for one in frame.seen]
        pairs = []
        for one in frame.seen:
            with self._dropping(one.track):
                pairs.append((self._hand(frame, one), one.found))
        pairs.sort(key=lambda pair: pair[0].track_id)
        result = self._result(frame, point, pairs, start)
        self._search.frame_done()
        return result

    @contextmanager
    def _dropping(self, track: Track) -> Iterator[None]:
        """Drop a track if what is done with it raises, as it may on every frame, and search on the next."""
        try:
            yield
        except BaseException:
            self._tracks = [other for other in self._tracks if other is not track]
            self._search.hurry()
            raise

    def _follow(self, frame: _Frame, track: Track, gate: float) -> None:
        """Hold a hand or measure it; of two tracks on one hand the older one stays."""
        if self._gate.holds(track, frame.image, frame.stamp_s, gate):
            hand, found = track.hold(frame.stamp_s)
            frame.seen.append(_InView(track, found, hand))
        elif (looked := self._look(frame, track.region)) is not None:
            frame.seen.append(_InView(track, looked))

    def _find(self, frame: _Frame, point: OperatingPoint, lost: bool) -> None:
        """Look for hands that are not followed."""
        interval_s = self._options.search_interval_s
        demand = Demand(
            frame.image,
            frame.order,
            frame.stamp_s,
            len(frame.seen),
            lost,
            point.search_interval_s if interval_s < 0 else interval_s,
        )
        sighted = self._search.palms(demand)
        frame.detection_ms = sighted.on_the_way_ms
        frame.aside_ms = sighted.aside_ms
        for palm in sighted.palms:
            if len(frame.seen) >= self._options.max_hands:
                break
            region = region_from_palm(palm)
            if any(overlap(region, one.track.region) > _SAME_REGION for one in frame.seen):
                continue
            if (found := self._look(frame, region)) is not None:
                track = self._lost.take(found, frame.stamp_s) or self._new_track(region)
                frame.seen.append(_InView(track, found))

    def _new_track(self, region: Region) -> Track:
        options = self._options
        return Track(
            region,
            OneEuroFilter(options.min_cutoff_hz, options.beta),
            OneEuroFilter(options.min_cutoff_hz, options.beta),
        )

    def _look(self, frame: _Frame, region: Region) -> HandLandmarks | None:
        """Run the landmark network on a region; None where it shows no hand, or one that is seen already."""
        if misses(region, frame.image):
            return None
        start = perf_counter()
        found = self._bank.landmarks(frame.image, region, frame.level, frame.order)
        frame.landmarks_ms += (perf_counter() - start) * 1e3
        known = any(_same_hand(found, other.found) for other in frame.seen)
        return found if self._is_hand(found, frame.image) and not known else None

    def _is_hand(self, found: HandLandmarks, image: Image) -> bool:
        if not found.presence >= self._options.presence_threshold:
            return False
        if not np.isfinite(found.landmarks).all():
            return False
        share = region_from_landmarks(found.landmarks).size / float(max(image.shape[:2]))
        return _SMALLEST_REGION <= share <= _LARGEST_REGION

    def _hand(self, frame: _Frame, one: _InView) -> TrackedHand:
        """Bring a track up to date and say what it shows."""
        if one.held is not None:
            return one.held
        if one.track.track_id == 0:
            one.track.track_id = self._next_id
            self._next_id += 1
        options = self._options
        return one.track.measured(
            one.found,
            frame.stamp_s,
            frame.image,
            smoothing=options.smoothing,
            mirrored=options.mirrored,
        )

    def _result(
        self,
        frame: _Frame,
        point: OperatingPoint,
        pairs: list[tuple[TrackedHand, HandLandmarks]],
        start: float,
    ) -> FrameResult:
        measured = [found for hand, found in pairs if hand.measured]
        return FrameResult(
            hands=tuple(hand for hand, _ in pairs),
            stats=FrameStats(
                requested_level=point.level,
                level=frame.level,
                sparsity=self._bank.levels[frame.level].sparsity,
                detection_ms=frame.detection_ms,
                landmarks_ms=frame.landmarks_ms,
                total_ms=(perf_counter() - start) * 1e3,
                detector_ran=frame.detection_ms > 0 or frame.aside_ms > 0,
                aside_ms=frame.aside_ms,
                predicted=len(pairs) - len(measured),
                presence=min((found.presence for _, found in pairs), default=math.nan),
                input_mean=_mean([found.input_mean for found in measured]),
                input_std=_mean([found.input_std for found in measured]),
                smoothing_residual=self._residual(pairs),
                provider=self._bank.provider,
            ),
            raw=tuple(found for _, found in pairs),
        )

    def _residual(self, pairs: list[tuple[TrackedHand, HandLandmarks]]) -> float:
        if not self._options.smoothing:
            return math.nan
        return _mean([mean_distance_palm_percent(hand.landmarks, raw.landmarks) for hand, raw in pairs])


def _same_hand(a: HandLandmarks, b: HandLandmarks) -> bool:
    distance = mean_distance_px(a.landmarks, b.landmarks)
    return distance < _SAME_HAND * min(scale_of(a.landmarks), scale_of(b.landmarks))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan
