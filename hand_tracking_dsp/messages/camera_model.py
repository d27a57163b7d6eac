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

"""Focal length and principal point of the images received, from camera_info or a field of view."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.tracking.depth_view import Intrinsics
from hand_tracking_dsp.tracking.types import Floats

# Sizes in pixels are rounded when images are scaled.
_SAME_SCALE = 0.02

_NEARLY_PINHOLE = ("plumb_bob", "rational_polynomial")


@dataclass(frozen=True, slots=True)
class CameraModel:
    """Pinhole camera of the images.

    Attributes:
        focal_px: Focal length along x, pixels of the image.
        centre_px: float32 [2], principal point, pixels of the image.
        focal_y_px: Focal length along y, pixels of the image; 0: as along x.
        calibrated: Whether they follow from a camera_info.
        note: Sentence on what was converted, or is left out; "": nothing.
        warning: Sentence on what cannot be used; "": nothing.
    """

    focal_px: float
    centre_px: Floats
    note: str = ""
    warning: str = ""
    focal_y_px: float = 0.0
    calibrated: bool = False

    @property
    def intrinsics(self) -> Intrinsics:
        """The camera for points in metres."""
        x, y = self.centre_px.tolist()
        return Intrinsics(self.focal_px, self.focal_y_px or self.focal_px, x, y)


def camera_model(info: Message | None, width: int, height: int, horizontal_fov_deg: float) -> CameraModel:
    """Build the model of images of a size from the camera_info last received.

    Its matrix is for the whole sensor: a region of interest and binning are applied. Where the image then has
    another size of the same shape, it was scaled, and so is the matrix.

    Args:
        info: The sensor_msgs/CameraInfo; None or one without a focal length: the camera is not calibrated.
        width: Width of the images, pixels.
        height: Their height.
        horizontal_fov_deg: Field of view that counts without a calibration, degrees.
    """
    fallback = CameraModel(
        width / 2 / math.tan(math.radians(horizontal_fov_deg) / 2), _point(width / 2, height / 2)
    )
    if info is None:
        return fallback
    matrix = _of_either_ros(info, "k")
    if not 0 < matrix[0] < math.inf:
        return fallback
    binning = max(info.binning_x, 1), max(info.binning_y, 1)
    roi = info.roi
    seen = (roi.width or info.width) / binning[0], (roi.height or info.height) / binning[1]
    focal_px, focal_y_px = matrix[0] / binning[0], matrix[4] / binning[1]
    left, top = (matrix[2] - roi.x_offset) / binning[0], (matrix[5] - roi.y_offset) / binning[1]
    note, warning = _distortion(info)
    if not all(seen):
        return CameraModel(focal_px, _point(left, top), note, warning, focal_y_px, calibrated=True)
    scale = width / seen[0], height / seen[1]
    size = f"camera_info is for images of {seen[0]:g}x{seen[1]:g}"
    if abs(scale[0] / scale[1] - 1) > _SAME_SCALE:
        wrong = (
            f"{size}, but they are {width}x{height}: the markers are placed by horizontal_fov_deg; calibrate "
            f"the camera at this size."
        )
        return CameraModel(fallback.focal_px, fallback.centre_px, warning=wrong)
    if abs(scale[0] - 1) > _SAME_SCALE:
        note = f"{size}: it was scaled to {width}x{height}. {note}".rstrip()
    centre_px = _point(left * scale[0], top * scale[1])
    focals_px = focal_px * scale[0], focal_y_px * scale[1]
    return CameraModel(focals_px[0], centre_px, note, warning, focals_px[1], calibrated=True)


def _of_either_ros(info: Message, name: str) -> Any:  # noqa: ANN401
    """Return a matrix of a camera_info, whose name ROS 1 writes in capitals."""
    return getattr(info, name) if hasattr(info, name) else getattr(info, name.upper())


def _distortion(info: Message) -> tuple[str, str]:
    """Return a note or a warning on the lens, which the markers take for a pinhole."""
    model = info.distortion_model
    if model and model not in _NEARLY_PINHOLE:
        return (
            "",
            f"The markers take the lens for a pinhole, which it is not ({model}): they lie off at the edges.",
        )
    if any(_of_either_ros(info, "d")):
        return f"The markers leave out the lens's distortion ({model or 'of no model'}).", ""
    return "", ""


def _point(x: float, y: float) -> Floats:
    return np.array([x, y], dtype=np.float32)
