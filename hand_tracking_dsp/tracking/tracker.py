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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

import numpy as np

from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.frame_work import FrameWork, HandInView
from hand_tracking_dsp.tracking.gate import Gate
from hand_tracking_dsp.tracking.geometry import (
    misses,
    overlap,
    region_from_landmarks,
    region_from_palm,
)
from hand_tracking_dsp.tracking.lost_hands import LostHands
from hand_tracking_dsp.tracking.operating_point import OperatingPoint
from hand_tracking_dsp.tracking.outlook import Outlook
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.reflex import Reflex, first_costs
from hand_tracking_dsp.tracking.search import Demand, PalmSearch
from hand_tracking_dsp.tracking.smoothing import OneEuroFilter
from hand_tracking_dsp.tracking.substitute import Substitute
from hand_tracking_dsp.tracking.track import Track
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import (
    ChannelOrder,
    FrameResult,
    HandLandmarks,
    Image,
    Region,
    TrackedHand,
)

# MediaPipe's AssociationNormRectCalculator: a palm whose region overlaps a followed one is that hand.
_SAME_REGION = 0.5
# A hand larger or smaller than this, in shares of the image's longer side, is not a hand.
_SMALLEST_REGION = 0.01
_LARGEST_REGION = 10.0


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

    Attributes:
        gate: Decides which hands are held.
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
        self._new_presence = settings.presence_thresholds(bank.levels)
        # One for all levels: a switch between levels of different thresholds loses no hand.
        self._followed_presence = min(self._new_presence)
        self.gate = Gate(settings.gate)
        self._search = PalmSearch(
            detector,
            settings.search,
            settings.idle,
            settings.max_hands,
            settings.score_threshold,
            live=live,
        )
        self._lost = LostHands()
        self._reflex = Reflex(first_costs(bank.choices))
        self._tracks: list[Track] = []
        self._next_id = 1
        self._outlook: Outlook | None = None

    @property
    def outlook(self) -> Outlook | None:
        """Snapshot of what was followed after the latest frame, for any thread; None: nothing is known."""
        return self._outlook

    def reset(self) -> None:
        """Forget all hands, as before the first frame; ids go on counting."""
        self._tracks = []
        self._outlook = None
        self._lost.clear()
        self._search.reset()

    def run_instead(self, substitute: Substitute | None) -> None:
        """Let a network run in the place of a level from the next frame on; see LevelBank.run_instead."""
        self._bank.run_instead(substitute)
        self._reflex.run_instead(substitute)

    def close(self) -> None:
        """End the thread of the palm detector; the next frame starts it again where it is needed."""
        self._search.close()

    def track(
        self,
        image: Image,
        stamp_s: float,
        point: OperatingPoint | int = 0,
        order: ChannelOrder = "rgb",
        time_left_ms: float = math.inf,
        depth: DepthView | None = None,
    ) -> FrameResult:
        """Find the hands of the next frame.

        Args:
            image: uint8 [height, width, 3]; must not change later, since a search may still look at it.
            stamp_s: Time at which it was taken, seconds; only differences count.
            point: How much to compute; or a sparsity level alone, 0 = dense. Beyond the sparsest level of
                the bank, the sparsest runs.
            order: The order of the image's channels.
            time_left_ms: Time left for the frame, milliseconds: where it does not suffice for the level asked
                for, the densest one runs for which it does, or else the sparsest.
            depth: Depth of the image's pixels, for banks whose levels see depth; others do not look at it.

        A hand whose step raises is followed no longer, so that the next frame begins without it.

        Raises:
            ConfigurationError: The level is negative, or needs depth and there is none.
        """
        point = OperatingPoint(point) if isinstance(point, int) else point
        commanded = self._bank.nearest(point.level).index
        frame = FrameWork(image, order, stamp_s, point, commanded, time_left_ms, commanded, depth)
        try:
            return self._work_on(frame)
        finally:
            self._search.frame_done()

    def _work_on(self, frame: FrameWork) -> FrameResult:
        followed = tuple(self._tracks)
        held = set()
        for track in followed:
            with self._dropping(track):
                if self.gate.holds(track, frame.image, frame.stamp_s, frame.point.gate):
                    held.add(track)
        frame.choose_level(self._reflex, len(followed) - len(held))
        for track in followed:
            with self._dropping(track):
                self._follow(frame, track, hold=track in held)
        # Before anything raises: a track is followed or lost, never both.
        self._tracks = [one.track for one in frame.seen]
        lost = [track for track in followed if track not in self._tracks]
        self._lost.add(lost)
        if len(frame.seen) < self._options.max_hands:
            self._find(frame, bool(lost))
        self._reflex.took(frame.level, frame.looks, frame.landmarks_ms)
        self._tracks = [one.track for one in frame.seen]
        pairs = []
        for one in frame.seen:
            with self._dropping(one.track):
                pairs.append((self._hand(frame, one), one.found))
        pairs.sort(key=lambda pair: pair[0].track_id)
        result = frame.result(self._bank, pairs, self._reflex, smoothing=self._options.smoothing)
        self._outlook = self._look_ahead(frame, result)
        return result

    @contextmanager
    def _dropping(self, track: Track) -> Iterator[None]:
        """Drop a track if what is done with it raises, as it may on every frame, and search on the next."""
        try:
            yield
        except BaseException:
            self._tracks = [other for other in self._tracks if other is not track]
            self._outlook = None
            self._search.hurry()
            raise

    def _follow(self, frame: FrameWork, track: Track, *, hold: bool) -> None:
        """Hold a hand or measure it; of two tracks on one hand the older one stays."""
        if hold:
            hand, found = track.hold(frame.stamp_s)
            frame.seen.append(HandInView(track, found, hand))
        else:
            looked = self._look(frame, track.expected(frame.stamp_s), self._followed_presence)
            if looked is not None:
                frame.seen.append(HandInView(track, looked))

    def _find(self, frame: FrameWork, lost: bool) -> None:
        """Look for hands that are not followed."""
        in_view = [one.track for one in frame.seen]
        sighted = self._search.palms(self._demand(frame, in_view, just_lost=lost))
        frame.detection_ms = sighted.on_the_way_ms
        frame.aside_ms = sighted.aside_ms
        frame.choose_level(self._reflex, min(len(sighted.palms), self._options.max_hands - len(frame.seen)))
        for palm in sighted.palms:
            if len(frame.seen) >= self._options.max_hands:
                break
            region = region_from_palm(palm)
            if any(overlap(region, one.track.region) > _SAME_REGION for one in frame.seen):
                continue
            if (found := self._look(frame, region, self._new_presence[frame.level])) is not None:
                track = self._lost.take(found, frame.stamp_s) or self._new_track(region)
                frame.seen.append(HandInView(track, found))

    def _demand(self, frame: FrameWork, in_view: Sequence[Track], *, just_lost: bool = False) -> Demand:
        interval_s = self._options.search_interval_s
        return Demand(
            frame.image,
            frame.order,
            frame.stamp_s,
            [track.region for track in in_view],
            [track.region for track in self._lost.recent(frame.stamp_s)],
            just_lost,
            frame.point.search_interval_s if interval_s < 0 else interval_s,
        )

    def _new_track(self, region: Region) -> Track:
        options = self._options
        return Track(region, OneEuroFilter(options.min_cutoff_hz, options.beta))

    def _look(self, frame: FrameWork, region: Region, presence: float) -> HandLandmarks | None:
        """Run the landmark network on a region; None where it shows no hand, or one that is seen already.

        Args:
            frame: The frame.
            region: Region of the hand.
            presence: Lowest presence of a hand.
        """
        if misses(region, frame.image):
            return None
        start = perf_counter()
        found = self._bank.landmarks(frame.image, region, frame.level, frame.order, frame.depth)
        frame.landmarks_ms += (perf_counter() - start) * 1e3
        frame.looks += 1
        is_hand = found.presence >= presence and _is_sound(found, frame.image)
        return found if is_hand and frame.is_new(found) else None

    def _hand(self, frame: FrameWork, one: HandInView) -> TrackedHand:
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

    def _look_ahead(self, frame: FrameWork, result: FrameResult) -> Outlook:
        """Note what is known for images that cannot be looked at in time."""
        height, width = frame.image.shape[:2]
        tracks = sorted(self._tracks, key=lambda track: track.track_id)
        return Outlook(
            frame.stamp_s,
            tuple(track.last for track in tracks if track.last is not None),
            result.stats.level,
            result.stats.sparsity,
            width,
            height,
            self._options.gate.max_hold_ms * 1e-3,
        )


def _is_sound(found: HandLandmarks, image: Image) -> bool:
    """Return whether landmarks are numbers, and no hand far too small or too large."""
    if not np.isfinite(found.landmarks).all():
        return False
    share = region_from_landmarks(found.landmarks).size / float(max(image.shape[:2]))
    return _SMALLEST_REGION <= share <= _LARGEST_REGION
