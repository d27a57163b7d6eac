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

"""The gestures of followed hands over time, and the events that report them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from hand_tracking_dsp.depth.types import Hand3d
from hand_tracking_dsp.gestures.debounce import Change, Debouncer
from hand_tracking_dsp.gestures.examples import OwnGesture
from hand_tracking_dsp.gestures.motion import SwipeFinder
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.reading import read_gesture
from hand_tracking_dsp.gestures.space import read_in_space
from hand_tracking_dsp.gestures.types import (
    COUNTS,
    NO_GESTURE,
    PINCH_DRAG,
    EventKind,
    GestureEvent,
    HandGesture,
    Place,
    Reading,
    SpatialReading,
)
from hand_tracking_dsp.hand import Handedness, Joint
from hand_tracking_dsp.tracking.types import TrackedHand

_PALM = np.array([Joint.WRIST, Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP])
_SMALLEST_PALM_PX = 1.0
_DRAG_BEGINS = 0.5
# Openness of the index finger from which on it points, and below which it does not any more.
_POINTS_FROM, _POINTS_UNTIL = 0.5, 0.25
_NO_SPACE: Mapping[int, Hand3d] = MappingProxyType({})

Update = tuple[tuple[HandGesture, ...], tuple[GestureEvent, ...]]


class GestureRecognizer:
    """Reads the gestures of followed hands and reports their start, holding and end.

    It keeps a little of every hand in view and nothing of others. Every STARTED is followed by one ENDED of
    the same hand and name, also where the hand is lost, the stamps jump, or reset is called.
    """

    def __init__(self, options: GestureOptions | None = None, own: Sequence[OwnGesture] = ()) -> None:
        self._options = options or GestureOptions()
        self._own = tuple(own)
        self._hands: dict[int, _HandMemory] = {}
        self._stamp_s = math.nan

    def update(
        self,
        stamp_s: float,
        hands: Sequence[TrackedHand],
        image_size: tuple[int, int] | None = None,
        predicted_s: float = 0.0,
        in_space: Mapping[int, Hand3d] = _NO_SPACE,
    ) -> Update:
        """Take the hands of the next image.

        Args:
            stamp_s: When it was taken, seconds. One before the last, or more than max_gap_s behind it,
                ends all gestures first, as of a bag that begins again.
            hands: As the tracker gives them; one whose landmarks are not all finite counts as not seen, as
                does one that was not measured for more than max_gap_s.
            image_size: Width and height of the image, pixels, for min_visible; None: not known.
            predicted_s: Time since the image that the hands were predicted from, seconds, which alone they
                are evidence of; 0: they are of this one.
            in_space: The same hands in space by their track_id, as far as they are known.

        Returns:
            The gesture of each hand, in their order, and what happened.
        """
        events: list[GestureEvent] = []
        if not 0 <= stamp_s - self._stamp_s <= self._options.max_gap_s:
            events += self.reset()
        self._stamp_s = stamp_s
        max_age_s = self._options.max_gap_s
        seen = {
            hand.track_id: hand
            for hand in hands
            if _usable(hand) and (hand.measured or hand.measurement_age_s <= max_age_s)
        }
        for track_id in [known for known in self._hands if known not in seen]:
            events += self._hands.pop(track_id).lose(stamp_s)
        gestures = []
        for track_id, hand in seen.items():
            memory = self._hands.setdefault(track_id, _HandMemory(track_id, self._options))
            space = read_in_space(in_space.get(track_id))
            reading = read_gesture(hand.landmarks, self._options, self._own, space.pinch_m)
            if image_size and _share_inside(hand, image_size) < self._options.min_visible:
                reading = replace(reading, name=NO_GESTURE, score=0.0, open_fingers_score=0.0, pinch=0.0)
            gesture, happened = memory.update(stamp_s, hand, reading, space, predicted_s)
            gestures.append(gesture)
            events += happened
        return tuple(gestures), tuple(events)

    def reset(self) -> tuple[GestureEvent, ...]:
        """Forget all hands, as before the first image.

        Returns:
            The ends of the gestures that held, with the stamp of the last image.
        """
        events = [event for memory in self._hands.values() for event in memory.lose(self._stamp_s)]
        self._hands = {}
        self._stamp_s = math.nan
        return tuple(events)


class _HandMemory:
    """Memory of one followed hand."""

    def __init__(self, track_id: int, options: GestureOptions) -> None:
        self._track_id = track_id
        self._options = options
        self._named = Debouncer(options, options.held_interval_s)
        self._counted = Debouncer(options, options.held_interval_s)
        self._dragged = Debouncer(options, 0.0)
        self._swipes = SwipeFinder(options)
        self._pinching = self._pointing = False
        self._handedness = Handedness.UNKNOWN
        self._place = Place(-math.inf, 0.0, 0.0, 1.0)
        self._scores: dict[str, float] = {}

    def update(
        self,
        stamp_s: float,
        hand: TrackedHand,
        reading: Reading,
        space: SpatialReading,
        predicted_s: float,
    ) -> tuple[HandGesture, list[GestureEvent]]:
        palm = hand.landmarks[_PALM].astype(np.float64).mean(axis=0)
        way = hand.landmarks[Joint.MIDDLE_MCP].astype(np.float64) - hand.landmarks[Joint.WRIST]
        size = max(float(np.linalg.norm(way)), _SMALLEST_PALM_PX)
        self._handedness = hand.handedness
        place = Place(stamp_s - predicted_s, float(palm[0]), float(palm[1]), size)
        # What is predicted from an image that was evidence already is none, nor is what is probably wrong.
        new = predicted_s == 0 or place.stamp_s > self._place.stamp_s
        unsure = hand.error_percent > self._options.max_error_percent
        events = self._see(stamp_s, place, reading) if new and not unsure else self._wait(stamp_s)
        index = reading.openness[1]
        self._pointing = index >= (_POINTS_UNTIL if self._pointing else _POINTS_FROM)
        gesture = HandGesture(
            track_id=self._track_id,
            handedness=hand.handedness,
            reading=reading,
            held=self._named.held,
            palm=(float(palm[0]), float(palm[1]), float(palm[2])),
            palm_size=size,
            measurement_age_s=hand.measurement_age_s,
            space=space if self._pointing else replace(space, pointing=None),
        )
        return gesture, events

    def _see(self, stamp_s: float, place: Place, reading: Reading) -> list[GestureEvent]:
        self._place = place
        count = COUNTS[reading.open_fingers] if reading.open_fingers_score > 0 else NO_GESTURE
        self._pinching = reading.pinch > 0 if self._pinching else reading.pinch >= _DRAG_BEGINS
        self._scores = {**reading.scores, count: reading.open_fingers_score, PINCH_DRAG: reading.pinch}
        changes = [
            *self._named.update(reading.name, self._place),
            *self._counted.update(count, self._place),
            *self._dragged.update(PINCH_DRAG if self._pinching else NO_GESTURE, self._place),
        ]
        events = [self._event(change, stamp_s) for change in changes]
        swipe = self._swipes.update(self._place)
        if swipe:
            change = Change(EventKind.MOVED, swipe.name, swipe.begin)
            events.append(self._event(change, stamp_s, swipe.straightness))
        return events

    def _wait(self, stamp_s: float) -> list[GestureEvent]:
        waiting = (self._named, self._counted, self._dragged)
        return [self._event(change, stamp_s) for one in waiting for change in one.wait(stamp_s)]

    def lose(self, stamp_s: float) -> list[GestureEvent]:
        changes = [*self._named.end(), *self._counted.end(), *self._dragged.end()]
        self._scores = {}
        return [self._event(change, stamp_s) for change in changes]

    def _event(self, change: Change, stamp_s: float, score: float | None = None) -> GestureEvent:
        return GestureEvent(
            stamp_s=stamp_s,
            track_id=self._track_id,
            handedness=self._handedness,
            kind=change.kind,
            name=change.name,
            score=self._scores.get(change.name, 0.0) if score is None else score,
            duration_s=stamp_s - change.begin.stamp_s,
            offset=change.begin.way_to(self._place),
        )


def _usable(hand: TrackedHand) -> bool:
    return bool(np.isfinite(hand.landmarks).all() and np.isfinite(hand.world_landmarks).all())


def _share_inside(hand: TrackedHand, size: tuple[int, int]) -> float:
    places = hand.landmarks[:, :2]
    return float(((places >= 0) & (places < size)).all(axis=1).mean())
