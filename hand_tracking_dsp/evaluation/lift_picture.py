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

"""A picture of hands that are lifted: in colour, as a statue, and from the side beside their true places."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.mesh.catalogue import rigs
from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.depth.draw import JOINT_MARKS
from hand_tracking_dsp.depth.lifting import HandLifter, LiftOptions
from hand_tracking_dsp.depth.statue import StatuePainter
from hand_tracking_dsp.depth.types import Hand3d, JointState
from hand_tracking_dsp.evaluation.lifted_gestures import VIEWS_DEG, GestureSample, gesture_samples
from hand_tracking_dsp.evaluation.stills import find_hand
from hand_tracking_dsp.hand import BONES
from hand_tracking_dsp.tracking.draw import bone_colour, draw_hand
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.types import Floats

_SHOWN = (("open palm", 0), ("victory", 1), ("pinch", 2), ("call", 3), ("relaxed", 4))
"""Gestures and numbers of their views, see VIEWS_DEG."""

_SIDE_PX = 250
_PX_PER_M = 1050
_TRUE_BGR = (130, 130, 130)


def draw_lifted(tracker: HandTracker, seed: int) -> NDArray[np.uint8]:
    """Draw gestures, a column each; below, seen from the camera's right, grey lines are the true bones.

    Args:
        tracker: Tracker that finds the hands in colour.
        seed: Seed of what is shown.

    Returns:
        uint8 [h, w, 3], BGR.
    """
    samples = list(gesture_samples(rigs()[0], "structured_light", seed))
    names = list(GESTURES)
    painter, lifter = StatuePainter(), HandLifter(LiftOptions(smoothing=False))
    columns = []
    for gesture, view in _SHOWN:
        sample = samples[names.index(gesture) * len(VIEWS_DEG) + view]
        statue = np.ascontiguousarray(painter.draw(sample.view)[..., ::-1])
        side = np.full((_SIDE_PX, _SIDE_PX, 3), 20, np.uint8)
        hand = find_hand(tracker, sample.image, sample.landmarks_px, order="bgr")
        if hand is not None:
            hand = replace(hand, track_id=1)
            (lifted,) = lifter.lift([hand], sample.view, 0.0, in_colour=True)
            draw_hand(statue, hand, "", [JOINT_MARKS[JointState(one)] for one in lifted.states.tolist()])
            _draw_side(side, lifted, sample.joints_m)
        columns.append(np.vstack([*(_cut(image, sample) for image in (sample.image, statue)), side]))
    return np.hstack(columns)


def _cut(image: NDArray[np.uint8], sample: GestureSample) -> NDArray[np.uint8]:
    """Cut a square around the hand out of an image."""
    middle = (sample.landmarks_px.min(axis=0) + sample.landmarks_px.max(axis=0)) / 2
    height, width = image.shape[:2]
    left, top = np.clip((middle - _SIDE_PX / 2).astype(int), 0, (width - _SIDE_PX, height - _SIDE_PX))
    return image[top : top + _SIDE_PX, left : left + _SIDE_PX]


def _draw_side(image: NDArray[np.uint8], lifted: Hand3d, true_m: Floats) -> None:
    """Draw a hand and its true joints as seen from the side: away from the camera to the right."""
    middle = true_m.mean(axis=0)
    for joints_m, thickness in ((true_m, 3), (lifted.joints_m, 1)):
        places = _SIDE_PX / 2 + _PX_PER_M * (joints_m - middle)[:, [2, 1]]
        points = np.rint(np.nan_to_num(places)).astype(int).tolist()
        for start, end in BONES:
            colour = _TRUE_BGR if joints_m is true_m else bone_colour(start, end, lifted.handedness)
            cv2.line(image, points[start], points[end], colour, thickness, cv2.LINE_AA)
