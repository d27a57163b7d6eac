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

"""Signs that are quick to draw and to tell apart."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

SIGNS = ("bar", "disc", "square")


def draw_signs(folder: Path, people: int = 10, pictures: int = 2) -> None:
    """Write pictures of 3 signs by some people, as folder/sign/person/number.png."""
    random = np.random.default_rng(0)
    for sign in SIGNS:
        for person in range(people):
            place = folder / sign / f"person{person}"
            place.mkdir(parents=True)
            for number in range(pictures):
                cv2.imwrite(str(place / f"{number}.png"), _picture(sign, random))


def _picture(sign: str, random: np.random.Generator) -> np.ndarray:
    image = random.integers(0, 60, (48, 48, 3)).astype(np.uint8)
    x, y = (int(value) for value in random.integers(18, 30, 2))
    if sign == "disc":
        cv2.circle(image, (x, y), 14, (200, 200, 200), -1)
    elif sign == "square":
        cv2.rectangle(image, (x - 12, y - 12), (x + 12, y + 12), (0, 200, 0), 3)
    else:
        cv2.line(image, (x, 0), (x, 47), (0, 0, 250), 5)
    return image
