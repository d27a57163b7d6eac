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

"""Synthetic hands: to measure on, as their joints are known, and to train on where there are no pictures."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.camera import HandTruth, SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticScene
from hand_tracking_dsp.compression.data.crops import Crops, Jitter, cut, to_crop
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.tracking.geometry import region_from_landmarks
from hand_tracking_dsp.tracking.types import Floats

SYNTHETIC = "synthetic hands"
"""Name of this data set."""

# Training samples are made of lower scenes (compression.data.varied); these are to measure on.
_FIRST_SCENE = 1 << 16
# Frames of one scene this far apart differ in gesture and view.
_STEP, _FRAMES_EACH = 45, 8

Progress = Callable[[int, int], None]
"""Called with the number of pictures done, and their number."""


def synthetic_hands(count: int, seed: int = 0, on_progress: Progress | None = None) -> tuple[Crops, Floats]:
    """Cut out synthetic hands, with the jitter, by seed, of a tracker's regions.

    The scenes are always the same, and not those of training samples.

    Returns:
        (crops, with a group for each scene; exact joints, float32 [count, 21, 2], pixels of the crop).
    """
    random, jitter = np.random.default_rng(seed), Jitter()
    images, joints, groups = [], [], []
    for scene, image, hand in islice(_frames(_FIRST_SCENE), count):
        region = jitter.applied(region_from_landmarks(hand.joints_px), random)
        images.append(cut(image, region))
        joints.append(to_crop(hand.joints_px, region))
        groups.append(f"{SYNTHETIC}/{scene}")
        if on_progress:
            on_progress(len(images), count)
    return Crops(np.stack(images), (SYNTHETIC,) * count, tuple(groups)), np.stack(joints)


def draw_pictures(folder: Path, count: int, on_progress: Progress | None = None) -> None:
    """Draw pictures with synthetic hands into a folder; existing ones are kept.

    Raises:
        OutputError: The folder cannot be written.
    """
    for number, (_, image, _) in enumerate(islice(_frames(0), count)):
        path = folder / f"{number:05}.png"
        if not path.exists():
            write_bytes(path, cv2.imencode(".png", image)[1].tobytes())
        if on_progress:
            on_progress(number + 1, count)


def _frames(first: int) -> Iterator[tuple[int, NDArray[np.uint8], HandTruth]]:
    """Yield frames that show a hand, endlessly, with the number of their scene."""
    for number in itertools.count(first):
        scene = SyntheticScene(SourceOptions(seed=number, absence_s=0.0))
        for step in range(_FRAMES_EACH):
            frame = scene.frame(step * _STEP)
            if frame.truth:
                yield number, frame.image, frame.truth[0]
