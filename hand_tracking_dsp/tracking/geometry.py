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

"""Regions of an image, the way of points between a region and the image, and distances of hands.

The regions' constants and formulas are those of MediaPipe Hands' graph (palm_detection_detection_to_roi,
hand_landmark_landmarks_to_roi and landmark_projection), so that its networks see what they were
trained on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from hand_tracking_dsp.hand import Joint
from hand_tracking_dsp.tracking.types import Floats, Image, PalmDetection, Region

PALM_SCALE = 2.6
PALM_SHIFT_Y = -0.5
LANDMARKS_SCALE = 2.0
LANDMARKS_SHIFT_Y = -0.1

# The joints that span the next region: without middle and end of the fingers it hardly moves when
# they do.
_STEADY_JOINTS = (
    Joint.WRIST,
    Joint.THUMB_CMC,
    Joint.THUMB_MCP,
    Joint.THUMB_IP,
    Joint.INDEX_MCP,
    Joint.INDEX_PIP,
    Joint.MIDDLE_MCP,
    Joint.MIDDLE_PIP,
    Joint.RING_MCP,
    Joint.RING_PIP,
    Joint.PINKY_MCP,
    Joint.PINKY_PIP,
)
_TOWARD = (Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.WRIST)


def palm_size(landmarks: Floats) -> float:
    """Measure a hand: the distance from the wrist to the middle finger's MCP joint.

    Args:
        landmarks: float [21, 2 or more]; only x and y count.

    Returns:
        The distance in the landmarks' own unit.
    """
    wrist, knuckle = landmarks[Joint.WRIST, :2], landmarks[Joint.MIDDLE_MCP, :2]
    return math.hypot(knuckle[0] - wrist[0], knuckle[1] - wrist[1])


def mean_distance_px(points: Floats, reference: Floats) -> float:
    """Measure how far landmarks lie from a reference: mean over joints of |p_j - r_j| in x and y.

    Args:
        points: float [21, 2 or more], pixels.
        reference: float [21, 2 or more], pixels.

    Returns:
        Pixels.
    """
    difference = np.asarray(points)[:, :2] - np.asarray(reference)[:, :2]
    return float(np.hypot(difference[:, 0], difference[:, 1]).sum()) / len(difference)


def mean_distance_palm_percent(points: Floats, reference: Floats) -> float:
    """Measure the same in % of the reference's palm size: 100 mean_j |p_j - r_j| / |r_wrist - r_middle MCP|.

    Args:
        points: float [21, 2 or more], pixels.
        reference: float [21, 2 or more], pixels.

    Returns:
        Percent; NaN where the reference's palm has no size.
    """
    size = palm_size(reference)
    return 100 * mean_distance_px(points, reference) / size if size > 0 else math.nan


def region_from_palm(palm: PalmDetection) -> Region:
    """Place the region around a palm: wrist to middle MCP upright, fingers included."""
    left, top, right, bottom = (float(value) for value in palm.box)
    wrist, middle_mcp = palm.keypoints[0], palm.keypoints[2]
    rotation = _upright(float(middle_mcp[0] - wrist[0]), float(middle_mcp[1] - wrist[1]))
    return _grown(
        (left + right) / 2, (top + bottom) / 2, right - left, bottom - top, rotation, PALM_SCALE, PALM_SHIFT_Y
    )


def region_from_landmarks(landmarks: Floats) -> Region:
    """Place the region in which to look for a hand in the next frame.

    Args:
        landmarks: float32 [21, 2 or more], pixels of the image.
    """
    # Of so few numbers Python is faster than NumPy, here and below.
    points = landmarks[:, :2].tolist()
    index, middle, ring, wrist = (points[joint] for joint in _TOWARD)
    dx, dy = (((index[axis] + ring[axis]) / 2 + middle[axis]) / 2 - wrist[axis] for axis in (0, 1))
    rotation = _upright(dx, dy)
    # The smallest box around the joints whose sides are parallel to the turned region's.
    steady = [points[joint] for joint in _STEADY_JOINTS]
    left, top, right, bottom = _turned_box(steady, rotation)
    cos, sin = math.cos(rotation), math.sin(rotation)
    across, down = (left + right) / 2, (top + bottom) / 2
    return _grown(
        cos * across - sin * down,
        sin * across + cos * down,
        right - left,
        bottom - top,
        rotation,
        LANDMARKS_SCALE,
        LANDMARKS_SHIFT_Y,
    )


def crop(
    image: Image, region: Region, size: int, out: Image | None = None, surroundings: Image | None = None
) -> Image:
    """Cut a region out of an image, upright, its border pixels repeated outside the image.

    Args:
        image: uint8 [height, width, 3].
        region: What to cut out.
        size: Side of the result, pixels.
        out: Where to write the result, uint8 [size, size, 4]; a new array if None.
        surroundings: Where to work, uint8 with at least 4 values for each pixel of the image; a new array if
            None.

    Returns:
        uint8 [size, size, 4], channels as in image, the fourth without meaning: OpenCV warps four
        channels faster than three, twice as fast from OpenCV 5 on, with their conversion.
    """
    scale = region.size / size
    cos, sin = math.cos(region.rotation) * scale, math.sin(region.rotation) * scale
    patch, left, top = _surroundings(image, region)
    half = size / 2
    # MediaPipe maps pixel index 0 to the region's corner, not to half a pixel from it; the networks
    # were trained so.
    matrix = np.array(
        [
            [cos, -sin, region.x - left - half * (cos - sin)],
            [sin, cos, region.y - top - half * (sin + cos)],
        ]
    )
    if surroundings is not None:
        height, width = patch.shape[:2]
        surroundings = surroundings[: 4 * height * width].reshape(height, width, 4)
    four = cv2.cvtColor(patch, cv2.COLOR_BGR2BGRA, dst=surroundings)
    return warped(four, matrix, (size, size), cv2.BORDER_REPLICATE, out)


def warped(
    image: Image, matrix: Floats, sides: tuple[int, int], border: int, out: Image | None = None
) -> Image:
    """Warp an image, with bilinear interpolation.

    Args:
        image: uint8 [height, width, channels].
        matrix: float64 [2, 3], from pixels of the result to pixels of the image.
        sides: Height and width of the result, pixels.
        border: Kind of OpenCV's border outside the image; a constant one is black.
        out: Where to write the result; a new array if None.

    Returns:
        uint8 [height, width, channels].
    """
    if image.shape[:2] == (1, 1):  # OpenCV 4.5.4 refuses one pixel; with some of its border it is the same
        image = cv2.copyMakeBorder(image, 0, 1, 0, 1, border)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    result: Image = cv2.warpAffine(image, matrix, sides[::-1], dst=out, flags=flags, borderMode=border)
    return result


def in_size(patch: Image, size: int) -> Image:
    """Scale a crop, uint8 [side, side, channels], to another side, as if it had been cut out so."""
    if len(patch) == size:
        return patch
    scale = len(patch) / size
    matrix = np.array([[scale, 0, 0], [0, scale, 0]])
    return warped(patch, matrix, (size, size), cv2.BORDER_REPLICATE)


def to_image(points: Floats, region: Region) -> Floats:
    """Carry points from a region to the image.

    Args:
        points: float32 [n, 3]: x, y in shares of the region's side from its top left corner, z in
            the same scale.
        region: Where the points were found.

    Returns:
        float32 [n, 3]: x, y in pixels of the image, z in the same scale.
    """
    cos, sin = math.cos(region.rotation) * region.size, math.sin(region.rotation) * region.size
    result: Floats = points @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, region.size]], np.float32)
    result += np.array([region.x - (cos - sin) / 2, region.y - (sin + cos) / 2, 0], np.float32)
    return result


def turned(points: Floats, rotation: float) -> Floats:
    """Turn x and y of points about the origin, clockwise as seen in the image.

    Args:
        points: float32 [n, 3].
        rotation: Radians.

    Returns:
        float32 [n, 3].
    """
    cos, sin = math.cos(rotation), math.sin(rotation)
    result: Floats = points @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]], np.float32)
    return result


def overlap(a: Region, b: Region) -> float:
    """Intersection over union, 0 to 1, of two regions as if neither were turned."""
    width = min(a.x + a.size / 2, b.x + b.size / 2) - max(a.x - a.size / 2, b.x - b.size / 2)
    height = min(a.y + a.size / 2, b.y + b.size / 2) - max(a.y - a.size / 2, b.y - b.size / 2)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (a.size**2 + b.size**2 - shared)


def misses(region: Region, image: Image) -> bool:
    """Tell whether no part of a region lies in an image.

    Both are rectangles, so that they are apart where one lies wholly beyond a side of the other.

    Args:
        region: A region, which may have no size or no place.
        image: uint8 [height, width, channels].
    """
    height, width = image.shape[:2]
    half = region.size / 2
    reach = half * (abs(math.cos(region.rotation)) + abs(math.sin(region.rotation)))
    if not (half > 0 and -reach < region.x < width + reach and -reach < region.y < height + reach):
        return True
    corners = [(x - region.x, y - region.y) for x in (0, width) for y in (0, height)]
    left, top, right, bottom = _turned_box(corners, region.rotation)
    return left >= half or top >= half or right <= -half or bottom <= -half


def _upright(dx: float, dy: float) -> float:
    """Return the clockwise turn, -pi to pi, that brings "up" to the direction (dx, dy)."""
    return math.atan2(dx, -dy)


def _turned_box(points: Sequence[Sequence[float]], angle: float) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of points x, y, along axes that are turned by an angle."""
    cos, sin = math.cos(angle), math.sin(angle)
    across = [x * cos + y * sin for x, y in points]
    down = [y * cos - x * sin for x, y in points]
    return min(across), min(down), max(across), max(down)


def _grown(
    x: float, y: float, width: float, height: float, rotation: float, scale: float, shift_y: float
) -> Region:
    """Shift a box along its own vertical by a share of its height, then make it a larger square."""
    shift = height * shift_y
    return Region(
        x=x - shift * math.sin(rotation),
        y=y + shift * math.cos(rotation),
        size=max(width, height) * scale,
        rotation=rotation,
    )


def _surroundings(image: Image, region: Region) -> tuple[Image, int, int]:
    """Cut the part of an image that a region touches, at least a pixel; return it with its origin."""
    height, width = image.shape[:2]
    reach = region.size / 2 * (abs(math.cos(region.rotation)) + abs(math.sin(region.rotation))) + 2
    left = min(max(math.floor(region.x - reach), 0), width - 1)
    top = min(max(math.floor(region.y - reach), 0), height - 1)
    right = max(min(math.ceil(region.x + reach), width), left + 1)
    bottom = max(min(math.ceil(region.y + reach), height), top + 1)
    return image[top:bottom, left:right], left, top
