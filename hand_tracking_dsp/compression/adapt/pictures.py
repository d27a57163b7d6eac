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

"""Crops of a camera's pictures, labelled by the dense network."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import Predictions, deviation_palm_percent, predict
from hand_tracking_dsp.compression.data.crops import MIN_CROPS, SIZE, Crops, cut, split
from hand_tracking_dsp.compression.data.pictures import Picture, list_pictures, spread
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.types import Region

HELD_BACK = 0.25
"""Share of the crops that the figures are measured on, and nothing else."""

# Of the rest: the share that decides between the ways to adapt a level.
_VALIDATION = 0.2
_PRESENCE = 0.5


@dataclass(frozen=True, slots=True)
class DenseDeviation:
    """Deviation of a network from the dense one.

    Attributes:
        deviation: Deviation of the landmarks on crops that show a hand, mean, % of palm size.
        presence: Mean difference of the probability of a hand, 0 to 1, over all crops.
    """

    deviation: float
    presence: float


@dataclass(frozen=True, slots=True)
class LabelledCrops:
    """Crops of hands and other places, with the dense network's predictions and where it sees a hand."""

    crops: Crops
    labels: Predictions
    hands: NDArray[np.bool_]

    def measure(self, network: Session) -> DenseDeviation:
        """Compare another network with the dense one."""
        found = predict(network, self.crops.images)
        landmarks = deviation_palm_percent(found, self.labels)[self.hands].mean()
        return DenseDeviation(float(landmarks), float(np.abs(found.presence - self.labels.presence).mean()))


@dataclass(frozen=True, slots=True)
class AdaptationCrops:
    """The pictures of a camera, split so that no scene is in two parts: to fit, to choose ways, to measure.

    Each crop to fit to is followed by its mirror image.
    """

    fit: LabelledCrops
    validation: LabelledCrops
    held_back: LabelledCrops

    @classmethod
    def make(cls, hands: Crops, anywhere: Crops, dense: Session, seed: int = 0) -> AdaptationCrops:
        """Split crops of hands, with crops of any places of the same pictures, labelled by the dense network.

        Raises:
            ConfigurationError: All are of one picture or scene, or the dense network sees too few hands.
        """
        learn, held_back = split(hands, HELD_BACK, seed)
        fit, validation = split(learn, _VALIDATION, seed)
        parts = [
            label(dense, joined(part, anywhere.subset(_of_groups(anywhere, part))))
            for part in (fit, validation, held_back)
        ]
        seen = sum(int(part.hands.sum()) for part in parts)
        if seen < MIN_CROPS or not all(part.hands.any() for part in parts):
            msg = (
                f"The bank's dense network sees a hand in {seen} of {len(hands)} crops only: "
                f"give another bank, or pictures with at least {MIN_CROPS} hands."
            )
            raise ConfigurationError(msg)
        return cls(label(dense, mirrored(parts[0].crops)), parts[1], parts[2])

    def hands_to_learn(self) -> Crops:
        """Return all hands that are not held back, none mirrored."""
        fit, validation = self.fit.crops, self.validation.crops
        plain = fit.subset(np.flatnonzero(self.fit.hands[::2]) * 2)
        return joined(plain, validation.subset(np.flatnonzero(self.validation.hands)))


def label(dense: Session, crops: Crops) -> LabelledCrops:
    """Label crops by the dense network."""
    labels = predict(dense, crops.images)
    return LabelledCrops(crops, labels, labels.presence >= _PRESENCE)


def mirrored(crops: Crops) -> Crops:
    """Put the mirror image behind each crop: who shows the right hand here shows the left one tomorrow."""
    images = np.stack([crops.images, crops.images[:, :, ::-1]], axis=1)
    double = np.repeat(np.arange(len(crops)), 2)
    return Crops(
        images.reshape(-1, *crops.images.shape[1:]),
        tuple(crops.sources[i] for i in double),
        tuple(crops.groups[i] for i in double),
    )


def joined(first: Crops, second: Crops) -> Crops:
    """Put crops together, the second ones spread evenly among the first, so that any beginning has both."""
    order = np.argsort(
        np.concatenate([np.linspace(0, 1, len(first)), np.linspace(0, 1, len(second) + 2)[1:-1]]),
        kind="stable",
    )
    both = Crops(
        np.concatenate([first.images, second.images]),
        first.sources + second.sources,
        first.groups + second.groups,
    )
    return both.subset(order)


def cut_anywhere(folder: Path, count: int, seed: int = 0, limit: ImageOptions | None = None) -> Crops:
    """Cut squares out of any place of a folder's pictures, hand or not: examples without a hand.

    Fewer than count come where there are fewer pictures that can be read.

    Raises:
        SourceError: The folder is missing or holds no picture.
    """
    random = np.random.default_rng(seed)
    images: list[NDArray[np.uint8]] = []
    chosen: list[Picture] = []
    for picture in spread([list_pictures(folder, limit)]):
        if len(images) >= count:
            break
        if (image := picture.read()) is None:
            continue
        height, width = image.shape[:2]
        size = random.uniform(0.3, 0.9) * min(height, width)
        place = Region(
            random.uniform(0, width), random.uniform(0, height), size, random.uniform(-math.pi, math.pi)
        )
        images.append(cut(image, place))
        chosen.append(picture)
    stacked = np.stack(images) if images else np.empty((0, SIZE, SIZE, 3), np.uint8)
    return Crops(stacked, tuple(one.source for one in chosen), tuple(one.group for one in chosen))


def _of_groups(crops: Crops, like: Crops) -> list[int]:
    groups = set(like.groups)
    return [i for i, group in enumerate(crops.groups) if group in groups]
