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

"""A room behind the synthetic hand: blurred shapes and light, seeded, drifting slowly."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

_MARGIN = 0.15
"""Share of the image by which the painted room is larger, so that it can drift."""


@lru_cache(maxsize=4)
def paint_room(seed: int, number: int, width: int, height: int) -> NDArray[np.uint8]:
    """Paint a room larger than the image, uint8 [h, w, 3] BGR; the same for the same arguments."""
    random = np.random.default_rng((seed, 4, number))
    w, h = round(width * (1 + 2 * _MARGIN)) // 2, round(height * (1 + 2 * _MARGIN)) // 2
    wall = random.uniform(60, 160) + random.uniform(-14, 14, 3)
    room = np.empty((h, w, 3), np.float32)
    room[:] = wall
    for _ in range(int(random.integers(5, 10))):
        layer = room.copy()
        tint = wall + random.uniform(-75, 75) + random.uniform(-18, 18, 3)
        colour = tuple(float(channel) for channel in np.clip(tint, 10, 245))
        x, y = int(random.uniform(0, w)), int(random.uniform(0, h))
        a, b = int(random.uniform(0.08, 0.4) * w), int(random.uniform(0.08, 0.5) * h)
        if random.uniform() < 0.7:
            cv2.rectangle(layer, (x - a, y - b), (x + a, y + b), colour, -1)
        else:
            cv2.ellipse(layer, (x, y), (a, b), float(random.uniform(0, 180)), 0, 360, colour, -1)
        softness = float(random.uniform(3.0, 10.0)) * w / 416
        room = cv2.GaussianBlur(layer, (0, 0), softness).astype(np.float32)
    for cells, strength in ((4, 14.0), (16, 6.0), (64, 2.0)):
        noise = random.normal(0.0, strength, (cells, cells, 1)).astype(np.float32)
        room += cv2.resize(noise, (w, h), interpolation=cv2.INTER_CUBIC)[..., None]
    across = np.linspace(-1.0, 1.0, w, dtype=np.float32) * float(random.uniform(-28, 28))
    down = np.linspace(1.0, -1.0, h, dtype=np.float32) * float(random.uniform(5, 28))
    room += (down[:, None] + across)[..., None]
    large = cv2.resize(room, (2 * w, 2 * h), interpolation=cv2.INTER_LINEAR)
    painted: NDArray[np.uint8] = np.clip(large, 0, 255).astype(np.uint8)
    painted.flags.writeable = False
    return painted


def view_room(room: NDArray[np.uint8], width: int, height: int, time_s: float) -> NDArray[np.uint8]:
    """Copy the part of the room that the camera sees at a time, uint8 [height, width, 3]."""
    free_x, free_y = room.shape[1] - width, room.shape[0] - height
    x = round(free_x * (0.5 + 0.5 * np.sin(0.23 * time_s)))
    y = round(free_y * (0.5 + 0.5 * np.cos(0.17 * time_s)))
    seen: NDArray[np.uint8] = room[y : y + height, x : x + width].copy()
    return seen
