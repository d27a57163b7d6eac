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

from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.options import check_options, option
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.geometry import (
    mean_distance_palm_percent,
    misses,
    overlap,
    palm_size,
    region_from_landmarks,
    region_from_palm,
)
from hand_tracking_dsp.tracking.palm import SCORE_THRESHOLD, PalmDetector
from hand_tracking_dsp.tracking.smoothing import OneEuroFilter
from hand_tracking_dsp.tracking.types import (
    ChannelOrder,
    Floats,
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
# Handedness is a property of the person: one frame changes the belief by this share at most.
_HANDEDNESS_GAIN = 0.2
# Below this probability the network does not know the side.
_HANDEDNESS_SCORE = 0.6
# A hand larger or smaller than this, in shares of the image's longer side, is not a hand.
_SMALLEST_REGION = 0.01
_LARGEST_REGION = 10.0


@dataclass(frozen=True, slots=True)
class TrackerOptions:
    """Settings of the tracker.

    With no hand in view the palm detector runs on every frame, and so it does on a frame that loses one;
    search_interval_s holds while fewer than max_hands are in view. MediaPipe searches on every frame.
    """

    max_hands: int = option(2, "Most hands to follow.", "hands", 1, 16)
    score_threshold: float = option(
        SCORE_THRESHOLD, "Threshold of the palm detector: lowest score of a palm.", "", 0.01, 0.99
    )
    presence_threshold: float = option(0.5, "Lowest presence of a hand.", "", 0.01, 0.99)
    search_interval_s: float = option(
        0.5,
        "Time between two searches for further hands while one is in view; 0: every frame.",
        "s",
        0,
        60,
    )
    smoothing: bool = option(True, "Smooth the landmarks with a One-Euro filter.")
    min_cutoff_hz: float = option(1.0, "Its cutoff at rest; lower is calmer.", "Hz", 0.01, 100)
    beta: float = option(8.0, "Its rise with speed; higher lags less.", "Hz per palm size per s", 0, 1000)
    mirrored: bool = option(False, "The images are mirrored (a selfie view): left and right change.")

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


@dataclass(slots=True)
class _Track:
    """A hand being followed."""

    track_id: int
    region: Region
    right: float
    landmarks_filter: OneEuroFilter
    world_filter: OneEuroFilter


@dataclass(slots=True)
class _Frame:
    """State of the frame at hand, while it is worked on."""

    image: Image
    order: ChannelOrder
    level: int
    detection_ms: float = 0.0
    landmarks_ms: float = 0.0
    detector_ran: bool = False
    seen: list[tuple[_Track, HandLandmarks]] = field(default_factory=list)


class HandTracker:
    """Follows several hands through a sequence of frames.

    Each followed hand's region comes from its landmarks in the frame before; the palm detector runs
    only while fewer hands are followed than asked for, and at once, on the same frame, when one is
    lost.
    """

    def __init__(
        self, bank: LevelBank, detector: PalmDetector, options: TrackerOptions | None = None
    ) -> None:
        """Track with the networks of a bank and a palm detector."""
        self._bank = bank
        self._detector = detector
        self._options = options or TrackerOptions()
        self._tracks: list[_Track] = []
        self._next_id = 1
        self._searched_s = -math.inf

    def reset(self) -> None:
        """Forget all hands, as before the first frame; ids go on counting."""
        self._tracks = []
        self._searched_s = -math.inf

    def track(self, image: Image, stamp_s: float, level: int = 0, order: ChannelOrder = "rgb") -> FrameResult:
        """Find the hands of the next frame.

        Args:
            image: uint8 [height, width, 3].
            stamp_s: Time at which it was taken, seconds; only differences count.
            level: Sparsity level, 0 = dense; beyond the sparsest of the bank, the sparsest runs.
            order: The order of the image's channels.

        A hand whose step raises is followed no longer, so that the next frame begins without it.

        Raises:
            ConfigurationError: The level is negative.
        """
        start = perf_counter()
        info = self._bank.nearest(level)
        frame = _Frame(image, order, info.index)
        for track in tuple(self._tracks):
            with self._dropping(track):
                self._look(frame, track)
        if self._search_due(stamp_s, frame):
            self._searched_s = stamp_s
            self._search(frame)
        self._tracks = [track for track, _ in frame.seen]
        pairs = []
        for track, found in frame.seen:
            with self._dropping(track):
                pairs.append((self._hand(track, found, stamp_s), found))
        pairs.sort(key=lambda pair: pair[0].track_id)
        raw = tuple(found for _, found in pairs)
        return FrameResult(
            hands=tuple(hand for hand, _ in pairs),
            stats=FrameStats(
                requested_level=level,
                level=info.index,
                sparsity=info.sparsity,
                detection_ms=frame.detection_ms,
                landmarks_ms=frame.landmarks_ms,
                total_ms=(perf_counter() - start) * 1e3,
                detector_ran=frame.detector_ran,
                presence=min((found.presence for found in raw), default=math.nan),
                input_mean=_mean([found.input_mean for found in raw]),
                input_std=_mean([found.input_std for found in raw]),
                smoothing_residual=self._residual(pairs),
                provider=self._bank.provider,
            ),
            raw=raw,
        )

    @contextmanager
    def _dropping(self, track: _Track) -> Iterator[None]:
        """Drop a track if what is done with it raises, as it may on every frame, and search on the next."""
        try:
            yield
        except BaseException:
            self._tracks = [other for other in self._tracks if other is not track]
            self._searched_s = -math.inf
            raise

    def _search_due(self, stamp_s: float, frame: _Frame) -> bool:
        if len(frame.seen) >= self._options.max_hands:
            return False
        lost = len(frame.seen) < len(self._tracks)
        since_s = stamp_s - self._searched_s
        return lost or not frame.seen or not 0 <= since_s < self._options.search_interval_s

    def _search(self, frame: _Frame) -> None:
        """Look for hands that are not followed yet."""
        start = perf_counter()
        palms = self._detector.detect(
            frame.image, frame.order, self._options.max_hands, self._options.score_threshold
        )
        frame.detection_ms = (perf_counter() - start) * 1e3
        frame.detector_ran = True
        for palm in palms:
            if len(frame.seen) >= self._options.max_hands:
                break
            region = region_from_palm(palm)
            if any(overlap(region, track.region) > _SAME_REGION for track, _ in frame.seen):
                continue
            self._look(frame, self._new_track(region))

    def _new_track(self, region: Region) -> _Track:
        options = self._options
        return _Track(
            track_id=0,
            region=region,
            right=math.nan,
            landmarks_filter=OneEuroFilter(options.min_cutoff_hz, options.beta),
            world_filter=OneEuroFilter(options.min_cutoff_hz, options.beta),
        )

    def _look(self, frame: _Frame, track: _Track) -> None:
        """Run the landmark network on a track's region; keep the track if it shows a hand."""
        if misses(track.region, frame.image):
            return
        start = perf_counter()
        found = self._bank.landmarks(frame.image, track.region, frame.level, frame.order)
        frame.landmarks_ms += (perf_counter() - start) * 1e3
        if not self._is_hand(found, frame.image):
            return
        # Of two tracks on one hand the older one stays.
        if any(_same_hand(found, other) for _, other in frame.seen):
            return
        frame.seen.append((track, found))

    def _is_hand(self, found: HandLandmarks, image: Image) -> bool:
        if not found.presence >= self._options.presence_threshold:
            return False
        if not np.isfinite(found.landmarks).all():
            return False
        share = region_from_landmarks(found.landmarks).size / float(max(image.shape[:2]))
        return _SMALLEST_REGION <= share <= _LARGEST_REGION

    def _hand(self, track: _Track, found: HandLandmarks, stamp_s: float) -> TrackedHand:
        """Bring a track up to date and say what it shows."""
        if track.track_id == 0:
            track.track_id = self._next_id
            self._next_id += 1
        track.region = region_from_landmarks(found.landmarks)
        if math.isnan(track.right):
            track.right = found.right
        track.right += _HANDEDNESS_GAIN * (found.right - track.right)
        handedness, score = self._handedness(track.right)
        landmarks, world = found.landmarks, found.world_landmarks
        if self._options.smoothing:
            landmarks = track.landmarks_filter.filter(landmarks, stamp_s, _scale(landmarks))
            world = track.world_filter.filter(world, stamp_s, _scale(world))
        return TrackedHand(track.track_id, handedness, score, found.presence, landmarks, world, found.region)

    def _residual(self, pairs: list[tuple[TrackedHand, HandLandmarks]]) -> float:
        if not self._options.smoothing:
            return math.nan
        return _mean([mean_distance_palm_percent(hand.landmarks, raw.landmarks) for hand, raw in pairs])

    def _handedness(self, right: float) -> tuple[Handedness, float]:
        score = max(right, 1 - right)
        if not score >= _HANDEDNESS_SCORE:
            return Handedness.UNKNOWN, math.nan
        is_right = (right > 0.5) != self._options.mirrored
        return (Handedness.RIGHT if is_right else Handedness.LEFT), score


def _scale(landmarks: Floats) -> float:
    """Palm size; never zero, also where a hand is seen from its fingertips."""
    return max(palm_size(landmarks), 0.25 * float(np.ptp(landmarks, axis=0).max()), 1e-6)


def _same_hand(a: HandLandmarks, b: HandLandmarks) -> bool:
    distance = np.linalg.norm(a.landmarks[:, :2] - b.landmarks[:, :2], axis=1).mean()
    return bool(distance < _SAME_HAND * min(_scale(a.landmarks), _scale(b.landmarks)))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan
