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

"""Draws one posed hand into a picture and its depth."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.camera import HandTruth
from hand_tracking_dsp.cameras.synthetic.body import Body, dress
from hand_tracking_dsp.cameras.synthetic.motion import HandPlace
from hand_tracking_dsp.cameras.synthetic.shading import Look, shade
from hand_tracking_dsp.cameras.synthetic.skeleton import pose_hand
from hand_tracking_dsp.cameras.synthetic.surface import Box, cast
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.tracking.depth_view import Intrinsics

_PALM_MIDDLE_M = np.array([0.0, 0.055, 0.0])


def render_hand(
    place: HandPlace,
    look: Look,
    camera: Intrinsics,
    image: NDArray[np.uint8],
    depth_mm: NDArray[np.uint16],
    step: int = 2,
) -> HandTruth:
    """Draw a hand over a picture, in place, and say where its joints are.

    Args:
        place: Pose and place of the hand.
        look: Person and light.
        camera: Intrinsics of the image.
        image: uint8 [h, w, 3] BGR.
        depth_mm: uint16 [h, w], millimetres along the optical axis.
        step: Rays are cast for one in step x step pixels; 1 is finest and slowest.

    Returns:
        The exact joints, also those outside the image.
    """
    shape = pose_hand(place.angles_deg, place.handedness)
    turn = place.turn * place.size
    joints = (shape.joints - _PALM_MIDDLE_M) @ turn.T + place.middle_m
    body = dress(shape).scaled(place.size).moved(place.turn, place.middle_m - turn @ _PALM_MIDDLE_M)
    box = _box(body, camera, image.shape[1], image.shape[0], step)
    if box is not None:
        _draw(body, place, look, camera, box, step, image, depth_mm)
    return hand_truth(place.handedness, joints, camera)


def _draw(
    body: Body,
    place: HandPlace,
    look: Look,
    camera: Intrinsics,
    box: Box,
    step: int,
    image: NDArray[np.uint8],
    depth_mm: NDArray[np.uint16],
) -> None:
    surface = cast(body, camera, box, step)
    if surface is None or surface.pixels.size == 0:
        return
    local = place.turn.T @ (surface.points - place.middle_m[:, None]) / place.size
    across, along, _ = local + _PALM_MIDDLE_M[:, None]
    on_palm = np.stack([-across if place.handedness is Handedness.LEFT else across, along]).astype(np.float32)
    shaded = shade(surface, body, look, place.turn[:, 2], on_palm)
    colour = np.stack([surface.spread(channel, 0.0) for channel in shaded], axis=-1)
    gap_px = surface.spread(surface.gap * np.float32(camera.fx) / surface.depth, 9.0)
    mm = surface.spread(1000.0 * surface.depth, 0.0)
    size = (mm.shape[1] * step, mm.shape[0] * step)
    if step > 1:
        colour = cv2.resize(colour, size, interpolation=cv2.INTER_LINEAR)
        gap_px = cv2.resize(gap_px, size, interpolation=cv2.INTER_LINEAR)
        mm = cv2.resize(mm, size, interpolation=cv2.INTER_NEAREST)
    rows = slice(box.top, min(box.bottom, image.shape[0]))
    columns = slice(box.left, min(box.right, image.shape[1]))
    cut = (slice(0, rows.stop - rows.start), slice(0, columns.stop - columns.start))
    cover = np.clip(0.5 - gap_px[cut], 0.0, 1.0)
    under = image[rows, columns].astype(np.float32)
    under += (np.clip(colour[cut], 0.0, 255.0) - under) * cover[..., None]
    image[rows, columns] = under.astype(np.uint8)
    np.copyto(depth_mm[rows, columns], mm[cut].astype(np.uint16), where=cover > 0.5)


def _box(body: Body, camera: Intrinsics, width: int, height: int, step: int) -> Box | None:
    """Find the part of the image that the body may cover, in whole steps."""
    points = np.concatenate([body.starts, body.ends])
    radii = np.concatenate([body.start_radii, body.end_radii]) * 1.3
    x = camera.fx * points[:, 0] / points[:, 2] + camera.cx
    y = camera.fy * points[:, 1] / points[:, 2] + camera.cy
    reach = camera.fx * radii / points[:, 2]
    left, top = (max(int((v - reach).min()) // step * step, 0) for v in (x, y))
    right, bottom = (min(int((v + reach).max()) + 1, limit) for v, limit in ((x, width), (y, height)))
    if left >= right or top >= bottom:
        return None
    return Box(left, top, right + (left - right) % step, bottom + (top - bottom) % step)


def hand_truth(handedness: Handedness, joints: NDArray[np.float64], camera: Intrinsics) -> HandTruth:
    """Describe the exact joints of a hand in a picture.

    Args:
        handedness: Side of the hand.
        joints: float64 [21, 3], metres in the optical frame.
        camera: Intrinsics of the picture.
    """
    x, y, z = joints.T
    joints_px = np.stack(
        [camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy, camera.fx * (z - z[0]) / z[0]], axis=1
    )
    centre = joints.mean(0)
    return HandTruth(
        handedness,
        joints_px.astype(np.float32),
        (joints - centre).astype(np.float32),
        centre.astype(np.float32),
    )
