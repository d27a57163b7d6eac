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

"""Figures and pictures that messages feed, live or of a bag, and that the page shows."""

from __future__ import annotations

import math
from threading import RLock

from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.viewing.figures import Event, Figures
from hand_tracking_dsp.viewing.page import Page
from hand_tracking_dsp.viewing.rows import rows
from hand_tracking_dsp.viewing.scene import Scene
from hand_tracking_dsp.viewing.topics import FIGURES

_WORDS_EVERY_S = 0.5


class Show:
    """Shows messages on a page; they may come in another thread than the words are asked for.

    Args:
        page: The page.
        rate_hz: Pictures a second, at most.

    Attributes:
        figures: The figures so far.
        scene: The picture and the hands.
    """

    def __init__(self, page: Page, rate_hz: float) -> None:
        self.figures = Figures()
        self.scene = Scene(page, rate_hz)
        self._page = page
        self._words_s = -math.inf
        self._newest: Event | None = None
        self._lock = RLock()

    def is_due(self, topic: str, now_ns: int) -> bool:
        """Return whether a message of a topic would be shown, received at a time in nanoseconds."""
        return topic in FIGURES or self.scene.is_due(topic, now_ns)

    def add(self, topic: str, message: Message, now_ns: int) -> None:
        """Show a message of a topic of topics.FIGURES or topics.SCENE, received at a time in nanoseconds."""
        with self._lock:
            if topic not in FIGURES:
                self.scene.add(topic, message, now_ns)
                return
            now_s = now_ns * 1e-9
            self._page.show_curves(now_ns, topic, self.figures.add(topic, message, now_s))
            if self.figures.events and self.figures.events[-1] is not self._newest:
                self._newest = self.figures.events[-1]
                self._page.show_event(self._newest)
            if not 0 <= now_s - self._words_s < _WORDS_EVERY_S:
                self.show_words(now_ns)

    def show_words(self, now_ns: int) -> None:
        """Show the figures in words, at a time in nanoseconds."""
        with self._lock:
            self._words_s = now_ns * 1e-9
            self._page.show_lines(now_ns, rows(self.figures, now_ns * 1e-9))
