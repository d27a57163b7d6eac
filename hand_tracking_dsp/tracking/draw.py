"""Drawing hands into a picture."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from hand_tracking_dsp.hand import BONES, FINGERS, Handedness, Joint
from hand_tracking_dsp.tracking.geometry import palm_size
from hand_tracking_dsp.tracking.types import Image, TrackedHand

FINGER_COLOURS_BGR: tuple[tuple[int, int, int], ...] = (
    (80, 80, 255),
    (60, 180, 255),
    (90, 220, 90),
    (255, 180, 60),
    (255, 90, 200),
)
"""Thumb, index, middle, ring, little finger; the palm is white."""

_PALM_BGR = (240, 240, 240)
_JOINT_COLOURS = {
    joint: colour for finger, colour in zip(FINGERS, FINGER_COLOURS_BGR, strict=True) for joint in finger
}
_NAMES = {Handedness.LEFT: "left", Handedness.RIGHT: "right", Handedness.UNKNOWN: "hand"}
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_hands(image: Image, hands: Iterable[TrackedHand], caption: str = "") -> None:
    """Draw skeletons, regions and sides of hands, and a caption, into a BGR image, in place.

    Args:
        image: uint8 [height, width, 3], BGR, writable.
        hands: What to draw.
        caption: One or several lines for the top left corner.
    """
    for hand in hands:
        _draw_hand(image, hand)
    for row, line in enumerate(caption.splitlines()):
        write_text(image, line, (8, 20 + 20 * row))


def bone_colour(start: Joint, end: Joint) -> tuple[int, int, int]:
    """Return the BGR colour of a bone: its finger's, or the palm's."""
    if start in _JOINT_COLOURS and _JOINT_COLOURS[start] == _JOINT_COLOURS[end]:
        return _JOINT_COLOURS[end]
    return _PALM_BGR


def write_text(
    image: Image, text: str, origin: tuple[int, int], colour: tuple[int, int, int] = (255, 255, 255)
) -> None:
    """Write a line with a dark rim, readable on any background, in place.

    Args:
        image: uint8 [height, width, 3], BGR, writable.
        text: ASCII.
        origin: x, y of the text's lower left corner, pixels.
        colour: BGR.
    """
    x, y = origin
    # The rim is the text itself, moved: a thicker one would be wider with the fonts of OpenCV 5.
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        cv2.putText(image, text, (x + dx, y + dy), _FONT, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    cv2.putText(image, text, origin, _FONT, 0.5, colour, 1, cv2.LINE_AA)


def _draw_hand(image: Image, hand: TrackedHand) -> None:
    points = np.rint(np.clip(hand.landmarks[:, :2], -30000, 30000)).astype(int)
    thickness = max(1, round(palm_size(hand.landmarks) / 50))
    for start, end in BONES:
        colour = bone_colour(start, end)
        cv2.line(image, _pixel(points[start]), _pixel(points[end]), colour, thickness, cv2.LINE_AA)
    for joint in Joint:
        colour = _JOINT_COLOURS.get(joint, _PALM_BGR)
        cv2.circle(image, _pixel(points[joint]), thickness + 1, colour, cv2.FILLED, cv2.LINE_AA)
    low = points.min(axis=0)
    label = f"{_NAMES[hand.handedness]} #{hand.track_id}"
    write_text(image, label, (int(low[0]), max(12, int(low[1]) - 10)))


def _pixel(point: np.ndarray) -> tuple[int, int]:
    return int(point[0]), int(point[1])
