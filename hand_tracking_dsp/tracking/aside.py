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

"""The palm detector in a thread of its own, or after a frame's hands, so that no hand waits for it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import perf_counter

from hand_tracking_dsp.tracking.motion import Square
from hand_tracking_dsp.tracking.niceness import step_back
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.types import ChannelOrder, Image, PalmDetection


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """A search that is wanted: a detector, the places (none: the whole image), and what detect needs."""

    detector: PalmDetector
    image: Image
    order: ChannelOrder
    places: tuple[Square, ...]
    max_hands: int
    score_threshold: float

    def run(self) -> Sighting:
        """Run the detector."""
        start = perf_counter()
        palms = [
            palm
            for place in self.places or (None,)
            for palm in self.detector.detect(
                self.image, self.order, self.max_hands, self.score_threshold, place
            )
        ]
        return Sighting(tuple(palms), (perf_counter() - start) * 1e3)

    def try_out(self) -> Sighting | Exception:
        """Run the detector, and return what it raises."""
        try:
            return self.run()
        except Exception as error:  # noqa: BLE001 (raised again where the result is taken)
            return error


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """Result of a search.

    Attributes:
        palms: Palms, best score first.
        ms: Time that the search took, milliseconds.
    """

    palms: tuple[PalmDetection, ...] = ()
    ms: float = 0.0


class Afterwards:
    """Runs searches at once, between two frames, the same on every machine, as a free core does."""

    def __init__(self) -> None:
        self._result: Sighting | Exception | None = None

    @property
    def busy(self) -> bool:
        """True while a result was not yet taken."""
        return self._result is not None

    def submit(self, search: Search) -> None:
        """Run a search; call it only while not busy."""
        self._result = search.try_out()

    def take(self) -> Sighting | None:
        """Return the result once.

        Raises:
            Exception: Whatever the detector raised.
        """
        result, self._result = self._result, None
        return _raised(result)

    def finish(self) -> None:
        """Do nothing: no search is under way between two calls."""

    def close(self) -> None:
        """Forget everything."""
        self._result = None


class Beside:
    """Runs searches in a thread, one at a time."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._wanted: Search | None = None
        self._result: Sighting | Exception | None = None
        self._running = False
        self._closed = False
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """True while a search is wanted or runs, or its result was not yet taken."""
        with self._condition:
            return self._running or self._wanted is not None or self._result is not None

    def submit(self, search: Search) -> None:
        """Want a search; call it only while not busy."""
        if self._thread is None:
            self._closed = False
            self._thread = threading.Thread(target=self._work, name="palm search", daemon=True)
            self._thread.start()
        with self._condition:
            self._wanted = search
            self._condition.notify_all()

    def take(self) -> Sighting | None:
        """Return the result once, as soon as there is one.

        Raises:
            Exception: Whatever the detector raised.
        """
        with self._condition:
            result, self._result = self._result, None
        return _raised(result)

    def finish(self) -> None:
        """Wait until no search is wanted or runs."""
        with self._condition:
            while self._running or self._wanted is not None:
                self._condition.wait()

    def close(self) -> None:
        """End the thread, once its search is done, and forget everything."""
        with self._condition:
            self._closed = True
            self._wanted = None
            self._condition.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._result = None

    def _work(self) -> None:
        step_back()
        while True:
            with self._condition:
                while (search := self._wanted) is None and not self._closed:
                    self._condition.wait()
                if search is None or self._closed:
                    return
                self._wanted = None
                self._running = True
            result = search.try_out()
            with self._condition:
                self._running = False
                self._result = result
                self._condition.notify_all()


def _raised(result: Sighting | Exception | None) -> Sighting | None:
    if isinstance(result, Exception):
        raise result
    return result
