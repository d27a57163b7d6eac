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

"""Crops out of packed pictures, as the tracker cuts them: to measure on, and to calibrate INT8 with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.data.crops import Crops, cut
from hand_tracking_dsp.compression.data.picture_pack import PackedPicture, PictureKind
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.types import Region

_CALIBRATION = {PictureKind.HAND: 192, PictureKind.EMPTY: 64}


def packed_crops(pictures: Sequence[PackedPicture], kind: PictureKind) -> dict[str, Crops]:
    """Cut out what pictures of a kind show, by source; of hands to train on the region, else all of it."""
    sources = sorted({picture.source for picture in pictures if picture.kind is kind})
    return {
        source: _cropped([one for one in pictures if one.kind is kind and one.source == source])
        for source in sources
    }


def hands_to_fit(pictures: Sequence[PackedPicture], count: int, seed: int) -> Crops:
    """Cut some hands to train on out of a pack, drawn by a seed.

    Raises:
        ConfigurationError: There is none.
    """
    return _some(pictures, PictureKind.HAND, "hands to fit on", count, seed)


def crops_to_measure(pictures: Sequence[PackedPicture], count: int, seed: int) -> Crops:
    """Cut some hands to measure on out of a pack, drawn by a seed.

    Raises:
        ConfigurationError: There is none.
    """
    return _some(pictures, PictureKind.CROP, "hands to measure on", count, seed)


def calibration_images(pictures: Sequence[PackedPicture], seed: int) -> NDArray[np.uint8]:
    """Cut out hands to train on and places without one, to calibrate INT8 with: uint8 [n, 224, 224, 3] RGB.

    Raises:
        ConfigurationError: There is no hand.
    """
    random = np.random.default_rng(seed)
    chosen: list[PackedPicture] = []
    for kind, count in _CALIBRATION.items():
        there = [picture for picture in pictures if picture.kind is kind]
        numbers = random.permutation(len(there))[:count]
        chosen += [there[number] for number in sorted(numbers)]
    if not any(picture.kind is PictureKind.HAND for picture in chosen):
        msg = "The pack holds no hands to calibrate INT8 with: pack some, see 'models pack'."
        raise ConfigurationError(msg)
    return _cropped(chosen).images


def _some(pictures: Sequence[PackedPicture], kind: PictureKind, meaning: str, count: int, seed: int) -> Crops:
    there = [picture for picture in pictures if picture.kind is kind]
    if not there:
        msg = f"The pack needs {meaning}: pack some, see 'models pack'."
        raise ConfigurationError(msg)
    numbers = np.random.default_rng(seed).permutation(len(there))[:count]
    return _cropped([there[number] for number in numbers])


def _cropped(pictures: Sequence[PackedPicture]) -> Crops:
    def images() -> list[NDArray[np.uint8]]:
        found = []
        for picture in pictures:
            image = picture.read()
            side = len(image)
            whole = Region(side / 2, side / 2, side, 0.0)
            hand = picture.region if picture.kind is PictureKind.HAND else None
            found.append(cut(image, hand or whole))
        return found

    sources = tuple(picture.source for picture in pictures)
    return Crops(np.stack(images()), sources, tuple(picture.group for picture in pictures))
