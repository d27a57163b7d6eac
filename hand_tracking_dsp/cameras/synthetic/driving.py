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

"""Pictures of a hand that drives a base: it opens, closes to a fist, goes up and stays there."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.synthetic.posed import pose_picture

_WIDTH, _HEIGHT = 640, 480
_WALL = (120, 112, 104)
_LOW_PX, _HIGH_PX, _STEP_PX = 150, 20, 10


def write_driving_hand(folder: Path, images: int) -> None:
    """Write a folder of images, 640 x 480, to be shown at 30 a second.

    The hand is open for a second, closes, goes up within half a second, and holds still until the end.

    Args:
        folder: Folder to write into; it must be there.
        images: Number of images, at least 60.
    """
    pictures = [("open palm", _LOW_PX)] * 30 + [("fist", _LOW_PX)] * 15
    pictures += [("fist", top_px) for top_px in range(_LOW_PX, _HIGH_PX, -_STEP_PX)]
    pictures += [("fist", _HIGH_PX)] * (images - len(pictures))
    hands = {name: pose_picture(name) for name, _ in pictures}
    written: dict[tuple[str, int], Path] = {}
    for number, picture in enumerate(pictures):
        path = folder / f"{number:05}.png"
        if picture in written:
            path.hardlink_to(written[picture])
            continue
        cv2.imwrite(str(path), _place(hands[picture[0]], picture[1]))
        written[picture] = path


def _place(hand: NDArray[np.uint8], top_px: int) -> NDArray[np.uint8]:
    """Put the picture of a hand before a plain wall; its forearm goes on to the lower edge."""
    image = np.full((_HEIGHT, _WIDTH, 3), _WALL, np.uint8)
    height, width = hand.shape[:2]
    left_px = (_WIDTH - width) // 2
    image[top_px : top_px + height, left_px : left_px + width] = hand
    image[top_px + height :, left_px : left_px + width] = hand[-1]
    return image
