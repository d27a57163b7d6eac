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

"""Gestures read in labelled pictures, by sparsity level."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from hand_tracking_dsp.cameras.folder import read_image
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.gestures.confusion import NO_HAND, NONE, Confusion
from hand_tracking_dsp.gestures.examples import OwnGesture
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.reading import read_gesture
from hand_tracking_dsp.gestures.types import Reading
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.recordings.labels import LabelledHand
from hand_tracking_dsp.recordings.truth import Box, boxes_overlap, joints_box
from hand_tracking_dsp.tracking.tracker import HandTracker

# A found hand is the labelled one where their boxes overlap so much (intersection over union): joints span
# less than the skin that a person draws a box around.
_SAME_BOX = 0.2


@dataclass(slots=True)
class Tally:
    """Counts of what was read in pictures at one level: numbers of open fingers, and names."""

    counts: Confusion = field(default_factory=Confusion)
    names: Confusion = field(default_factory=Confusion)

    def add(self, hand: LabelledHand, reading: Reading | None) -> None:
        """Count a hand; None: it was not found."""
        if hand.open_fingers is not None:
            self.counts.add(str(hand.open_fingers), str(reading.open_fingers) if reading else NO_HAND)
        if hand.gesture is not None:
            self.names.add(hand.gesture or NONE, (reading.name or NONE) if reading else NO_HAND)


def check_gestures(hands: Sequence[LabelledHand], readable: Collection[str], table: Path) -> None:
    """Check that the gestures of labelled hands can be read.

    Args:
        hands: Hands.
        readable: Names of gestures.
        table: Table of the labels, for the message.

    Raises:
        ConfigurationError: A label names another gesture.
    """
    if unknown := sorted({hand.gesture for hand in hands if hand.gesture} - {*readable}):
        msg = (
            f"The labels {table} name {', '.join(unknown)}, which are not known gestures: correct them, or "
            "record examples with gesture record and measure with gesture measure --gestures."
        )
        raise ConfigurationError(msg)


class PictureReader:
    """Reads the gestures of hands in pictures, each picture alone.

    Args:
        tracker: Tracker without smoothing.
        options: Thresholds.
        own: Gestures by example.
        margin: Width by which pictures are widened on every side, in shares of the longer side; their border
            pixels are repeated. Hands that fill a picture are not found without.
        world: Read the world landmarks, to compare; gesture_node reads those of the image.
        limit: Limit of the pictures' size.
    """

    def __init__(
        self,
        tracker: HandTracker,
        options: GestureOptions,
        own: Sequence[OwnGesture] = (),
        margin: float = 0.0,
        world: bool = False,
        limit: ImageOptions | None = None,
    ) -> None:
        self._tracker = tracker
        self._options = options
        self._own = tuple(own)
        self._margin = margin
        self._world = world
        self._limit = limit

    def read(self, hand: LabelledHand, level: int) -> Reading | None:
        """Read one hand; None where it is not found.

        Where the label has no box, the largest hand is meant.

        Raises:
            FrameError: The picture cannot be decoded.
        """
        image = read_image(hand.path, self._limit)
        border = round(self._margin * max(image.shape[:2]))
        image = cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_REPLICATE)
        self._tracker.reset()
        hands = list(self._tracker.track(image, 0.0, level, "bgr").hands)
        boxes = [joints_box(found.landmarks - border) for found in hands]
        known = hand.truth.box
        fits = [boxes_overlap(box, known) if known else _area(box) for box in boxes]
        if not hands or (known and max(fits) < _SAME_BOX):
            return None
        meant = hands[int(np.argmax(fits))]
        points = meant.world_landmarks if self._world else meant.landmarks
        return read_gesture(points, self._options, self._own)


def measure_pictures(
    reader: PictureReader,
    hands: Sequence[LabelledHand],
    levels: Sequence[int],
    on_hand: Callable[[], None] = lambda: None,
) -> dict[int, Tally]:
    """Read all hands at every level (0 = dense), and return what was read by level.

    Raises:
        FrameError: A picture cannot be decoded.
    """
    tallies = {level: Tally() for level in levels}
    for level, tally in tallies.items():
        for hand in hands:
            tally.add(hand, reader.read(hand, level))
            on_hand()
    return tallies


def _area(box: Box) -> float:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)
