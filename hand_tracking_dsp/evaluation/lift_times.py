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

"""Times of what depth adds to tracking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice
from time import perf_counter

import cv2
import numpy as np

from hand_tracking_dsp.cameras.mesh.catalogue import rigs
from hand_tracking_dsp.depth.lifting import HandLifter
from hand_tracking_dsp.depth.statue import StatuePainter
from hand_tracking_dsp.evaluation.lifted_gestures import GestureSample, gesture_samples
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.types import TrackedHand

_SAMPLES = 10
_FRAMES_EACH = 10
"""Frames that show one picture before the next comes."""


def time_lifting(tracker: HandTracker, frames: int, seed: int) -> Mapping[str, tuple[float, float]]:
    """Time tracking, the statue and lifting in turn, frame by frame, with OpenCV on one core.

    Args:
        tracker: Tracker whose frames are timed.
        frames: Frames, at least 1.
        seed: Seed of the rendered hands that are shown.

    Returns:
        Median and least time of each part, milliseconds.
    """
    samples = list(islice(gesture_samples(rigs()[0], "structured_light", seed), _SAMPLES))
    painter, lifter = StatuePainter(), HandLifter()
    times: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[], object]) -> None:
        start_s = perf_counter()
        work()
        times.setdefault(name, []).append(1e3 * (perf_counter() - start_s))

    def show(sample: GestureSample, stamp_s: float) -> None:
        found: list[TrackedHand] = []
        timed("tracking a hand", lambda: found.extend(tracker.track(sample.image, stamp_s, 0, "bgr").hands))
        timed("drawing the statue", lambda: painter.draw(sample.view))
        both = [replace(one, track_id=number) for one in found[:1] for number in (1, 2)]
        if both:
            timed("lifting one hand", lambda: lifter.lift(both[:1], sample.view, stamp_s, in_colour=True))
            timed("lifting two hands", lambda: lifter.lift(both, sample.view, stamp_s, in_colour=True))

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        for number in range(frames):
            show(samples[number // _FRAMES_EACH % len(samples)], number / 30)
    finally:
        cv2.setNumThreads(threads)
    return {name: (float(np.median(taken)), min(taken)) for name, taken in times.items()}
