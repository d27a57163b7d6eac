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

"""Changes of samples that make more of them: other people's proportions, turns, shifts, sides and holes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.tracking.types import Floats


@dataclass(frozen=True, slots=True)
class CubeAugmentation:
    """Largest changes of a sample; of each an amount up to it is drawn.

    Attributes:
        turn_deg: Turn about the camera's axis, degrees.
        scale: Change of size, as a share.
        stretch: Change of width against length, as a share.
        shift: Shift in the image, shares of half the cube's side.
        depth: Shift along the camera's axis, shares of half the cube's side.
        mirror: Share of samples whose side is exchanged.
        holes: Share of samples with a hole.
    """

    turn_deg: float = 15.0
    scale: float = 0.12
    stretch: float = 0.1
    shift: float = 0.08
    depth: float = 0.1
    mirror: float = 0.5
    holes: float = 0.3


NO_AUGMENTATION = CubeAugmentation(0, 0, 0, 0, 0, 0, 0)


def augmented(
    image: NDArray[np.uint8],
    joints: Floats,
    right: float,
    change: CubeAugmentation,
    random: np.random.Generator,
) -> tuple[NDArray[np.uint8], Floats, float]:
    """Change a sample at random.

    Args:
        image: uint8 [size, size]; 0 is background.
        joints: float32 [21, 3], shares of half the cube's side.
        right: 1 for a right hand, 0 for a left one.
        change: Largest changes.
        random: Source of the numbers drawn.

    Returns:
        The same of the changed sample, in new arrays.
    """
    size = len(image)
    draws = random.uniform(-1, 1, 6)
    turn = math.radians(change.turn_deg) * draws[0]
    scale = math.exp(change.scale * draws[1])
    across, down = (scale * math.exp(sign * change.stretch * draws[2] / 2) for sign in (1, -1))
    if random.uniform() < change.mirror:
        across, right = -across, 1 - right
    cos, sin = math.cos(turn), math.sin(turn)
    # Turned after it was stretched: the stretch is along the hand.
    matrix = np.array([[cos * across, -sin * down], [sin * across, cos * down]])
    shift = change.shift * draws[3:5]
    moved = joints.copy()
    moved[:, :2] = joints[:, :2] @ matrix.T.astype(np.float32) + shift.astype(np.float32)
    offset = change.depth * draws[5]
    moved[:, 2] = joints[:, 2] * scale + offset
    # From shares, -1 to 1, to pixels: s = 2 p / size - 1.
    centre = size / 2
    to_pixels = np.hstack([matrix, (centre - matrix @ [centre, centre] + shift * centre)[:, None]])
    flat = cv2.warpAffine(image, to_pixels, (size, size), flags=cv2.INTER_NEAREST)
    levels = (np.arange(256) / 127.5 - 1) * scale + offset
    table = np.clip(np.rint((levels + 1) * 127.5), 1, 255).astype(np.uint8)
    table[0] = 0
    result = cv2.LUT(flat, table)
    if random.uniform() < change.holes:
        x, y = random.integers(0, size, 2).tolist()
        radius = int(random.integers(2, 10))
        cv2.circle(result, (x, y), radius, 0, -1)
    return result, moved, right
