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

"""Augmentation of hand crops: variations that cameras, rooms and trackers cause, against overfitting.

Labels are not transformed: the teacher labels the augmented crop.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.hand import BONES, Joint
from hand_tracking_dsp.tracking.geometry import palm_size
from hand_tracking_dsp.tracking.types import Floats, Image, Region

Random = np.random.Generator
_PALM = [Joint.WRIST, Joint.THUMB_CMC, Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP]
_Change = Callable[[Image, Random], Image]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Strength of the augmentation.

    Attributes:
        shift: Standard deviation of a region's shift, in shares of its side; clipped at 0.2.
        scale: Standard deviation of the natural logarithm of its side; clipped at a factor of 1.6.
        turn_deg: Standard deviation of its rotation, degrees.
        far_turn: Share of the crops rotated by any angle up to 60 degrees.
        mirrored: Share of the crops mirrored.
        background: Share of the crops whose hand is put before another background.
        occlusion: Share of the crops that are partly covered.
        second_hand: Share of the photos into which another photo's hand reaches.
        change: Probability of each change of light, colour, sharpness and noise.
    """

    shift: float = 0.05
    scale: float = 0.12
    turn_deg: float = 10.0
    far_turn: float = 0.2
    mirrored: float = 0.5
    background: float = 0.25
    occlusion: float = 0.2
    second_hand: float = 0.1
    change: float = 0.25


def jittered(region: Region, options: Augmentation, random: Random) -> Region:
    """Shift, scale and rotate a region, as a tracker's region lies beside a moving hand."""
    shift_x, shift_y = np.clip(random.normal(0, options.shift, 2), -0.2, 0.2)
    scale = math.exp(float(np.clip(random.normal(0, options.scale), -math.log(1.6), math.log(1.6))))
    if random.random() < options.far_turn:
        turn = random.uniform(-60, 60)
    else:
        turn = random.normal(0, options.turn_deg)
    return Region(
        region.x + float(shift_x) * region.size,
        region.y + float(shift_y) * region.size,
        region.size * scale,
        region.rotation + math.radians(turn),
    )


def before_background(patch: Image, landmarks: Floats, background: Image, random: Random) -> Image:
    """Put the hand of a crop before another background.

    Args:
        patch: uint8 [n, n, 3]: crop of the hand.
        landmarks: float32 [21, 2 or more], pixels of the crop.
        background: uint8 [n, n, 3]: another crop, or a second hand's, into which the first then reaches.
        random: Random generator.
    """
    share = _hand_mask(patch.shape[0], landmarks, random)[:, :, None]
    result: Image = (patch * share + background * (1 - share)).astype(np.uint8)
    return result


def moved(patch: Image, landmarks: Floats, random: Random) -> tuple[Image, Floats]:
    """Shift a crop by a third to two thirds of its side and rotate it, so that its hand enters from a side.

    Returns:
        Crop, uint8 [n, n, 3], with its border pixels repeated, and its landmarks, float32 [21, 2], pixels.
    """
    size = patch.shape[0]
    direction, reach = random.uniform(0, 2 * math.pi), random.uniform(0.33, 0.66) * size
    matrix = cv2.getRotationMatrix2D(
        (size / 2, size / 2), random.uniform(-180, 180), random.uniform(0.7, 1.2)
    )
    matrix[:, 2] += reach * np.array([math.cos(direction), math.sin(direction)])
    turned: Image = cv2.warpAffine(patch, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE)
    points = landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    return turned, points.astype(np.float32)


def occluded(image: Image, texture: Image, random: Random) -> Image:
    """Cover a part of a crop, uint8 [n, n, 3], with a bar, a disc or a box, plain or cut out of a texture."""
    size = image.shape[0]
    mask = np.zeros(image.shape[:2], np.uint8)
    centre = (int(random.integers(0, size)), int(random.integers(0, size)))
    reach = random.uniform(0.06, 0.2) * size
    kind = random.integers(3)
    if kind == 0:
        direction = random.uniform(0, math.pi)
        end = (int(centre[0] + size * math.cos(direction)), int(centre[1] + size * math.sin(direction)))
        start = (2 * centre[0] - end[0], 2 * centre[1] - end[1])
        cv2.line(mask, start, end, 255, max(int(reach * 0.6), 2))
    elif kind == 1:
        cv2.circle(mask, centre, int(reach), 255, -1)
    else:
        box = cv2.boxPoints((centre, (2 * reach, random.uniform(1, 3) * reach), random.uniform(0, 180)))
        cv2.fillConvexPoly(mask, box.astype(np.int32), 255)
    cover = texture if random.random() < 0.6 else np.full_like(image, random.integers(0, 256, 3, np.uint8))
    result: Image = np.where(mask[:, :, None] > 0, cover, image)
    return result


def changed(image: Image, options: Augmentation, random: Random) -> Image:
    """Change light, colour, sharpness and noise of a crop, uint8 [n, n, 3] RGB, each with options.change."""
    for change in _CHANGES:
        if random.random() < options.change:
            image = change(image, random)
    return image


