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

"""Depth images in the pixels of the image that hands are found in, and what is wrong with their cameras."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from hand_tracking_dsp.depth.input_options import DepthInputOptions
from hand_tracking_dsp.depth.registration import DepthRegistration, resized
from hand_tracking_dsp.depth.types import Pose
from hand_tracking_dsp.errors import ConfigurationError, FrameError
from hand_tracking_dsp.messages.camera_model import CameraModel, camera_model
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.transforms import Transforms
from hand_tracking_dsp.nodes.messages.received_images import ReceivedImages
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.types import Floats

# Difference between two cameras, as a share of the image's width, from which they are not the same.
_SAME_CAMERA = 0.02
# For models that are left aside where they are not calibrated.
_ANY_FOV_DEG = 60.0
# Difference of two sides' ratios from which one image is no scaled copy of the other.
_SAME_SHAPE = 0.02
# Difference of a quaternion's length from 1 by which it is no rotation, but other numbers; as in tf2.
_SAME_LENGTH = 0.1
# Shares of pixels with depth before and after registration between which it is lost.
_MUCH, _HARDLY_ANY = 0.05, 0.005
# Shorter side, pixels, below which a hand at arm's length is a few pixels wide.
_FEWEST_ROWS = 48


class DepthAlignment:
    """Gives depth images as the camera of the images sees them.

    Those that are registered already have its pixels, perhaps of another size. Others are registered here, by
    both cameras' camera_info and the pose of one camera in the other's frame.

    Args:
        node: The node, which is being configured.
        options: Registration, and the pose.
        received: Images that hands are found in.

    Attributes:
        info: The camera_info of the depth images last received; None: none yet.

    Raises:
        ConfigurationError: The pose is none, or it is to be looked up by tf2, which is not installed.
    """

    def __init__(self, node: ManagedNode, options: DepthInputOptions, received: ReceivedImages) -> None:
        self._registered = options.registered
        self._received = received
        self._place = Pose.of((0, 0, 0), (0, 0, 0, 1))
        self._transforms: Transforms | None = None
        self._registration: tuple[tuple[object, ...], DepthRegistration] | None = None
        self.info: CameraInfo | None = None
        self._warnings: list[str] = []
        if options.registered or options.mode == "depth_only":
            return
        if any(options.extrinsics):
            self._place = _given_pose(options.extrinsics)
        else:
            self._transforms = Transforms(node, ["depth.registered to false, without depth.extrinsics,"])

    def own(self, metres: Floats) -> DepthView:
        """Return a depth image, float32 [height, width], in its own pixels."""
        height, width = metres.shape
        model = camera_model(self.info, width, height, _ANY_FOV_DEG)
        if not model.calibrated:
            model = self._received.camera(width, height)
        self._warnings = [*_too_small(width, height), *self._uncalibrated(model)]
        return DepthView(metres, model.intrinsics)

    def aligned(
        self, metres: Floats, depth_header: Header, header: Header, size: tuple[int, int]
    ) -> DepthView:
        """Return a depth image in the pixels of an image.

        Args:
            metres: float32 [height, width], metres, 0 = unknown.
            depth_header: Header of the depth image.
            header: Header of the image.
            size: Width and height of the image, pixels.

        Raises:
            FrameError: It does not fit the image, or it cannot be known where the cameras are.
        """
        other = self.info if self._registered else None
        model = self._received.camera(*size, other)
        height, width = metres.shape
        self._warnings = [*_too_small(width, height), *self._uncalibrated(model)]
        if not self._registered:
            return DepthView(self._carried(metres, depth_header, header, model, size), model.intrinsics)
        self._warnings += [*self._other_frame(depth_header, header), *self._other_camera(model, size)]
        if (width, height) == size:
            return DepthView(metres, model.intrinsics)
        if abs(width * size[1] / (height * size[0]) - 1) > _SAME_SHAPE:
            msg = (
                f"The depth images are {width}x{height}, but the images {size[0]}x{size[1]}: take depth that "
                f"is aligned to the image, or set depth.registered to false."
            )
            raise FrameError(msg)
        return DepthView(resized(metres, size), model.intrinsics)

    def warnings(self) -> list[str]:
        """Say what is wrong with the last depth image's camera and its place."""
        return self._warnings + (self._transforms.warnings() if self._transforms is not None else [])

    def begin_again(self) -> None:
        """Forget transforms: stamps went back."""
        if self._transforms is not None:
            self._transforms.forget()

    def close(self) -> None:
        """Unsubscribe from tf2."""
        if self._transforms is not None:
            self._transforms.close()

    def _carried(
        self, metres: Floats, depth_header: Header, header: Header, model: CameraModel, size: tuple[int, int]
    ) -> Floats:
        height, width = metres.shape
        depth_model = camera_model(self.info, width, height, _ANY_FOV_DEG)
        missing = [
            name
            for name, known in (("depth/camera_info", depth_model), ("camera_info", model))
            if not known.calibrated
        ]
        if missing:
            msg = (
                f"Depth cannot be registered to the image: {' and '.join(missing)} of both cameras must have "
                f"come for images of their size, with a focal length."
            )
            raise FrameError(msg)
        place = self._place
        if self._transforms is not None:
            place = self._transforms.pose(header.frame_id, depth_header.frame_id, depth_header.stamp)
        pose = (*place.position_m.tolist(), *place.quaternion)
        key = depth_model.intrinsics, (width, height), model.intrinsics, size, pose
        if self._registration is None or self._registration[0] != key:
            made = DepthRegistration(depth_model.intrinsics, (width, height), model.intrinsics, size, place)
            self._registration = key, made
        registered = self._registration[1].register(metres)
        if _known(metres) > _MUCH and _known(registered) < _HARDLY_ANY:
            x, y, z = place.position_m.tolist()
            msg = (
                f"Nothing of the depth images lies in the image where the depth camera's place in its "
                f"frame is {x:.3g}, {y:.3g}, {z:.3g} m: give its pose in metres, x right, y down, z ahead."
            )
            raise FrameError(msg)
        return registered

    def _uncalibrated(self, model: CameraModel) -> list[str]:
        if model.calibrated:
            return []
        return ["Hands in space are placed by horizontal_fov_deg, a guess: no camera_info fits the images."]

    def _other_frame(self, depth_header: Header, header: Header) -> list[str]:
        if depth_header.frame_id == header.frame_id:
            return []
        sentence = (
            f"The depth images are in the frame '{depth_header.frame_id}', but the images in "
            f"'{header.frame_id}': take depth that is aligned to the image, or set depth.registered to false."
        )
        return [sentence]

    def _other_camera(self, model: CameraModel, size: tuple[int, int]) -> list[str]:
        if self.info is None or self._received.info is None:
            return []
        depth_model = camera_model(self.info, *size, _ANY_FOV_DEG)
        if not (model.calibrated and depth_model.calibrated):
            return []
        one, other = model.intrinsics, depth_model.intrinsics
        pairs = (one.fx, other.fx), (one.fy, other.fy), (one.cx, other.cx), (one.cy, other.cy)
        if max(abs(a - b) for a, b in pairs) <= _SAME_CAMERA * size[0]:
            return []
        sentence = (
            f"depth/camera_info (fx {other.fx:.0f}, cx {other.cx:.0f} px) does not fit camera_info "
            f"(fx {one.fx:.0f}, cx {one.cx:.0f} px): take depth that is aligned to the image, or set "
            f"depth.registered to false."
        )
        return [sentence]


def _given_pose(numbers: Sequence[float]) -> Pose:
    """Make a pose of x, y, z and the quaternion x, y, z, w.

    Raises:
        ConfigurationError: It is none.
    """
    length = math.hypot(*numbers[3:])
    if abs(length - 1) > _SAME_LENGTH:
        msg = (
            f"depth.extrinsics cannot be used: its last four numbers have the length {length:.3g}, but those "
            f"of a rotation have 1. Give x, y, z in metres and a quaternion x, y, z, w."
        )
        raise ConfigurationError(msg)
    return Pose.of(numbers[:3], numbers[3:])


def _known(metres: Floats) -> float:
    """Return the share of pixels whose depth is known, by some of them."""
    sample = metres[::8, ::8]
    return np.count_nonzero(sample) / max(sample.size, 1)


def _too_small(width: int, height: int) -> list[str]:
    if min(width, height) >= _FEWEST_ROWS:
        return []
    return [f"The depth images are {width}x{height} pixels, too few for hands: take larger ones."]
