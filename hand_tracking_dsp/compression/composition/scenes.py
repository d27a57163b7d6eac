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

"""Hands in scenes of several kinds: as they are, blurred by motion, in the dark, and covered in part."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.data.augment import Random, motion_blur, occluded
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.tracking.composition.surrogate import SCENES
from hand_tracking_dsp.tracking.crop_statistics import CropStatistics
from hand_tracking_dsp.tracking.types import Image

# Light that is left in the dark, and the noise of a camera there, of 255.
_LIGHT, _NOISE = (0.12, 0.35), (3.0, 8.0)
_LENGTH_PX = (10, 20)


def scene_crops(hands: Crops, seed: int) -> dict[str, NDArray[np.uint8]]:
    """Show hands in every kind of scene.

    Args:
        hands: Crops of hands.
        seed: Seed of blur, light, noise and what covers them.

    Returns:
        By SCENES, uint8 [n, 224, 224, 3] RGB.
    """

    def covered(image: Image, random: Random) -> Image:
        return occluded(image, hands.images[random.integers(len(hands))], random)

    kinds: Mapping[str, Callable[[Image, Random], Image]] = {
        "plain": lambda image, _: image,
        "blurred": lambda image, random: motion_blur(image, random, _LENGTH_PX),
        "dark": _darkened,
        "occluded": covered,
    }
    found = {}
    for number, name in enumerate(SCENES):
        random = np.random.default_rng((seed, number))
        found[name] = np.stack([kinds[name](image, random) for image in hands.images])
    return found


def input_statistics(images: NDArray[np.uint8]) -> tuple[float, float]:
    """Return mean and standard deviation, 0 to 1, that a tracker sees of crops [n, 224, 224, 3] RGB."""
    statistics = CropStatistics()
    mean, std = np.mean([statistics.of(image[..., ::-1])[:2] for image in images], axis=0)
    return float(mean), float(std)


def _darkened(image: Image, random: Random) -> Image:
    grain = random.standard_normal(image.shape, dtype=np.float32) * np.float32(random.uniform(*_NOISE))
    darkened: Image = np.clip(image * np.float32(random.uniform(*_LIGHT)) + grain, 0, 255).astype(np.uint8)
    return darkened
