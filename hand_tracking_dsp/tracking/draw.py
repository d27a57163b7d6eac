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

"""Drawing hands into a picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum

import cv2
import numpy as np

from hand_tracking_dsp.hand import BONES, FINGERS, JOINT_COUNT, Handedness, Joint
from hand_tracking_dsp.tracking.geometry import palm_size
from hand_tracking_dsp.tracking.types import Image, TrackedHand

Colour = tuple[int, int, int]

FINGER_COLOURS_BGR: tuple[Colour, ...] = (
    (80, 80, 255),
    (60, 180, 255),
    (90, 220, 90),
    (255, 180, 60),
    (255, 90, 200),
)
"""Thumb, index, middle, ring, little finger."""

SIDE_COLOURS_BGR: Mapping[Handedness, Colour] = {
    Handedness.UNKNOWN: (240, 240, 240),
    Handedness.LEFT: (110, 240, 255),
    Handedness.RIGHT: (255, 240, 140),
}
"""The palm and the name of a hand: white, of a left hand pale yellow, of a right hand pale blue."""

_FINGERS_OF = {
    joint: colour for finger, colour in zip(FINGERS, FINGER_COLOURS_BGR, strict=True) for joint in finger
}
_NAMES = {Handedness.LEFT: "left", Handedness.RIGHT: "right", Handedness.UNKNOWN: "hand"}
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_FONT_SCALE = 0.5
_WHITE = (255, 255, 255)
# Sizes of writing, pixels in a picture of 640x480.
_LINE, _MARGIN = 20, 8
_LEAST_SCALE = 0.8
# How much of the picture is seen through the field below a caption.
_SEEN = 0.45
_RING_INSIDE = (30, 30, 30)


class Mark(IntEnum):
    """Forms of a joint in a drawing."""

    NONE = 0
    RING = 1
    DOT = 2


_DOTS = (Mark.DOT,) * JOINT_COUNT


def draw_hands(image: Image, hands: Iterable[TrackedHand], caption: str = "") -> None:
    """Draw skeletons and sides of hands, and a caption, into a BGR image, in place.

    Args:
        image: uint8 [height, width, 3], BGR, writable.
        hands: What to draw.
        caption: One or several lines for the top left corner.
    """
    for hand in hands:
        draw_hand(image, hand, hand_label(hand))
    write_caption(image, caption)


def draw_hand(image: Image, hand: TrackedHand, label: str, marks: Sequence[int] = _DOTS) -> None:
    """Draw the skeleton of a hand into a BGR image, in place.

    Args:
        image: uint8 [height, width, 3], BGR, writable.
        hand: The hand.
        label: Line of ASCII above it.
        marks: Mark of each joint.
    """
    points = np.rint(np.clip(hand.landmarks[:, :2], -30000, 30000)).astype(int)
    thickness = max(1, round(palm_size(hand.landmarks) / 50))
    for start, end in BONES:
        colour = bone_colour(start, end, hand.handedness)
        cv2.line(image, _pixel(points[start]), _pixel(points[end]), colour, thickness, cv2.LINE_AA)
    for joint, mark in zip(Joint, marks, strict=True):
        colour, place = joint_colour(joint, hand.handedness), _pixel(points[joint])
        if mark == Mark.RING:
            # Dark inside, so that the bones do not show through it.
            cv2.circle(image, place, thickness + 2, _RING_INSIDE, cv2.FILLED, cv2.LINE_AA)
            cv2.circle(image, place, thickness + 2, colour, 2, cv2.LINE_AA)
        elif mark == Mark.DOT:
            cv2.circle(image, place, thickness + 1, colour, cv2.FILLED, cv2.LINE_AA)
    _write_above(image, label, points, SIDE_COLOURS_BGR[hand.handedness])


def bone_colour(start: Joint, end: Joint, handedness: Handedness = Handedness.UNKNOWN) -> Colour:
    """Return the BGR colour of a bone: its finger's, or that of a palm of this side."""
    finger = _FINGERS_OF.get(start)
    return finger if finger and finger == _FINGERS_OF.get(end) else SIDE_COLOURS_BGR[handedness]


