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

"""Hands of videos, shown in scenes that change while a tracker follows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.compression.bank.deviation import Predictions, predict
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.composition.scenes import scene_crops
from hand_tracking_dsp.compression.data.crops import Crops, cut
from hand_tracking_dsp.control.layers.scene import SceneWatch, scene_of
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.composition.surrogate import SCENES
from hand_tracking_dsp.tracking.crop_statistics import CropStatistics
from hand_tracking_dsp.tracking.tracker import HandTracker

SEGMENT_S = 8.0
"""Time for which a scene lasts, seconds."""

_APART_S = 0.1

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SceneRecording:
    """Hands of a recording whose scene changes every SEGMENT_S, one of them every tenth of a second.

    Attributes:
        images: Crops, uint8 [n, 224, 224, 3] RGB.
        expected: The dense network's predictions of them.
        shown: int64 [n]: the scene that each is shown in, a place in SCENES.
        told: int64 [n]: the scene that was told of the pictures up to each, as on a robot.
        segments: int64 [n]: number of the segment that each belongs to.
    """

    images: NDArray[np.uint8]
    expected: Predictions
    shown: Places
    told: Places
    segments: Places

    @classmethod
    def make(cls, plain: NDArray[np.uint8], dense: onnx.ModelProto, seed: int) -> SceneRecording:
        """Show hands that follow one another in scenes that change.

        Each stretch of SEGMENT_S is shown in every scene, one after the other.

        Args:
            plain: Crops, as hands_of_videos gives them, uint8 [m, 224, 224, 3] RGB.
            dense: The dense network in fp32.
            seed: Seed of blur, light, noise and what covers hands.

        Raises:
            ConfigurationError: There are too few hands for a segment.
        """
        length = round(SEGMENT_S / _APART_S)
        count = len(plain) // length
        if not count:
            seen_s = len(plain) * _APART_S
            short = f"show hands for {seen_s:.1f} s, less than a scene lasts" if seen_s else "show no hand"
            msg = f"The videos {short}: name others that show hands for {SEGMENT_S:g} s and more."
            raise ConfigurationError(msg)
        names = ("",) * len(plain)
        scenes = scene_crops(Crops(plain, names, names), seed)
        stretches = [slice(number * length, (number + 1) * length) for number in range(count)]
        parts = [images[stretch] for stretch in stretches for images in scenes.values()]
        shown = np.tile(np.arange(len(SCENES)), count).repeat(length)
        images = np.concatenate(parts)
        expected = predict(open_exact(dense), images)
        return cls(images, expected, shown, told_scenes(images), np.arange(len(parts)).repeat(length))


def told_scenes(images: NDArray[np.uint8]) -> Places:
    """Tell the scene of hands that follow each other a tenth of a second apart, int64 [n]."""
    statistics, watch = CropStatistics(), SceneWatch()
    told = np.zeros(len(images), np.int64)
    for number, image in enumerate(images):
        watch.add(number * _APART_S, scene_of(*statistics.of(image[..., ::-1])))
        told[number] = watch.scene
    return told


def hands_of_videos(
    tracker: HandTracker, files: Sequence[str], on_file: Callable[[], None] = lambda: None
) -> NDArray[np.uint8]:
    """Follow the hands of videos, and cut the first one out every tenth of a second.

    Args:
        tracker: A tracker; the dense level finds the hands.
        files: Videos, or whatever open_source takes and ends.
        on_file: Called after each.

    Returns:
        uint8 [n, 224, 224, 3] RGB; one video after the other.

    Raises:
        SourceError: A video cannot be opened.
    """
    found: list[NDArray[np.uint8]] = []
    for file in files:
        found += _hands_of(tracker, file)
        on_file()
    return np.stack(found) if found else np.zeros((0, 1, 1, 3), np.uint8)


def _hands_of(tracker: HandTracker, file: str) -> Iterator[NDArray[np.uint8]]:
    tracker.reset()
    next_s = 0.0
    with open_source(file) as source:
        while (frame := source.read(1.0)) is not None:
            stamp_s = frame.at_s(source.rate_hz)
            result = tracker.track(frame.image, stamp_s, 0, "bgr")
            if result.raw and stamp_s >= next_s:
                next_s = stamp_s + _APART_S
                yield cut(frame.image, result.raw[0].region)
