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

"""Crops of depth images for training and validation, with exact joints, as the tracker would cut them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.mesh.catalogue import SPLITS
from hand_tracking_dsp.cameras.mesh.people import People, PeopleOptions
from hand_tracking_dsp.cameras.mesh.raster import Raster
from hand_tracking_dsp.cameras.mesh.scene import PlacedHand, draw_background
from hand_tracking_dsp.hand import JOINT_COUNT, Handedness
from hand_tracking_dsp.options import check_order, option
from hand_tracking_dsp.tracking.depth_view import Intrinsics
from hand_tracking_dsp.tracking.geometry import region_from_landmarks
from hand_tracking_dsp.tracking.types import Region

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

_FOCAL_PX = 600.0
"""Focal length of the camera whose image is cut, with its principal point at pixel (0, 0)."""

_HALF_VIEW = (0.45, 0.33)
_STILL = np.zeros(3)


@dataclass(frozen=True, slots=True)
class CropOptions(PeopleOptions):
    """Settings of a stream of crops."""

    size: int = option(128, "Side of a crop.", "px", 16, 1024)
    empty_share: float = option(0.0, "Share of crops without a hand: background, things, forearms.", "", 0, 1)
    shift: float = option(0.08, "Largest shift of the crop, as a share of its side.", "", 0, 1)
    scale_low: float = option(0.85, "Smallest scale of the crop's side.", "", 0.2, 5)
    scale_high: float = option(1.25, "Largest scale of the crop's side.", "", 0.2, 5)
    turn_deg: float = option(20.0, "Largest turn of the crop.", "degrees", 0, 180)

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        PeopleOptions.__post_init__(self)
        check_order(self, "scale_low", "scale_high", equal=True)


@dataclass(frozen=True, slots=True)
class DepthCrop:
    """A square cut out of a depth image, upright as the tracker cuts it, with its truth.

    Attributes:
        metres: float32 [size, size], along the optical axis; 0 where unknown.
        clean: float32 [size, size], the same without the sensor's noise.
        camera: The crop's own pinhole camera, which sees it as it is: turned with it about the optical axis.
        joints_m: float32 [21, 3], metres in that camera's optical frame; NaN without a hand.
        joints_px: float32 [21, 2], pixels of the crop; NaN without a hand.
        handedness: Side of the hand; UNKNOWN without one.
        shape: Name of the person's hand; "" without one.
        pose: Name of the pose: a gesture's, or "tracked " and the number of a tracked one; "" without a hand.
        noise: Kind of noise, one of DEPTH_NOISES.
    """

    metres: Floats32
    clean: Floats32
    camera: Intrinsics
    joints_m: Floats32
    joints_px: Floats32
    handedness: Handedness
    shape: str
    pose: str
    noise: str


class CropStream:
    """Random crops, any of which can be asked for by its number.

    Two streams of the same seed and options are the same; no state is kept, so that several processes may
    share one stream, each with numbers of its own.

    Args:
        seed: Seed of all that is drawn.
        options: Settings; the defaults if None.
    """

    def __init__(self, seed: int, options: CropOptions | None = None) -> None:
        self.seed = seed
        self.options = options or CropOptions()
        self._people = People(self.options, _HALF_VIEW, whole=False)

    def __iter__(self) -> Iterator[DepthCrop]:
        """Give the crops from number 0 on, without end."""
        return map(self.crop, count())

    def crop(self, index: int) -> DepthCrop:
        """Make a crop.

        Args:
            index: Its number, from 0.
        """
        random = np.random.default_rng((self.seed, SPLITS.index(self.options.split), index))
        options = self.options
        empty = random.uniform() < options.empty_share
        hand, pose = self._people.hand(random)
        joints = hand.joints_m
        region = self._region(random, joints)
        turn = _about_z(-region.rotation)
        camera = _camera_of(region, options.size)
        raster = Raster(camera, options.size, options.size)
        middle = turn @ joints.mean(0)
        if empty:
            self._draw_without_hand(random, raster, hand.moved(turn, _STILL))
        else:
            hand.moved(turn, _STILL).draw(raster)
            if random.uniform() < options.second_share:
                beside, _ = self._people.beside(random, joints)
                beside.moved(turn, _STILL).draw(raster)
        draw_background(random, raster, middle, float(random.uniform(0.03, 0.3)), options.person_share)
        clean = raster.metres
        metres, noise = self._people.through_sensor(random, clean, camera, float(middle[2]))
        if empty:
            return _empty(metres, clean, camera, noise)
        seen = (joints @ turn.T).astype(np.float32)
        return DepthCrop(
            metres,
            clean,
            camera,
            seen,
            camera.project(seen),
            hand.handedness,
            hand.posed.rig.name,
            pose.name,
            noise,
        )

    def _draw_without_hand(self, random: np.random.Generator, raster: Raster, hand: PlacedHand) -> None:
        """Draw a forearm shifted along itself, or nothing, in the place of a hand."""
        if random.uniform() < 0.5:
            return
        towards = hand.joints_m[9] - hand.joints_m[0]
        shifted = hand.moved(np.eye(3), towards * random.uniform(0.6, 2.4))
        if shifted.arm is not None:
            raster.draw(shifted.arm.vertices, shifted.arm.faces)

    def _region(self, random: np.random.Generator, joints_m: Floats) -> Region:
        """Cut as the tracker would, a little beside."""
        options = self.options
        pixels = joints_m[:, :2] / joints_m[:, 2:] * _FOCAL_PX
        region = region_from_landmarks(pixels.astype(np.float32))
        shift = random.uniform(-1.0, 1.0, 2) * options.shift * region.size
        return Region(
            x=region.x + float(shift[0]),
            y=region.y + float(shift[1]),
            size=region.size * float(random.uniform(options.scale_low, options.scale_high)),
            rotation=region.rotation + math.radians(options.turn_deg) * float(random.uniform(-1.0, 1.0)),
        )


def _camera_of(region: Region, size: int) -> Intrinsics:
    """Describe the camera that, turned by -rotation about its axis, sees what tracking.geometry.crop cuts."""
    scale = size / region.size
    cos, sin = math.cos(region.rotation), math.sin(region.rotation)
    across, down = cos * region.x + sin * region.y, cos * region.y - sin * region.x
    focal = _FOCAL_PX * scale
    return Intrinsics(focal, focal, size / 2 - across * scale, size / 2 - down * scale)


def _about_z(angle: float) -> Floats:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def _empty(metres: Floats32, clean: Floats32, camera: Intrinsics, noise: str) -> DepthCrop:
    joints = np.full((JOINT_COUNT, 3), np.nan, np.float32)
    return DepthCrop(metres, clean, camera, joints, joints[:, :2], Handedness.UNKNOWN, "", "", noise)
