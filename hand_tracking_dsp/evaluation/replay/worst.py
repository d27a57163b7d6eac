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

"""Worst frames of a run, kept as pictures while it lasts."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from hand_tracking_dsp.evaluation.measures.frame_row import FrameRow
from hand_tracking_dsp.hand import BONES
from hand_tracking_dsp.recordings.truth import TrueHand
from hand_tracking_dsp.tracking.draw import draw_hands, write_caption
from hand_tracking_dsp.tracking.types import ChannelOrder, Image, TrackedHand

_QUALITY = 85
_TRUE_BGR = (80, 255, 80)
_MISSED = "hands missed or invented"
# OpenCV draws within 16 bits; what lies further outside the image is drawn from there.
_FURTHEST_PX = 30_000


@dataclass(frozen=True, slots=True)
class WorstFrame:
    """One of the worst frames.

    Attributes:
        row: Its metrics.
        measure: Measure by which it is among the worst.
        value: The measure's value.
        badness: Key to order frames by, see the function badness.
        jpeg: Picture as JPEG, hands in colours, true joints and boxes in green.
    """

    row: FrameRow
    measure: str
    value: float
    badness: tuple[float, float]
    jpeg: bytes


class WorstFrames:
    """Keeps so many worst frames of a run, in constant memory."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._heap: list[tuple[tuple[float, float], int, WorstFrame]] = []
        self._number = itertools.count()

    def add(
        self,
        row: FrameRow,
        image: Image,
        order: ChannelOrder,
        hands: Sequence[TrackedHand],
        truth: Sequence[TrueHand] | None,
    ) -> None:
        """Keep a frame, if it is among the worst so far."""
        bad = badness(row)
        full = len(self._heap) >= self._count
        if self._count == 0 or bad <= (0, 0) or (full and bad <= self._heap[0][0]):
            return
        error = "drift_palm_percent" if math.isnan(row.error_palm_percent) else "mde_palm_percent"
        measure, value = (_MISSED, bad[0]) if bad[0] else (error, bad[1])
        canvas = np.ascontiguousarray(image[:, :, ::-1]) if order == "rgb" else image.copy()
        for true in truth or ():
            _draw_true(canvas, true)
        draw_hands(canvas, hands)
        title = f"{row.run}   {row.bag} #{row.frame}"
        write_caption(canvas, f"{title}\n{measure}: {value:.4g}   (truth in green)")
        _, jpeg = cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        frame = WorstFrame(row, measure, value, bad, jpeg.tobytes())
        (heapq.heappushpop if full else heapq.heappush)(self._heap, (bad, next(self._number), frame))

    def worst(self) -> list[WorstFrame]:
        """Return them, the worst first."""
        return [frame for _, _, frame in sorted(self._heap, reverse=True)]


def badness(row: FrameRow) -> tuple[float, float]:
    """Return how bad a frame is: hands missed or invented, then the error of those found, % of palm size.

    Hands are counted by true joints, else by boxes; the error is the distance from the true joints, else from
    the dense level, else 0.
    """
    if not math.isnan(row.true_hands):
        missed = row.true_hands + row.hands - 2 * row.found
    elif not math.isnan(row.true_boxes):
        missed = row.true_boxes + row.boxes - 2 * row.boxes_hit
    else:
        missed = 0.0
    errors = (error for error in (row.error_palm_percent, row.drift) if not math.isnan(error))
    return missed, next(errors, 0.0)


def _draw_true(canvas: Image, true: TrueHand) -> None:
    if true.box is not None:
        left, top, right, bottom = (
            np.rint(np.clip(true.box, -_FURTHEST_PX, _FURTHEST_PX)).astype(int).tolist()
        )
        cv2.rectangle(canvas, (left, top), (right, bottom), _TRUE_BGR, 2)
    if true.joints_px is None:
        return
    points = np.rint(np.clip(true.joints_px[:, :2], -_FURTHEST_PX, _FURTHEST_PX)).astype(int).tolist()
    for start, end in BONES:
        cv2.line(canvas, points[start], points[end], _TRUE_BGR, 2, cv2.LINE_AA)
    for point in points:
        cv2.circle(canvas, point, 4, _TRUE_BGR, 1, cv2.LINE_AA)
