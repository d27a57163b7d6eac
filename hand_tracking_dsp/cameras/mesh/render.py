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

"""Draws a placed hand with the look of skin into a picture and its depth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.mesh.raster import Raster
from hand_tracking_dsp.cameras.mesh.rig import HandRig
from hand_tracking_dsp.cameras.mesh.scene import PlacedHand
from hand_tracking_dsp.cameras.mesh.solids import BARE_VERTICES, SIDES, Solid, joined
from hand_tracking_dsp.cameras.synthetic.shading import Look, Skin, colour_skin, palm_marks, ramp
from hand_tracking_dsp.tracking.depth_view import Intrinsics

Floats32 = NDArray[np.float32]

_PALM_M = 0.0844
_WRIST_M = 0.0117
"""Length of the palm, and height of its wrist, of the hand whose palm's lines are drawn."""

_SKY_M = 0.006
"""Half the side of the neighbourhood that can take light from a place."""


def render_mesh(
    hand: PlacedHand,
    look: Look,
    camera: Intrinsics,
    image: NDArray[np.uint8],
    metres: Floats32,
    held_bgr: tuple[float, float, float] = (90.0, 90.0, 90.0),
) -> None:
    """Draw a hand over a picture and its depth, in place, where it is nearer than what is there.

    Args:
        hand: The hand.
        look: Person and light.
        camera: Intrinsics of the image.
        image: uint8 [h, w, 3] BGR.
        metres: float32 [h, w], along the optical axis; 0 where nothing is.
        held_bgr: Colour of what the fingers hold, 0 to 255.
    """
    parts = [solid for solid in (hand.skin, hand.arm, hand.held) if solid is not None]
    whole = joined(*parts)
    view = _view(whole.vertices, camera, image.shape[1], image.shape[0])
    if view is None:
        return
    rows, columns = view
    moved = Intrinsics(camera.fx, camera.fy, camera.cx - columns.start, camera.cy - rows.start)
    raster = Raster(moved, columns.stop - columns.start, rows.stop - rows.start)
    raster.draw(whole.vertices, whole.faces)
    depth, under_m = raster.metres, metres[rows, columns]
    seen = (raster.faces >= 0) & ((under_m <= 0) | (depth < under_m))
    pixels = np.flatnonzero(seen)
    if pixels.size == 0:
        return
    marks = _marks_of(hand)
    skin = _skin_at(pixels, raster, whole, marks, depth)
    colour = colour_skin(skin, look)
    if hand.held is not None:
        thing = raster.faces.reshape(-1)[pixels] >= len(whole.faces) - len(hand.held.faces)
        cloth = np.ones(int(thing.sum()), np.float32)
        part = _chosen(skin, thing, cloth)
        colour[:, thing] = colour_skin(part, replace(look, cloth_bgr=held_bgr))
    _blend(image[rows, columns], colour, seen)
    np.copyto(under_m, depth, where=seen)


def _view(vertices: Floats32, camera: Intrinsics, width: int, height: int) -> tuple[slice, slice] | None:
    """Find the rows and columns that a body may cover; None where it is out of view."""
    ahead = vertices[vertices[:, 2] > 0.02]
    if len(ahead) == 0:
        return None
    x, y = camera.project(ahead).T
    left, top = max(int(x.min()) - 1, 0), max(int(y.min()) - 1, 0)
    right, bottom = min(int(x.max()) + 3, width), min(int(y.max()) + 3, height)
    if left >= right or top >= bottom:
        return None
    return slice(top, bottom), slice(left, right)


@dataclass(frozen=True)
class _Marks:
    """Marks of a hand's skin at its vertices, float32 [n] each, as shading.Skin has them."""

    palm: Floats32
    nail: Floats32
    flush: Floats32
    flat: Floats32
    across: Floats32
    along: Floats32


@lru_cache(maxsize=32)
def _marks_at_rest(rig: HandRig) -> _Marks:
    """Find the marks of a rig's vertices."""
    vertices = rig.vertices.astype(np.float64)
    normals = vertex_normals(Solid(rig.vertices, rig.faces)).T.astype(np.float64)
    nail, flush = np.zeros(len(vertices)), np.zeros(len(vertices))
    for row in range(5):
        bone = 3 + 3 * row
        local = (vertices - rig.heads[bone]) @ rig.frames[bone]
        length = float(((rig.landmarks[4 + 4 * row] - rig.heads[bone]) @ rig.frames[bone])[1])
        share = local[:, 1] / length
        back = -(normals @ rig.frames[bone][:, 2])
        own = rig.weights[:, bone]
        nail += own * np.clip((back - 0.55) / 0.15, 0, 1) * np.clip((share - 0.35) / 0.12, 0, 1)
        flush += own * np.clip(share, 0, 1)
    scale = _PALM_M / rig.palm_m
    wrist = rig.landmarks[0]
    return _Marks(
        palm=np.clip((normals[:, 2] + 0.35) / 0.6, 0, 1).astype(np.float32),
        nail=nail.astype(np.float32),
        flush=flush.astype(np.float32),
        flat=rig.weights[:, 0],
        across=((vertices[:, 0] - wrist[0]) * scale).astype(np.float32),
        along=((vertices[:, 1] - wrist[1]) * scale + _WRIST_M).astype(np.float32),
    )


