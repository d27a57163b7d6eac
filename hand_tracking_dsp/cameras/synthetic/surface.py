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

"""Points of a smoothly blended body that the pixels see: ray casting by the distance to the skin.

The skin is the zero of a signed distance: the smooth minimum -τ·log Σ exp(-dᵢ/τ) of the distances dᵢ to
the capsules (J. F. Blinn, "A Generalization of Algebraic Surface Drawing", 1982; I. Quilez, "Smooth
minimum"). A ray starts at the nearest capsule's own front and reaches the skin in a few steps of that
distance (J. C. Hart, "Sphere Tracing", 1996). Only pairs of a pixel and a capsule that may touch are
computed, as flat arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.synthetic.body import Body
from hand_tracking_dsp.tracking.depth_view import Intrinsics

Floats = NDArray[np.float32]
Ints = NDArray[np.intp]

_BLEND_M = 0.0018
"""τ of the smooth minimum."""

_ASIDE_M = 0.004
"""A ray that misses a capsule by more does not see it."""

_BEHIND_M = 0.012
"""A capsule whose front lies farther than this behind the nearest one has no say in the skin."""

_STEPS = 3


@dataclass(frozen=True, slots=True)
class Box:
    """A block of the image's pixels: from left, top up to and without right, bottom."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Surface:
    """Hits of the rays of a box: n of its pixels see the skin or pass it closely, by m pairs with a capsule.

    Attributes:
        shape: Rows and columns of rays.
        ray_pitch: Tangent of the angle between two neighbouring rays near the optical axis.
        pixels: [n], index into the flattened rays.
        points: [3, n], of the skin, optical frame, metres.
        gap: [n], metres by which the ray misses the skin; negative inside the silhouette.
        slot: [m], which of the n pixels.
        part: [m], which capsule of the body.
        weight: [m], the capsule's share of the skin at that pixel; sums to 1 over a pixel's pairs.
        along: [m], 0 to 1, where on the capsule's axis.
        outward: [3, m], unit vector from the capsule's axis to the skin, optical frame.
    """

    shape: tuple[int, int]
    ray_pitch: float
    pixels: Ints
    points: Floats
    gap: Floats
    slot: Ints
    part: Ints
    weight: Floats
    along: Floats
    outward: Floats

    @property
    def depth(self) -> Floats:
        """Metres along z of the optical frame, [n]."""
        depth: Floats = self.points[2]
        return depth

    def blend(self, values: Floats) -> Floats:
        """Sum values of pairs [m] over each pixel by weight, float32 [n]."""
        sums: Floats = np.bincount(self.slot, self.weight * values, self.pixels.size).astype(np.float32)
        return sums

    def spread(self, values: Floats, elsewhere: float) -> Floats:
        """Lay values of pixels [n] out as an image float32 [h, w]."""
        image = np.full(self.shape, elsewhere, np.float32)
        image.reshape(-1)[self.pixels] = values
        return image


def cast(body: Body, camera: Intrinsics, box: Box, step: int) -> Surface | None:
    """Find the skin along the rays of a box.

    Args:
        body: In the optical frame, wholly in front of the camera.
        camera: Intrinsics of the whole image.
        box: Pixels to cast; its sides are multiples of step.
        step: 1 casts every pixel, 2 the middle of every 2x2 and so on.

    Returns:
        What they hit; None where no ray comes near the body.
    """
    rays = _Rays.of(camera, box, step)
    front, gap, middle = (np.full(rays.square.shape, np.inf, np.float32) for _ in range(3))
    glances = [glance for part in range(len(body.starts)) if (glance := _glance(body, part, rays))]
    if not glances:
        return None
    for glance in glances:
        at = glance.window
        np.minimum(front[at], glance.front, out=front[at], where=glance.gap < 0.0)
        nearer = glance.gap < gap[at]
        np.copyto(gap[at], glance.gap, where=nearer)
        np.copyto(middle[at], glance.middle, where=nearer)
    start = np.where(np.isfinite(front), front, middle)
    pairs = _Pairs.of(body, rays, glances, start)
    depth = start.reshape(-1)[pairs.pixels]
    silhouette = pairs.measure(middle.reshape(-1)[pairs.pixels]).distance
    silhouette = np.minimum(silhouette, gap.reshape(-1)[pairs.pixels])
    slant = 1.0 / np.sqrt(rays.square.reshape(-1)[pairs.pixels])
    for _ in range(_STEPS):
        depth = depth + slant * pairs.measure(depth).distance
    skin = pairs.measure(depth)
    row, column = np.divmod(pairs.pixels, rays.x.size)
    points = np.stack([rays.x[column] * depth, rays.y[row] * depth, depth])
    outward = pairs.outward(body, points, skin)
    return Surface(
        rays.square.shape,
        step / camera.fx,
        pairs.pixels,
        points,
        silhouette,
        pairs.slot,
        pairs.part,
        skin.weight,
        skin.along,
        outward,
    )


@dataclass(frozen=True, slots=True)
class _Rays:
    """Rays (x, y, 1) of a grid: x [w] of its columns, y [h] of its rows, square [h, w] = x² + y² + 1."""

    x: Floats
    y: Floats
    square: Floats

    @staticmethod
    def of(camera: Intrinsics, box: Box, step: int) -> _Rays:
        """Take the middles of every step x step block of pixels."""
        columns = np.arange(box.left, box.right, step, dtype=np.float32) + (step - 1) / 2
        rows = np.arange(box.top, box.bottom, step, dtype=np.float32) + (step - 1) / 2
        x = ((columns - camera.cx) / camera.fx).astype(np.float32)
        y = ((rows - camera.cy) / camera.fy).astype(np.float32)
        return _Rays(x, y, (y * y)[:, None] + (x * x + 1.0))


