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

"""When and how the palm detector runs: idle, at intervals, and off the way of the hands in view."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hand_tracking_dsp.options import check_options, option
from hand_tracking_dsp.tracking.aside import Afterwards, Beside, Search
from hand_tracking_dsp.tracking.change import Part, Thumbnail
from hand_tracking_dsp.tracking.motion import MotionMap, Square
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.types import ChannelOrder, Image, PalmDetection, Region

SCHEDULES = ("auto", "thread", "frame")
"""Ways to search while a hand is in view."""

LOST_SCALE = 2.0
"""Side of a place where a hand was lost, in sizes of the region that it had there."""

# Displacement of a block of the whole picture, in shares of its longer side, that is a change: sensor noise
# stays below a third of it.
_CHANGED = 0.06

# Where nothing has changed the whole image is searched this often, seconds.
_UNCHANGED_S = 0.3

# The near detector looks at a likely place this many times in the time between two searches of the whole.
_NEAR_LOOKS = 5
# With a hand in view, a place where one was lost is looked at this many times as often, but for every third
# turn, which is that of what moves.
_LOST_MORE_OFTEN = 2
_TURNS = 3
# Lowest score of its palms: the little that it sees of a place has more that looks like a palm.
_NEAR_SCORE = 0.6
# Side of such a place around what moves, in shares of the image's longer side.
_MOTION_SHARE = 0.5

# Palms that were seen so long before a frame are not looked for on it, seconds.
_STALE_S = 0.5

# Frames do not come at multiples of the period: one that comes this much before its time counts, seconds.
_EARLY_S = 0.004


@dataclass(frozen=True, slots=True)
class IdleOptions:
    """Settings of the search while no hand is in view."""

    after_s: float = option(
        2.0, "Time without a hand after which the palm detector slows down.", "s", 0, 3600
    )
    rate_hz: float = option(
        8.0,
        "Its rate from then on; where the picture changes it runs at once, up to twice as often; 0: no "
        "slower than before.",
        "Hz",
        0,
        1000,
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Settings of the search for further hands while one is in view."""

    schedule: str = option(
        "auto",
        "Where the palm detector runs while a hand is in view: frame: on the hand's way; thread, auto: in a "
        "thread of its own once the frame's hands are done, its palms are looked at on a later frame.",
        choices=SCHEDULES,
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


@dataclass(frozen=True, slots=True)
class Demand:
    """Demand of a frame for the palm detectors.

    Attributes:
        image: uint8 [height, width, 3].
        order: The order of its channels.
        stamp_s: Its time, seconds.
        regions: Regions of the hands in view.
        lost: Regions in which hands were lost, the last one first.
        just_lost: Whether one was lost on this frame.
        interval_s: Time between two searches of the whole image while a hand is in view, seconds.
    """

    image: Image
    order: ChannelOrder
    stamp_s: float
    regions: Sequence[Region]
    lost: Sequence[Region]
    just_lost: bool
    interval_s: float


@dataclass(frozen=True, slots=True)
class Sighted:
    """Palms to look at on a frame, and what they cost.

    Attributes:
        palms: Palms of this image, or of one a frame or more before.
        on_the_way_ms: Time of palm detection on the way of the frame's hands, milliseconds; 0: none.
        aside_ms: Time of palm detection beside them whose result this is, milliseconds; 0: none.
    """

    palms: tuple[PalmDetection, ...] = ()
    on_the_way_ms: float = 0.0
    aside_ms: float = 0.0


class PalmSearch:
    """Decides on each frame whether and where to search for hands, and where the palm detectors run.

    The whole image is searched at intervals, on every frame without a hand in view if there is no near
    detector, and at once when the last hand is lost; where nothing has changed since, seldom. Between these
    searches a near detector, small and cheap, looks where a hand was lost or where something moves. While a
    hand is in view all this begins when the frame's hands are done, and what it finds is for the next frame.
    """

    def __init__(
        self,
        detector: PalmDetector,
        options: SearchOptions,
        idle: IdleOptions,
        max_hands: int,
        score_threshold: float,
        *,
        live: bool,
    ) -> None:
        """Search with a detector.

        Args:
            detector: Palm detector, with its near one; its thread's alone while a search runs beside.
            options: Where they run.
            idle: When they slow down.
            max_hands: Most palms of a search.
            score_threshold: Lowest score of a palm.
            live: Whether to use a thread; else what would run in one runs after the frame, so that results
                do not depend on the machine's speed.
        """
        self._detector = detector
        self._near = detector.near
        self._idle = idle
        self._max_hands = max_hands
        self._score_threshold = score_threshold
        self._aside: Beside | Afterwards | None = None
        if options.schedule != "frame":
            self._aside = Beside() if live else Afterwards()
        self._motion = MotionMap()
        self._searched_s = self._looked_s = -math.inf
        self._empty_s = math.nan
        self._scene: Thumbnail | None = None
        self._turn = 0
        self._left: Demand | None = None
        self._begun: tuple[tuple[int, ...], float] = ((), math.nan)

    def reset(self) -> None:
        """Begin anew, as before the first frame."""
        self.hurry()
        self._empty_s = math.nan
        self._scene = self._left = None
        self._motion.reset()
        if self._aside is not None:
            self._aside.close()

    def close(self) -> None:
        """End the thread."""
        self.reset()

    def hurry(self) -> None:
        """Make the next frame search."""
        self._searched_s = self._looked_s = -math.inf

    def frame_done(self) -> None:
        """Begin the search that was left for after the frame: beside its hands it would slow them down."""
        demand, self._left = self._left, None
        if demand is not None and self._aside is not None and (search := self._wanted(demand)) is not None:
            self._begun = (demand.image.shape, demand.stamp_s)
            self._aside.submit(search)

    def palms(self, demand: Demand) -> Sighted:
        """Return palms to look at on a frame, once its hands in view are known.

        Raises:
            Exception: Whatever a detector raised.
        """
        if self._near is not None:
            self._motion.add(demand.image)
        earlier = None
        if self._aside is not None:
            if not demand.regions:  # the detectors are needed here, and are there once
                self._aside.finish()
            earlier = self._aside.take()
        aside_ms = earlier.ms if earlier else 0.0
        palms = earlier.palms if earlier and self._tells_of(demand) else ()
        if demand.regions and self._aside is not None:
            self._left = None if self._aside.busy else demand
            return Sighted(palms, aside_ms=aside_ms)
        if (search := self._wanted(demand)) is None:
            return Sighted(palms, aside_ms=aside_ms)
        now = search.run()
        return Sighted((*palms, *now.palms), now.ms, aside_ms)

    def _tells_of(self, demand: Demand) -> bool:
        """Tell whether the search that began last tells of a frame: same size of image, not long before."""
        shape, stamp_s = self._begun
        return shape == demand.image.shape and not demand.stamp_s - stamp_s > _STALE_S

    def _wanted(self, demand: Demand) -> Search | None:
        if not demand.regions and math.isnan(self._empty_s):
            self._empty_s = demand.stamp_s
        elif demand.regions or demand.stamp_s < self._empty_s:
            self._empty_s = math.nan
        if self._whole_due(demand):
            self._searched_s = self._looked_s = demand.stamp_s
            height, width = demand.image.shape[:2]
            self._scene = Thumbnail.of(demand.image, Part(0, 0, width, height))
            return self._search(self._detector, demand, (), self._score_threshold)
        if self._near is not None and (places := self._places(demand)):
            self._looked_s = demand.stamp_s
            return self._search(self._near, demand, places, max(self._score_threshold, _NEAR_SCORE))
        return None

    def _search(
        self, detector: PalmDetector, demand: Demand, places: tuple[Square, ...], score: float
    ) -> Search:
        return Search(detector, demand.image, demand.order, places, self._max_hands, score)

    def _idles(self, demand: Demand) -> bool:
        return self._idle.rate_hz > 0 and demand.stamp_s - self._empty_s >= self._idle.after_s

    def _whole_due(self, demand: Demand) -> bool:
        since_s = demand.stamp_s - self._searched_s
        if demand.just_lost and not demand.regions:
            return True
        if self._idles(demand):
            period_s = 1 / self._idle.rate_hz
            early = self._near is None and since_s >= period_s / 2 and self._changed(demand.image)
            return early or not 0 < since_s < period_s - _EARLY_S
        if not demand.regions and self._near is None:
            return True
        if demand.just_lost and self._near is None:
            return True
        if 0 < since_s < demand.interval_s:
            return False
        return demand.interval_s <= 0 or not 0 < since_s < _UNCHANGED_S or self._changed(demand.image)

    def _places(self, demand: Demand) -> tuple[Square, ...]:
        """Return likely places: where a hand was lost, and where something moves.

        With a hand in view they take turns, so that a frame has one at most.
        """
        pause_s = 0.5 / self._idle.rate_hz if self._idles(demand) else demand.interval_s / _NEAR_LOOKS
        if demand.lost and demand.regions:
            pause_s /= _LOST_MORE_OFTEN
        if 0 < demand.stamp_s - self._looked_s < pause_s - _EARLY_S:
            return ()
        places: tuple[Square, ...] = ()
        if demand.lost:
            where = demand.lost[0]
            places = (Square(where.x, where.y, LOST_SCALE * where.size),)
            self._turn += 1
            if demand.regions and self._turn % _TURNS:
                return places
        side = _MOTION_SHARE * max(demand.image.shape[:2])
        moving = self._motion.liveliest(side, demand.regions)
        if moving is None:
            return places
        return (moving,) if demand.regions else (*places, moving)

    def _changed(self, image: Image) -> bool:
        return self._scene is None or self._scene.displacement(image) >= _CHANGED
