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

"""Packs of pictures that mean nothing."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from hand_tracking_dsp.compression.data.picture_pack import PackedPicture, PictureKind, encoded, write_pack
from hand_tracking_dsp.tracking.types import Region

COUNTS = {
    PictureKind.HAND: 6,
    PictureKind.EMPTY: 4,
    PictureKind.BESIDE: 2,
    PictureKind.CROP: 3,
    PictureKind.EMPTY_CROP: 2,
}


def write_some_pack(path: Path, without: str = "") -> None:
    """Write a pack of some pictures of each kind, but not of that of a name."""
    random = np.random.default_rng(0)
    pictures = []
    for kind, count in COUNTS.items():
        for _ in range(0 if kind.name == without else count):
            coarse = random.integers(0, 256, (9, 9, 3), np.uint8)
            image = cv2.resize(coarse, (128, 128), interpolation=cv2.INTER_CUBIC)
            region = Region(64, 64, 80, 0.0) if kind is PictureKind.HAND else None
            pictures.append(
                PackedPicture(encoded(image, 90), kind, region, kind.name.lower(), f"{kind.name}/0")
            )
    write_pack(path, pictures)