@dataclass(frozen=True, slots=True)
class _Glance:
    """View of one capsule alone by the rays of a window.

    Attributes:
        part: Which capsule.
        window: Slices of rows and columns.
        start: Ray · start of the axis.
        axis: Ray · axis.
        gap: Metres by which the ray misses the capsule; negative where it hits.
        middle: Depth at which the ray passes the axis closest.
        front: Depth at which it meets the capsule; `middle` where it does not.
    """

    part: int
    window: tuple[slice, slice]
    start: Floats
    axis: Floats
    gap: Floats
    middle: Floats
    front: Floats


def _glance(body: Body, part: int, rays: _Rays) -> _Glance | None:
    """Look at a capsule: closest approach of every ray and axis; None where no ray comes near."""
    a, b = body.starts[part], body.ends[part]
    ra, rb = body.start_radii[part], body.end_radii[part]
    spans = []
    for rays_along, k in ((rays.y, 1), (rays.x, 0)):
        limits = [
            (end[k] + side * reach) / (end[2] + face * reach)
            for end, reach in ((a, ra + _ASIDE_M), (b, rb + _ASIDE_M))
            for side in (-1.0, 1.0)
            for face in (-1.0, 1.0)
        ]
        first, last = np.searchsorted(rays_along, (min(limits), max(limits)))
        if first == last:
            return None
        spans.append(slice(int(first), int(last)))
    window = (spans[0], spans[1])
    x, y, square = rays.x[spans[1]], rays.y[spans[0]], rays.square[window]
    axis = b - a
    aa, ab, bb = (np.float32(v) for v in (a @ a, a @ axis, axis @ axis))
    to_start = (y * np.float32(a[1]))[:, None] + (x * np.float32(a[0]) + np.float32(a[2]))
    to_axis = (y * np.float32(axis[1]))[:, None] + (x * np.float32(axis[0]) + np.float32(axis[2]))
    shadow = to_axis / square
    cross = to_start * shadow - ab
    breadth = np.maximum(bb - to_axis * shadow, np.float32(1e-9))
    along = np.clip(cross / breadth, 0.0, 1.0)
    square_distance = aa - to_start * to_start / square + along * (along * breadth - 2.0 * cross)
    radius = np.float32(ra) + along * np.float32(rb - ra)
    gap = np.sqrt(np.maximum(square_distance, 0.0)) - radius
    middle = (to_start + along * to_axis) / square
    front = middle - np.sqrt(np.maximum(radius * radius - square_distance, 0.0) / square)
    return _Glance(part, window, to_start, to_axis, gap, middle, front)


@dataclass(frozen=True, slots=True)
class _Measure:
    """Distance [n] of points to the skin; their pairs' [m] weight, place along the axis, length to it."""

    distance: Floats
    weight: Floats
    along: Floats
    length: Floats


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs of a ray and a capsule, [m]; the n rays that occur in them are `pixels`."""

    pixels: Ints
    slot: Ints
    part: Ints
    start: Floats
    axis: Floats
    square: Floats
    table: tuple[Floats, ...]

    @staticmethod
    def of(body: Body, rays: _Rays, glances: list[_Glance], nearest: Floats) -> _Pairs:
        """Keep the pairs near the nearest front of their ray."""
        index = np.arange(nearest.size, dtype=np.intp).reshape(nearest.shape)
        chosen = [(g.gap < _ASIDE_M) & (g.front < nearest[g.window] + _BEHIND_M) for g in glances]
        at = np.concatenate([index[g.window][keep] for g, keep in zip(glances, chosen, strict=True)])
        seen = np.zeros(nearest.size, bool)
        seen[at] = True
        pixels = np.flatnonzero(seen)
        slots = np.empty(nearest.size, np.intp)
        slots[pixels] = np.arange(pixels.size)
        counts = [int(np.count_nonzero(keep)) for keep in chosen]
        part = np.repeat([g.part for g in glances], counts)
        axis = body.ends - body.starts
        table = np.stack(
            [
                (body.starts * body.starts).sum(1),
                (body.starts * axis).sum(1),
                (axis * axis).sum(1),
                body.start_radii,
                body.end_radii - body.start_radii,
            ]
        ).astype(np.float32)
        return _Pairs(
            pixels,
            slots[at],
            part,
            np.concatenate([g.start[keep] for g, keep in zip(glances, chosen, strict=True)]),
            np.concatenate([g.axis[keep] for g, keep in zip(glances, chosen, strict=True)]),
            rays.square.reshape(-1)[at],
            tuple(table[:, part]),
        )

    def measure(self, depth: Floats) -> _Measure:
        """Measure from the points at these depths [n]."""
        z = depth[self.slot]
        aa, ab, bb, radius, taper = self.table
        run = z * self.axis - ab
        along = np.clip(run / bb, 0.0, 1.0)
        square = z * (z * self.square - 2.0 * self.start) + aa + along * (along * bb - 2.0 * run)
        length = np.sqrt(np.maximum(square, np.float32(1e-12)))
        weight = np.exp((radius + along * taper - length) / np.float32(_BLEND_M))
        total = np.bincount(self.slot, weight, self.pixels.size).astype(np.float32)
        return _Measure(np.float32(-_BLEND_M) * np.log(total), weight / total[self.slot], along, length)

    def outward(self, body: Body, points: Floats, skin: _Measure) -> Floats:
        """Give unit vectors [3, m] from the axes to points [3, n]."""
        starts = body.starts.T.astype(np.float32)
        axes = (body.ends - body.starts).T.astype(np.float32)
        feet = starts.take(self.part, axis=1) + skin.along * axes.take(self.part, axis=1)
        vectors: Floats = (points.take(self.slot, axis=1) - feet) / skin.length
        return vectors