def motion_blur(image: Image, random: Random, lengths_px: tuple[int, int]) -> Image:
    """Blur a crop, uint8 [n, n, 3], along a line of any direction, of a length below the second, pixels."""
    length, direction = int(random.integers(*lengths_px)), random.uniform(0, math.pi)
    kernel = np.zeros((length, length), np.float32)
    middle, half = (length - 1) / 2, length / 2
    reach = np.array([math.cos(direction), math.sin(direction)]) * half
    cv2.line(kernel, _pixel(middle - reach), _pixel(middle + reach), 1.0)
    result: Image = cv2.filter2D(image, -1, kernel / max(float(kernel.sum()), 1.0))
    return result


def _hand_mask(size: int, landmarks: Floats, random: Random) -> Floats:
    """Return a mask of a hand, float32 [size, size], 0 to 1.

    The outline is approximated by the skeleton, drawn as thick as fingers, with a forearm that leads out of
    the crop and a soft border.
    """
    palm = palm_size(landmarks)
    points = landmarks[:, :2]
    mask = np.zeros((size, size), np.uint8)
    fingers = max(int(palm * random.uniform(0.30, 0.45)), 3)
    for start, end in BONES:
        cv2.line(mask, _pixel(points[start]), _pixel(points[end]), 255, fingers)
    hull = cv2.convexHull(points[_PALM].astype(np.int32))
    cv2.fillConvexPoly(mask, hull, 255)
    cv2.polylines(mask, [hull], isClosed=True, color=255, thickness=fingers)
    wrist = points[Joint.WRIST]
    away = wrist - points[Joint.MIDDLE_MCP]
    cv2.line(mask, _pixel(wrist), _pixel(wrist + away * 3), 255, max(int(palm * 0.7), 3))
    soft: Floats = cv2.GaussianBlur(mask, (0, 0), max(palm * 0.04, 0.8)).astype(np.float32) / np.float32(255)
    return soft


def _pixel(point: NDArray[np.floating[Any]]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _clipped(values: NDArray[np.float32]) -> Image:
    result: Image = np.clip(values, 0, 255).astype(np.uint8)
    return result


def _light(image: Image, random: Random) -> Image:
    # Contrast, brightness and gamma in one table.
    x = np.linspace(0, 1, 256, dtype=np.float32) ** math.exp(random.normal(0, 0.35))
    x = (x - 0.5) * math.exp(random.normal(0, 0.3)) + 0.5 + random.normal(0, 0.1)
    table = np.clip(x * 255, 0, 255).astype(np.uint8)
    result: Image = cv2.LUT(image, table)
    return result


def _shadow(image: Image, random: Random) -> Image:
    direction, place = random.uniform(0, 2 * math.pi), random.uniform(-0.3, 0.3)
    size = image.shape[0]
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size - 0.5
    edge = (x * math.cos(direction) + y * math.sin(direction) - place) / random.uniform(0.05, 0.6)
    shade = 1 - random.uniform(0.2, 0.7) / (1 + np.exp(-4 * edge))
    return _clipped(image * shade[:, :, None].astype(np.float32))


def _tint(image: Image, random: Random) -> Image:
    gains = np.exp(random.normal(0, 0.15, 3)).astype(np.float32)
    return _clipped(image * gains)


def _saturation(image: Image, random: Random) -> Image:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[:, :, None].astype(np.float32)
    share = 0.0 if random.random() < 0.2 else random.uniform(0.3, 1.7)
    return _clipped(grey + (image - grey) * np.float32(share))


def _hue(image: Image, random: Random) -> Image:
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    hsv[:, :, 0] = (hsv[:, :, 0].astype(np.int16) + int(random.integers(-12, 13))) % 180
    result: Image = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    return result


def _blur(image: Image, random: Random) -> Image:
    result: Image = cv2.GaussianBlur(image, (0, 0), random.uniform(0.5, 3.0))
    return result


def _motion_blur(image: Image, random: Random) -> Image:
    return motion_blur(image, random, (3, 20))


def _small(image: Image, random: Random) -> Image:
    # A hand far away: few pixels, enlarged.
    size = image.shape[0]
    small = int(size * random.uniform(0.2, 0.6))
    reduced = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
    result: Image = cv2.resize(reduced, (size, size), interpolation=cv2.INTER_LINEAR)
    return result


def _noise(image: Image, random: Random) -> Image:
    deviation = random.uniform(2, 20)
    grain = random.standard_normal(image.shape, dtype=np.float32)
    if random.random() < 0.5:
        grain = cv2.GaussianBlur(grain, (0, 0), 1.0) * np.float32(2.0)
    return _clipped(image + grain * np.float32(deviation))


def _jpeg(image: Image, random: Random) -> Image:
    quality = int(random.integers(15, 70))
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return image if decoded is None else decoded.astype(np.uint8, copy=False)


_CHANGES: tuple[_Change, ...] = (
    _light, _shadow, _tint, _saturation, _hue, _blur, _motion_blur, _small, _noise, _jpeg,
)  # fmt: skip
