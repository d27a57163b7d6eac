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
from dataclasses import dataclass

from hand_tracking_dsp.options import check_options, option
from hand_tracking_dsp.tracking.aside import Afterwards, Beside, Search
from hand_tracking_dsp.tracking.change import Part, Thumbnail
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.types import ChannelOrder, Image, PalmDetection

SCHEDULES = ("auto", "thread", "frame")
"""Ways to search while a hand is in view."""

# Displacement of a block of the whole picture, in shares of its longer side, that is a change: sensor noise
# stays below a third of it.
_CHANGED = 0.06

# With hands in view and nothing changed a further hand is searched for this often, seconds.
_UNCHANGED_S = 1.0

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
        "Its rate from then on; where the picture changes it runs at once, up to twice as often; 0: on every "
        "frame, as before.",
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
        "thread of its own, its palms are looked at on a later frame.",
        choices=SCHEDULES,
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


@dataclass(frozen=True, slots=True)
class Demand:
    """Demand of a frame for the palm detector.

    Attributes:
        image: uint8 [height, width, 3].
        order: The order of its channels.
        stamp_s: Its time, seconds.
        hands: Hands in view.
        lost: Whether one was lost on this frame.
        interval_s: Time between two searches for further hands while one is in view, seconds.
    """

    image: Image
    order: ChannelOrder
    stamp_s: float
    hands: int
    lost: bool
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
    """Decides on each frame whether to search for hands, and where the palm detector runs.

    Without a hand in view it runs on every frame; after a while without one at a lower rate, and at once
    where the picture changes. With hands in view and room for another one it runs at intervals, and at once
    when one is lost, beside the hands; where the picture has not changed since, once a second is enough.
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
            detector: The palm detector; its thread's alone while a search runs beside.
            options: Where it runs.
            idle: When it slows down.
            max_hands: Most palms of a search.
            score_threshold: Lowest score of a palm.
            live: Whether to use a thread; else what would run in one runs after the frame, so that results
                do not depend on the machine's speed.
        """
        self._detector = detector
        self._idle = idle
        self._max_hands = max_hands
        self._score_threshold = score_threshold
        self._aside: Beside | Afterwards | None = None
        if options.schedule != "frame":
            self._aside = Beside(detector) if live else Afterwards(detector)
        self._searched_s = -math.inf
        self._empty_s = math.nan
        self._scene: Thumbnail | None = None

    def reset(self) -> None:
        """Begin anew, as before the first frame."""
        self._searched_s = -math.inf
        self._empty_s = math.nan
        self._scene = None
        if self._aside is not None:
            self._aside.close()

    def close(self) -> None:
        """End the thread."""
        self.reset()

    def hurry(self) -> None:
        """Make the next frame search."""
        self._searched_s = -math.inf

    def frame_done(self) -> None:
        """Do what was left for after the frame."""
        if self._aside is not None:
            self._aside.frame_done()

    def palms(self, demand: Demand) -> Sighted:
        """Return palms to look at on a frame.

        Raises:
            Exception: Whatever the detector raised.
        """
        due = self._due(demand)
        earlier = None
        if self._aside is not None:
            if due and not demand.hands:  # the detector is needed here, and is there once
                self._aside.finish()
            earlier = self._aside.take()
        aside_ms = earlier.ms if earlier else 0.0
        search = Search(demand.image, demand.order, self._max_hands, self._score_threshold)
        if due and (self._aside is None or not demand.hands):
            self._begun(demand)
            now = search.run(self._detector)
            return Sighted(now.palms, now.ms, aside_ms)
        if due and self._aside is not None and not self._aside.busy:
            self._begun(demand)
            self._aside.submit(search)
        return Sighted(earlier.palms if earlier else (), aside_ms=aside_ms)

    def _begun(self, demand: Demand) -> None:
        self._searched_s = demand.stamp_s
        height, width = demand.image.shape[:2]
        self._scene = Thumbnail.of(demand.image, Part(0, 0, width, height))

    def _due(self, demand: Demand) -> bool:
        since_s = demand.stamp_s - self._searched_s
        if demand.hands:
            self._empty_s = math.nan
            if demand.lost or not 0 <= since_s < demand.interval_s:
                every = demand.lost or demand.interval_s <= 0 or not 0 <= since_s < _UNCHANGED_S
                return every or self._changed(demand.image)
            return False
        if math.isnan(self._empty_s) or demand.stamp_s < self._empty_s:
            self._empty_s = demand.stamp_s
        rate_hz = self._idle.rate_hz
        if demand.lost or rate_hz == 0 or demand.stamp_s - self._empty_s < self._idle.after_s:
            return True
        period_s = 1 / rate_hz
        if not 0 <= since_s < period_s - _EARLY_S:
            return True
        return since_s >= period_s / 2 and self._changed(demand.image)

    def _changed(self, image: Image) -> bool:
        return self._scene is None or self._scene.displacement(image) >= _CHANGED
