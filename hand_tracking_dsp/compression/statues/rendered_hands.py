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

"""Crops of rendered hands in colour, with exact labels in the form of the networks' outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.mesh.pictures import PictureOptions, PictureStream
from hand_tracking_dsp.compression.bank.deviation import Predictions
from hand_tracking_dsp.compression.data.augment import Augmentation, jittered
from hand_tracking_dsp.compression.data.crops import SIZE, Crops, cut, to_crop
from hand_tracking_dsp.compression.statues.samples import CENTRE, in_crop
from hand_tracking_dsp.hand import JOINT_COUNT, Handedness
from hand_tracking_dsp.tracking.contract import LANDMARKS
from hand_tracking_dsp.tracking.geometry import region_from_landmarks
from hand_tracking_dsp.tracking.types import Floats, Image

RENDERED = PictureOptions(
    width=320,
    height=240,
    noise="none",
    held_share=0.35,
    second_share=0.3,
    elbow_share=0.3,
    person_share=0.3,
    nearest_m=0.2,
    farthest_m=0.6,
)
"""Pictures that crops are cut out of."""

Labels = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class RenderedHandRecipe:
    """Ingredients of crops of rendered hands.

    Attributes:
        seed: Seed of all that is drawn.
        pictures: Settings of the pictures.
        augmentation: Shift, scale and rotation of the regions.
        shard: Number of samples in one file.
    """

    seed: int = 0
    pictures: PictureOptions = RENDERED
    augmentation: Augmentation = field(default_factory=Augmentation)
    shard: int = 256

    def maker(self) -> Callable[[int], tuple[Image, Labels]]:
        """Prepare what makes sample i: uint8 [224, 224, 3] RGB, and its labels."""
        stream = PictureStream(self.seed, self.pictures)

        def make(number: int) -> tuple[Image, Labels]:
            picture = stream.picture(number)
            random = np.random.default_rng((self.seed, number, 1))
            truth = picture.truth[int(random.integers(len(picture.truth)))]
            region = jittered(region_from_landmarks(truth.joints_px), self.augmentation, random)
            joints = (truth.joints_m + truth.centre_m).astype(np.float32)
            focal = picture.camera.fx * SIZE / region.size
            landmarks, _ = in_crop(joints, to_crop(truth.joints_px, region), focal)
            return cut(picture.image, region), {
                "landmarks": landmarks.reshape(-1),
                "world_landmarks": _upright(joints, region.rotation).reshape(-1),
                "presence": np.float32(1.0).reshape(()),
                "handedness": np.float32(truth.handedness is Handedness.RIGHT).reshape(()),
                "truth": np.full((JOINT_COUNT, 2), np.nan, np.float32),
            }

        return make


def exact_crops(count: int, seed: int = 0) -> tuple[Crops, Predictions]:
    """Draw hands to measure networks on, at least one, and their joints as a network would give them.

    Each is a group of its own: another person in another pose.
    """
    make = RenderedHandRecipe(seed).maker()
    made = [make(number) for number in range(count)]
    names = [name for name, _ in LANDMARKS.outputs]
    exact = Predictions.of([[labels[name].reshape(1, -1) for name in names] for _, labels in made])
    groups = tuple(f"rendered hands/{number}" for number in range(count))
    return Crops(np.stack([image for image, _ in made]), ("rendered hands",) * count, groups), exact


def _upright(joints_m: Floats, rotation: float) -> Floats:
    """Turn joints, [21, 3] metres in the picture's camera, as the crop is; their origin is MediaPipe's."""
    cos, sin = np.float32(np.cos(rotation)), np.float32(np.sin(rotation))
    x, y, z = (joints_m - joints_m[list(CENTRE)].mean(0)).T
    turned: Floats = np.stack([cos * x + sin * y, cos * y - sin * x, z], 1).astype(np.float32)
    return turned
