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

"""A level that sees depth: the cube of space around a hand, its network, and the joints of its maps."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.hand import JOINT_COUNT, Joint
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.depth_crop import Cube, crop_depth, hand_depth_m
from hand_tracking_dsp.tracking.depth_info import DEPTH_SIZE, DepthInfo
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.soundness import unusable_output
from hand_tracking_dsp.tracking.types import HandLandmarks, Region
from hand_tracking_dsp.tracking.votes import joints_of

DEPTH_SHAPE_STD_M = 0.005
"""Deviation of a bone's extent along the optical axis, metres; of 3 to 30 mm it places rendered hands well in
all views and in frontal ones."""


class DepthLevel:
    """Finds the joints of a hand in a depth image.

    Args:
        session: Its opened network, which keeps contract.depth_contract.
        info: What it is given.
        on_unusable: Function called with the name of an output that cannot be used.

    Raises:
        ModelError: It finds other joints than the package's.
    """

    def __init__(
        self, session: Session, info: DepthInfo, on_unusable: Callable[[str], None] = lambda _: None
    ) -> None:
        require_own_joints(info)
        self._session = session
        self._on_unusable = on_unusable
        self._names = tuple(output.name for output in session.outputs)
        self._cube_m = info.cube_m
        # Overwritten for every region: fresh arrays of this size would cost page faults each time.
        self._input = np.zeros((1, 1, DEPTH_SIZE, DEPTH_SIZE), np.float32)

    def landmarks(self, view: DepthView, region: Region) -> HandLandmarks:
        """Find the landmarks of the hand in a region.

        Presence is 0 where it has no depth, or the network's outputs cannot be used.

        Args:
            view: The depth image.
            region: Where the hand is; its middle and rotation count, and the depth found in it.
        """
        depth_m = hand_depth_m(view, region)
        if math.isnan(depth_m):
            return HandLandmarks.nothing(region)
        cube = Cube.around(region, depth_m, self._cube_m, view.camera)
        depth = crop_depth(view.metres, cube, DEPTH_SIZE, self._input[0, 0])
        outputs = self._session.run(self._input)
        if output := unusable_output(self._names, outputs):
            self._on_unusable(output)
            return HandLandmarks.nothing(region)
        *_, presence, right = outputs
        joints = joints_of(outputs)
        pixels, metres = cube.to_pixels(joints), cube.to_metres(joints)
        pixels[:, 2] -= pixels[Joint.WRIST, 2]
        return HandLandmarks(
            presence=presence.item(),
            right=right.item(),
            landmarks=pixels,
            world_landmarks=metres - metres.mean(0),
            region=region,
            input_mean=(float(depth.mean()) + 1) / 2,
            input_std=float(depth.std()) / 2,
            shape_std_m=DEPTH_SHAPE_STD_M,
        )


def require_own_joints(info: DepthInfo) -> None:
    """Refuse a level that finds the joints of a data set.

    Raises:
        ModelError: It does.
    """
    if info.skeleton is not None:
        msg = (
            f"The bank's levels find the {info.joint_count} joints of {info.skeleton}, not the {JOINT_COUNT} "
            "of a hand here: use them with hand-tracking-dsp hourglass results, or choose another bank."
        )
        raise ModelError(msg)
