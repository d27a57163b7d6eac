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

"""Crops of the benchmarks' hands for training: cubes around the centre of mass, normalised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.evaluation.pose_benchmark.dataset import PoseSample
from hand_tracking_dsp.tracking.depth_crop import Cube, crop_depth
from hand_tracking_dsp.tracking.types import Floats, Region

_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class PoseCrop:
    """A hand cut out as a network takes it.

    Attributes:
        name: Name of the frame in its data set.
        depth: float32 [size, size], -1 (the cube's back, or unknown) to 1 (its front).
        joints: float32 [joints, 3], shares of half the cube's side from its centre; see depth_crop.Cube.
        cube: The cube, which carries what a network finds back into the camera's frame.
    """

    name: str
    depth: Floats
    joints: Floats
    cube: Cube


def centre_of_mass(sample: PoseSample, start_m: Floats, side_m: float) -> Floats:
    """Return the mean of the surface in a cube, around which the cube is placed once more.

    As in M. Oberweger and V. Lepetit, "DeepPrior++", ICCVW 2017.

    Args:
        sample: The frame.
        start_m: float32 [3], centre of the first cube, metres in the optical frame, before the camera.
        side_m: Side of the cube, metres.

    Returns:
        float32 [3], metres; start_m where nothing is seen in its cube.
    """
    centre = start_m.astype(np.float32)
    for _ in range(_ROUNDS):
        points = _surface(sample, centre, side_m)
        inside = np.abs(points - centre).max(axis=1, initial=0) <= side_m / 2
        if not inside.any():
            break
        centre = points[inside].mean(axis=0)
    return centre


def cut_hand(sample: PoseSample, side_m: float, size: int = 128) -> PoseCrop:
    """Cut out the hand of a frame around its centre of mass, which is looked for from the sample's start on.

    Args:
        sample: The frame.
        side_m: Side of the cube, metres, for example the benchmark's cube_m.
        size: Side of the crop, pixels.
    """
    centre = centre_of_mass(sample, sample.start_m, side_m)
    x, y = sample.camera.project(centre).tolist()
    cube = Cube.around(Region(x, y, 1.0, 0.0), float(centre[2]), side_m, sample.camera)
    depth = crop_depth(sample.depth_m, cube, size)
    return PoseCrop(sample.name, depth, cube.from_metres(sample.joints_m), cube)


def _surface(sample: PoseSample, centre: Floats, side_m: float) -> Floats:
    """Return the points that are seen by the pixels of a cube's front, float32 [n, 3], metres."""
    half = side_m / 2
    corners = np.stack([centre - half, centre + half])
    corners[:, 2] = max(float(centre[2]) - half, half)
    pixels = np.clip(sample.camera.project(corners), 0, sample.depth_m.shape[::-1])
    (left, top), (right, bottom) = np.rint(pixels).astype(int).tolist()
    depth = sample.depth_m[top : bottom + 1, left : right + 1]
    rows, columns = np.nonzero(depth)
    places = np.stack([columns + left, rows + top], axis=-1).astype(np.float32)
    return sample.camera.unproject(places, depth[rows, columns])
