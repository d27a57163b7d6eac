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

"""Reads a gesture from the joints of one hand in one image."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.gestures.examples import OwnGesture
from hand_tracking_dsp.gestures.features import HandFeatures, measure, ramp
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.types import NO_GESTURE, Reading
from hand_tracking_dsp.hand import Joint
from hand_tracking_dsp.tracking.types import Floats

# Width of the step from "pinches" to "is folded", as wide as fists and pinches overlap in pictures.
_PINCH_BEND_STEP_DEG = 25.0
_LEAST_LENGTH = 1e-6


def read_gesture(
    landmarks: Floats, options: GestureOptions, own: Sequence[OwnGesture] = (), pinch_m: float = math.nan
) -> Reading:
    """Read the gesture of one hand.

    A gesture's score is the least of its conditions' (a fuzzy "and"), each 0 to 1, 0.5 at the threshold. All
    but thumb_up and thumb_down are the same for a hand that is turned in the image, larger, or mirrored. Of
    equal scores a gesture of the user's own goes first.

    Args:
        landmarks: float [21, 3], finite, pixels, as in TrackedHand. Not the world landmarks: their fingers
            are half bent where the image's are folded (docs/gesture_rules.md).
        options: Thresholds.
        own: Gestures by example.
        pinch_m: SpatialReading.pinch_m; counts for pinches if the options say so, NaN: not known.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    features = measure(landmarks)
    thumb = min(
        ramp(features.thumb_reach, options.thumb_reach_closed, options.thumb_reach_open),
        ramp(features.thumb_gap, options.thumb_gap_closed, options.thumb_gap_open),
    )
    index, middle, ring, pinky = (
        ramp(float(bend), options.finger_closed_deg, options.finger_open_deg)
        for bend in features.bends[1:].sum(axis=1)
    )
    openness = (thumb, index, middle, ring, pinky)
    three_open, three_folded = min(middle, ring, pinky), 1 - max(middle, ring, pinky)
    pinch = _pinch(features, index, three_open, options, pinch_m)
    flat = _at_most(float(features.bends[1:].sum(axis=1).max()), options.palm_bend_deg)
    thumb_alone = min(thumb, 1 - index, three_folded)
    spread = 1 - _at_most(float(features.spreads[1]), options.victory_spread_deg)
    scores = {gesture.name: gesture.score(features) for gesture in own}
    scores |= {
        # A thumb beside the index finger is not counted as open, but is part of a flat hand.
        "open_palm": min(flat, 1 - _at_most(features.thumb_reach, options.palm_thumb_reach)),
        "fist": min(1 - thumb, 1 - index, three_folded, 1 - pinch),
        "point": min(1 - thumb, index, three_folded),
        "victory": min(1 - thumb, index, middle, 1 - max(ring, pinky), spread),
        "thumb_up": min(thumb_alone, _upright(points, options)),
        "thumb_down": min(thumb_alone, _upright(-points, options)),
        "ok": min(pinch, three_open),
        "pinch": min(pinch, 1 - three_open),
    }
    name = max(scores, key=lambda gesture: scores[gesture])
    fits = scores[name] >= options.min_score
    return Reading(
        name=name if fits else NO_GESTURE,
        score=scores[name] if fits else 0.0,
        open_fingers=sum(value >= 0.5 for value in openness),
        open_fingers_score=min(max(value, 1 - value) for value in openness),
        openness=openness,
        pinch=pinch,
        scores=scores,
    )


def _pinch(
    features: HandFeatures, index: float, three_open: float, options: GestureOptions, pinch_m: float
) -> float:
    """Say how far thumb and index finger pinch, 0 to 1.

    Their tips are near each other in a fist, too, where the index finger is folded and the thumb lies on
    another finger, unless the others are open; and in a resting hand, where the index finger is straight.
    """
    if options.pinch_in_metres and not math.isnan(pinch_m):
        touching = ramp(pinch_m, options.pinch_open_m, options.pinch_close_m)
    else:
        touching = ramp(float(features.tip_gaps[0]), options.pinch_open, options.pinch_close)
    half = 0.5 * _PINCH_BEND_STEP_DEG
    bend = float(features.bends[1].sum())
    not_folded = ramp(bend, options.pinch_bend_deg + half, options.pinch_bend_deg - half)
    not_fist = min(not_folded, 1 - _at_most(features.tip_lead, options.pinch_lead))
    # An index finger that is half open is bent enough to pinch.
    return min(touching, 2 * (1 - index), max(not_fist, three_open))


def _at_most(value: float, limit: float) -> float:
    """Fall from 1 at half a limit to 0 at one and a half."""
    return ramp(value, 1.5 * limit, 0.5 * limit)


def _upright(points: NDArray[np.float64], options: GestureOptions) -> float:
    """Say how well the thumb points upwards in the image, 0 to 1, half at the tilt allowed."""
    way = points[Joint.THUMB_TIP] - points[Joint.THUMB_IP]
    roll = math.radians(options.camera_roll_deg)
    upwards = math.sin(roll) * way[0] - math.cos(roll) * way[1]
    length = max(float(np.linalg.norm(way)), _LEAST_LENGTH)
    tilt_deg = math.degrees(math.acos(min(max(upwards / length, -1.0), 1.0)))
    return _at_most(tilt_deg, options.thumb_tilt_deg)
