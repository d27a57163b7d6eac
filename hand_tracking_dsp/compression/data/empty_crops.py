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

"""Regions without a hand, cut out of pictures that show none, as a tracker would look at them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.data.crops import Crops, HandFinder, Jitter, cut
from hand_tracking_dsp.compression.data.pictures import Picture, generator_of
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.geometry import region_from_palm
from hand_tracking_dsp.tracking.types import Image, Region

# Regions of a picture: what looks like a palm to a detector, each looked at twice, the rest anywhere.
_REGIONS, _LIKE_PALMS, _LOOKS = 4, 2, 2
# Far below the tracker's threshold: in another light the same place may score above it.
_SCORE = 0.1
_JITTER = Jitter(0.05, 0.15, 15.0)


def cut_empty(pictures: Sequence[Picture], count: int, seed: int, finder: HandFinder) -> Crops:
    """Cut regions out of pictures that show no hand, in their order, until there are enough.

    Args:
        pictures: Pictures to cut from.
        count: Number of regions wanted; fewer are returned where there are few pictures.
        seed: Seed of the regions.
        finder: Finder whose palm detector says where palms seem to be.

    Raises:
        ConfigurationError: None of the pictures can be read.
    """
    randoms = {source: generator_of(seed, source) for source in {picture.source for picture in pictures}}
    images: list[NDArray[np.uint8]] = []
    chosen: list[Picture] = []
    for picture in pictures:
        if len(images) >= count:
            break
        if (image := picture.read()) is None:
            continue
        random = randoms[picture.source]
        regions = _regions(image, finder, random)[: count - len(images)]
        images += [cut(image, _JITTER.applied(region, random)) for region in regions]
        chosen += [picture] * len(regions)
    if not images:
        where = ", ".join(sorted({picture.source for picture in pictures}))
        msg = f"None of {len(pictures)} pictures in {where} can be read: give .jpg or .png files."
        raise ConfigurationError(msg)
    return Crops(
        np.stack(images),
        tuple(picture.source for picture in chosen),
        tuple(picture.group for picture in chosen),
    )


def _regions(image: Image, finder: HandFinder, random: np.random.Generator) -> list[Region]:
    palms = finder.detector.detect(image, "bgr", _LIKE_PALMS, score_threshold=_SCORE)
    regions = [region_from_palm(palm) for palm in palms for _ in range(_LOOKS)]
    height, width = image.shape[:2]
    while len(regions) < _REGIONS:
        x, y = random.uniform(0.3, 0.7, 2)
        size = random.uniform(0.35, 0.95) * min(height, width)
        regions.append(Region(x * width, y * height, size, random.normal(0, 0.6)))
    return regions