def joint_colour(joint: Joint, handedness: Handedness = Handedness.UNKNOWN) -> Colour:
    """Return the BGR colour of a joint: its finger's, or that of a palm of this side."""
    return _FINGERS_OF.get(joint, SIDE_COLOURS_BGR[handedness])


def hand_label(hand: TrackedHand) -> str:
    """Name a hand by side, track_id, the probability of that side, error, and whether it was predicted."""
    score = "" if math.isnan(hand.handedness_score) else f" {hand.handedness_score:.2f}"
    # ASCII, which OpenCV's fonts are limited to.
    error = f" +-{hand.error_percent:.0f} %" if math.isfinite(hand.error_percent) else ""
    return f"{_NAMES[hand.handedness]} #{hand.track_id}{score}{error}{'' if hand.measured else ' predicted'}"


def write_caption(image: Image, text: str, colour: Colour = _WHITE, *, at_bottom: bool = False) -> None:
    """Write lines on a darkened field in the top left or bottom left corner, in place.

    Args:
        image: uint8 [height, width, 3], BGR, writable.
        text: ASCII, one or several lines; their size follows from the image's.
        colour: BGR.
        at_bottom: In the bottom left corner.
    """
    lines = text.splitlines()
    if not lines:
        return
    scale = _text_scale(image)
    line, margin = round(_LINE * scale), round(_MARGIN * scale)
    height = line * len(lines) + margin
    width = max(_text_width(text, scale) for text in lines) + 2 * margin
    top = max(image.shape[0] - height, 0) if at_bottom else 0
    field = image[top : top + height, :width]
    field[:] = (field * _SEEN).astype(np.uint8)
    for row, words in enumerate(lines, 1):
        _write(image, words, (margin, top + line * row), colour, scale)


def _write_above(image: Image, label: str, points: np.ndarray, colour: Colour) -> None:
    """Write above points, moved into the image where only the label would be outside."""
    height, width = image.shape[:2]
    low, high = points.min(axis=0), points.max(axis=0)
    if high[0] < 0 or high[1] < 0 or low[0] >= width or low[1] >= height:
        return
    scale = _text_scale(image)
    x = min(max(int(low[0]), 2), width - _text_width(label, scale) - 2)
    y = min(max(int(low[1]) - round(10 * scale), round(14 * scale)), height - 4)
    _write(image, label, (max(x, 2), y), colour, scale)


def _write(image: Image, text: str, origin: tuple[int, int], colour: Colour, scale: float) -> None:
    """Write a line with a dark rim from its lower left corner, pixels, in place."""
    x, y = origin
    weight = max(1, round(scale))
    # The rim is the text itself, moved: a thicker one would be wider with the fonts of OpenCV 5.
    for dx, dy in ((-weight, 0), (weight, 0), (0, -weight), (0, weight)):
        cv2.putText(image, text, (x + dx, y + dy), _FONT, _FONT_SCALE * scale, (0, 0, 0), weight, cv2.LINE_AA)
    cv2.putText(image, text, origin, _FONT, _FONT_SCALE * scale, colour, weight, cv2.LINE_AA)


def _text_scale(image: Image) -> float:
    """Give the size of writing against that in a picture of 640x480, so that it stays readable when shown."""
    height, width = image.shape[:2]
    return max(float(min(height / 480, width / 640)), _LEAST_SCALE)


def _text_width(text: str, scale: float) -> int:
    (width, _), _ = cv2.getTextSize(text, _FONT, _FONT_SCALE * scale, max(1, round(scale)))
    return int(width)


def _pixel(point: np.ndarray) -> tuple[int, int]:
    return int(point[0]), int(point[1])
