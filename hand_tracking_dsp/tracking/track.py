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

"""A hand that is followed from frame to frame: its identity, its filter, and its last measurement."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from hand_tracking_dsp.hand import Handedness, Joint
from hand_tracking_dsp.tracking.change import Part, Thumbnail
from hand_tracking_dsp.tracking.geometry import mean_distance_px, palm_size, region_from_landmarks
from hand_tracking_dsp.tracking.smoothing import OneEuroFilter
from hand_tracking_dsp.tracking.types import Floats, HandLandmarks, Image, Region, TrackedHand

# Handedness is a property of the person: one frame changes the belief by this share at most.
_HANDEDNESS_GAIN = 0.2
# Below this probability the network does not know the side.
_HANDEDNESS_SCORE = 0.6
_PALM = np.array([Joint.WRIST, Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP])
# Around the joints, in shares of palm size: the flesh around them, and room for a finger to begin to move.
_MARGIN = 0.25
# Time constant with which the velocity of a hand that is not measured fades, seconds.
_FADING_S = 0.08
# Below this speed, palm sizes a second, the network's own noise is most of it.
_STILL = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """A hand as the network saw it last.

    Attributes:
        found: What the network said.
        shown: The hand that was made of it.
        stamp_s: Time of its image, seconds.
        velocity: float32 [21, 3], of the landmarks in units a second; 0 where only one was made.
        velocity_m: float32 [21, 3], of the world landmarks in metres a second.
        speed: Mean speed of the joints in the image, palm sizes a second.
    """

    found: HandLandmarks
    shown: TrackedHand
    stamp_s: float
    velocity: Floats
    velocity_m: Floats
    speed: float

    def at(self, stamp_s: float) -> TrackedHand:
        """Predict the hand at a later time: it goes on, ever slower, as it last moved.

        Args:
            stamp_s: Time, seconds.
        """
        age_s = max(stamp_s - self.stamp_s, 0.0)
        way_s = np.float32(fading(age_s) if self.speed > _STILL else 0.0)
        return replace(
            self.shown,
            landmarks=self.shown.landmarks + self.velocity * way_s,
            world_landmarks=self.shown.world_landmarks + self.velocity_m * way_s,
            measured=False,
            measurement_age_s=age_s,
        )


class Track:
    """A hand being followed.

    Attributes:
        track_id: Counts from 1; 0 until the hand is shown first.
        region: Where to look for it.
        right: Belief that it is a right hand, 0 to 1; NaN: none yet.
        last: Its last measurement; None before the first one.
        held: Frames since, on which it was not measured.
    """

    def __init__(self, region: Region, smoother: OneEuroFilter) -> None:
        self.track_id = 0
        self.region = region
        self.right = math.nan
        self.last: Measurement | None = None
        self.held = 0
        self._smoother = smoother
        self._image: Image | None = None
        self._thumbnail: Thumbnail | None = None

    @property
    def thumbnail(self) -> Thumbnail | None:
        """The picture around the hand at its last measurement; None before the first one.

        It is made when it is asked for, since a hand that moves fast needs none.
        """
        if self._image is not None and self.last is not None:
            landmarks = self.last.found.landmarks
            self._thumbnail = Thumbnail.of(self._image, _box_around(landmarks, _MARGIN * scale_of(landmarks)))
            self._image = None
        return self._thumbnail

    def measured(
        self, found: HandLandmarks, stamp_s: float, image: Image, *, smoothing: bool, mirrored: bool
    ) -> TrackedHand:
        """Take up what the network said, and return the hand.

        Args:
            found: What it said of a region of the image.
            stamp_s: Time of the image, seconds.
            image: uint8 [height, width, 3]; must not change later.
            smoothing: Whether to smooth the landmarks.
            mirrored: Whether left and right are exchanged in the image.
        """
        self.region = region_from_landmarks(found.landmarks)
        if math.isnan(self.right):
            self.right = found.right
        self.right += _HANDEDNESS_GAIN * (found.right - self.right)
        handedness, score = _side(self.right, mirrored)
        landmarks, world = found.landmarks, found.world_landmarks
        size = scale_of(landmarks)
        if smoothing:
            # Both in one call, which takes half the time of two.
            scales = np.repeat(np.array([size, scale_of(world)], np.float32), len(world))
            both = self._smoother.filter(np.concatenate([landmarks, world]), stamp_s, scales[:, None])
            landmarks, world = both[: len(landmarks)], both[len(landmarks) :]
        shown = TrackedHand(
            self.track_id,
            handedness,
            score,
            found.presence,
            landmarks,
            world,
            found.region,
            shape_std_m=found.shape_std_m,
            error_percent=found.error_percent,
        )
        self.last = self._measurement(found, shown, stamp_s, size)
        self._image = image
        self.held = 0
        return shown

    def expected(self, stamp_s: float) -> Region:
        """Return where to look for the hand at a time, seconds: a fast one is no longer where it was."""
        last = self.last
        if last is None or not last.speed > _STILL:
            return self.region
        way_s = min(max(stamp_s - last.stamp_s, 0.0), _FADING_S)
        joints = last.velocity[_PALM].tolist()
        x, y = (sum(joint[axis] for joint in joints) / len(joints) * way_s for axis in (0, 1))
        return replace(self.region, x=self.region.x + x, y=self.region.y + y)

    def hold(self, stamp_s: float) -> tuple[TrackedHand, HandLandmarks]:
        """Return the hand as it is expected to be without looking, smoothed and as the network might say.

        Raises:
            ValueError: It was never measured.
        """
        if self.last is None:
            msg = "a hand that was never measured cannot be held"
            raise ValueError(msg)
        hand = self.last.at(stamp_s)
        moved = hand.landmarks - self.last.shown.landmarks
        found = replace(self.last.found, landmarks=self.last.found.landmarks + moved)
        self.region = region_from_landmarks(found.landmarks)
        self.held += 1
        return hand, found

    def _measurement(
        self, found: HandLandmarks, shown: TrackedHand, stamp_s: float, size: float
    ) -> Measurement:
        before = self.last
        passed_s = math.nan if before is None else stamp_s - before.stamp_s
        if before is None or not passed_s > 0:
            still = np.zeros_like(shown.landmarks)
            return Measurement(found, shown, stamp_s, still, still, 0.0)
        rate = np.float32(1 / passed_s)
        way = mean_distance_px(found.landmarks, before.found.landmarks)
        return Measurement(
            found,
            shown,
            stamp_s,
            (shown.landmarks - before.shown.landmarks) * rate,
            (shown.world_landmarks - before.shown.world_landmarks) * rate,
            way / size / passed_s,
        )


def fading(age_s: float) -> float:
    """Return the time, seconds, that motion at the last speed goes on in a time, since it fades."""
    return _FADING_S * (1 - math.exp(-age_s / _FADING_S))


def scale_of(landmarks: Floats) -> float:
    """Return palm size; never zero, also where a hand is seen from its fingertips."""
    axes: list[list[float]] = landmarks.T.tolist()
    extent = max(max(axis) - min(axis) for axis in axes)
    return max(palm_size(landmarks), 0.25 * extent, 1e-6)


def _side(right: float, mirrored: bool) -> tuple[Handedness, float]:
    score = max(right, 1 - right)
    if not score >= _HANDEDNESS_SCORE:
        return Handedness.UNKNOWN, math.nan
    return (Handedness.RIGHT if (right > 0.5) != mirrored else Handedness.LEFT), score


def _box_around(landmarks: Floats, margin: float) -> Part:
    x, y = landmarks[:, :2].T.tolist()
    return Part(
        int(min(x) - margin), int(min(y) - margin), math.ceil(max(x) + margin), math.ceil(max(y) + margin)
    )
