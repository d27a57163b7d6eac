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

"""Rendered hands with exact joints, as a tracker would find them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.cameras.depth_noise import add_depth_noise
from hand_tracking_dsp.cameras.mesh.catalogue import rigs
from hand_tracking_dsp.cameras.mesh.raster import Raster
from hand_tracking_dsp.cameras.mesh.rig import pose_mesh
from hand_tracking_dsp.cameras.mesh.scene import Arm, place_hand
from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.cameras.synthetic.skeleton import rotation
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.types import Floats, Region, TrackedHand

CAMERA = Intrinsics(576.0, 576.0, 319.5, 239.5)
FRONT, BACK = (0.0, 0.0, 0.0), (0.0, 0.0, 180.0)


@dataclass(frozen=True)
class Rendered:
    """A hand, its joints in metres, and whether each is seen."""

    view: DepthView
    joints_m: Floats
    visible: np.ndarray
    handedness: Handedness


def render(
    gesture: str,
    turn_deg: tuple[float, float, float] = FRONT,
    middle_m: tuple[float, float, float] = (0.0, 0.0, 0.45),
    side: Handedness = Handedness.RIGHT,
    noise: str = "none",
    wall_m: float = 1.2,
    size: float = 1.0,
    seed: int = 0,
    rig: str = "webxr right",
) -> Rendered:
    """Render the depth of one hand before a wall, 640x480."""
    (shape,) = (one for one in rigs() if one.name == rig)
    posed = pose_mesh(shape, GESTURES[gesture], side)
    hand = place_hand(posed, rotation(*np.radians(turn_deg)), np.array(middle_m), size, Arm())
    raster = Raster(CAMERA, 640, 480)
    hand.draw(raster)
    metres = np.where(raster.metres > 0, raster.metres, wall_m).astype(np.float32)
    joints = hand.joints_m.astype(np.float32)
    x, y = np.clip(np.rint(CAMERA.project(joints)), 0, (639, 479)).astype(int).T
    buried = joints[:, 2] - metres[y, x]
    visible = (buried > -0.01) & (buried < 0.032 * size)
    random = np.random.default_rng(seed)
    noisy = add_depth_noise(metres, CAMERA, noise, random)
    return Rendered(DepthView(noisy, CAMERA), joints, visible, side)


def tracked(
    rendered: Rendered,
    track_id: int = 1,
    error_px: float = 0.0,
    shape_error_m: float = 0.0,
    seed: int = 0,
) -> TrackedHand:
    """Give the hand as a tracker would, with errors of its landmarks and world landmarks."""
    random = np.random.default_rng(seed)
    landmarks = np.zeros((21, 3), np.float32)
    landmarks[:, :2] = CAMERA.project(rendered.joints_m) + random.normal(0, error_px, (21, 2))
    shape = rendered.joints_m - rendered.joints_m.mean(axis=0) + random.normal(0, shape_error_m, (21, 3))
    return TrackedHand(
        track_id,
        rendered.handedness,
        0.95,
        0.99,
        landmarks,
        shape.astype(np.float32),
        Region(320.0, 240.0, 300.0, 0.0),
    )