def _marks_of(hand: PlacedHand) -> Floats32:
    """Give the marks of all vertices of a hand with its forearm and what it holds.

    Returns:
        float32 [7, n]: palm, nail, flush, flat, across, along, cloth.
    """
    rest = _marks_at_rest(hand.posed.rig)
    skin = np.stack(
        [rest.palm, rest.nail, rest.flush, rest.flat, rest.across, rest.along, np.zeros_like(rest.palm)]
    )
    parts = [skin]
    if hand.arm is not None:
        arm = np.zeros((7, len(hand.arm.vertices)), np.float32)
        # Rings run from the thumb's side by way of the back; of the vertices only skin's have to fit.
        around = np.sin((np.arange(arm.shape[1]) - arm.shape[1] + BARE_VERTICES) * (2.0 * np.pi / SIDES))
        arm[0], arm[4:6] = np.clip((0.35 - around) / 0.6, 0, 1), -1.0
        arm[6, :-BARE_VERTICES] = 1.0
        parts.append(arm)
    if hand.held is not None:
        parts.append(np.ones((7, len(hand.held.vertices)), np.float32))
    return np.concatenate(parts, axis=1)


def vertex_normals(solid: Solid) -> Floats32:
    """Give unit vectors out of a body at its vertices, float32 [3, n]: mean of the faces around by area."""
    corners = solid.faces.T
    a, b, c = (solid.vertices.take(corner, 0) for corner in corners)
    faces = np.cross(b - a, c - a)
    count = len(solid.vertices)
    flat = corners.reshape(-1)
    normals = np.zeros((3, count))
    for axis in range(3):
        normals[axis] = np.bincount(flat, np.tile(faces[:, axis], 3), minlength=count)
    normals /= np.sqrt((normals * normals).sum(0)) + 1e-12
    return normals.astype(np.float32)


def _skin_at(
    pixels: NDArray[np.int64], raster: Raster, whole: Solid, marks: Floats32, depth: Floats32
) -> Skin:
    """Interpolate normals and marks at the pixels of a raster."""
    corners = whole.faces[raster.faces.reshape(-1)[pixels]].T
    camera, vertices = raster.camera, whole.vertices
    row, column = np.divmod(pixels, raster.width)
    points = camera.project(vertices)
    x, y = (points[:, axis].take(corners) for axis in (0, 1))
    x -= column.astype(np.float32)
    y -= row.astype(np.float32)
    area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
    shares = (
        np.stack([x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]]) / area
    )
    values = np.concatenate([vertex_normals(whole), marks])
    fields = np.stack([(value.take(corners) * shares).sum(0) for value in values])
    normal, (palm, nail, flush, flat, across, along, cloth) = fields[:3], fields[3:]
    normal /= np.sqrt((normal * normal).sum(0)) + np.float32(1e-6)
    lines, pads = palm_marks(np.stack([across, along]))
    return Skin(
        normal=normal,
        palm=palm,
        nail=ramp(nail, 0.3, 0.6),
        flush=flush,
        crease=np.zeros_like(palm),
        flat=flat,
        lines=lines,
        pads=pads,
        cloth=ramp(cloth, 0.45, 0.55),
        open_sky=_openness(depth, raster)[row, column],
    )


def _chosen(skin: Skin, chosen: NDArray[np.bool_], cloth: Floats32) -> Skin:
    """Choose some places of a skin, and say how much of them is cloth."""
    names = ("palm", "nail", "flush", "crease", "flat", "lines", "pads", "open_sky")
    values = {name: getattr(skin, name)[chosen] for name in names}
    return Skin(normal=skin.normal[:, chosen], cloth=cloth, **values)


def _openness(depth: Floats32, raster: Raster) -> Floats32:
    """Darken what lies behind its neighbourhood: share of the sky seen, float32 [h, w]."""
    inside = (depth > 0).astype(np.float32)
    mean = float(depth[depth > 0].mean())
    side = 2 * round(_SKY_M * raster.camera.fx / mean) + 1
    around = cv2.blur(depth, (side, side)) / (cv2.blur(inside, (side, side)) + np.float32(1e-3))
    opened: Floats32 = 1.0 - 0.38 * ramp(depth - around, 0.001, 0.018)
    return opened


def _blend(image: NDArray[np.uint8], colour: Floats32, seen: NDArray[np.bool_]) -> None:
    """Put colours [3, n] at the pixels seen, with an edge a pixel wide."""
    full = np.zeros((*seen.shape, 4), np.float32)
    full[seen] = np.concatenate([np.clip(colour, 0.0, 255.0), np.ones((1, colour.shape[1]), np.float32)]).T
    around = cv2.blur(full, (3, 3))
    edge = (around[..., 3] > 0.01) & (around[..., 3] < 0.99)
    full, around, under = full[edge], around[edge], image[edge].astype(np.float32)
    image[seen] = np.clip(colour.T, 0.0, 255.0).astype(np.uint8)
    beside = np.where(full[:, 3:] > 0, full[:, :3], around[:, :3] / around[:, 3:])
    image[edge] = (under + (beside - under) * around[:, 3:]).astype(np.uint8)
