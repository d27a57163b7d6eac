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

"""The look of skin: palm and back, nails, creases, light that bleeds red at the edge of shadow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.synthetic.body import Body
from hand_tracking_dsp.cameras.synthetic.surface import Surface

Floats = NDArray[np.float32]

_BACK_BGR = np.array([[150, 176, 222], [52, 74, 118]], np.float32)
_PALM_BGR = np.array([[160, 182, 232], [104, 130, 184]], np.float32)
"""Pale and dark skin of the back of the hand and of the palm."""

_WRAP_BGR = np.array([[0.10], [0.16], [0.38]], np.float32)
"""How far light reaches beyond the edge of shadow: farthest in red, as under skin."""

_CREASE_BGR = np.array([[0.30], [0.27], [0.17]], np.float32)
_NAIL_BGR = np.array([[12.0], [6.0], [14.0]], np.float32)

_SKY_M = 0.006
"""Half the side of the neighbourhood that can take light from a place."""

_MAP_PIXEL_M = 0.0005
_MAP_LEFT_M, _MAP_LOWEST_M = -0.055, -0.030

_PALM_LINES_MM: tuple[tuple[tuple[tuple[float, float], ...], int], ...] = (
    (((36, 58), (18, 55), (7, 40), (4, 22), (9, 8)), 255),  # round the thumb's pad
    (((37, 62), (20, 60), (-2, 50), (-30, 42)), 230),  # across the middle
    (((13, 84), (6, 76), (-10, 68), (-42, 62)), 255),  # below the fingers
    (((-24, -5), (-8, -8), (8, -8), (24, -4)), 200),  # wrist
    (((-22, -13), (-8, -15), (8, -15), (22, -13)), 110),
    (((36, 111), (26, 109), (16, 110)), 200),  # roots of the fingers
    (((14, 112), (4, 110), (-6, 112)), 200),
    (((-6, 109), (-16, 106), (-25, 105)), 200),
    (((-24, 99), (-33, 96), (-42, 95)), 200),
)
_PALM_PADS_MM = ((24, 34, 13), (-25, 30, 11), (26, 84, 8), (5, 88, 8), (-15, 82, 8), (-32, 72, 8))


@dataclass(frozen=True, slots=True)
class Look:
    """A person and a light.

    Attributes:
        tone: 0 to 1, skin from pale to dark.
        cloth_bgr: Colour of the sleeve, 0 to 255.
        light: Unit vector to the light, optical frame.
        ambient: 0 to 1, share of light without direction.
    """

    tone: float
    cloth_bgr: tuple[float, float, float]
    light: tuple[float, float, float]
    ambient: float

    @staticmethod
    def random(random: np.random.Generator, tone: float) -> Look:
        """Draw a light above the camera, to one side, and a sleeve."""
        light = np.array([random.uniform(-0.7, 0.7), random.uniform(-0.9, -0.3), -1.0])
        light /= np.linalg.norm(light)
        blue, green, red = random.uniform(35, 190, 3)
        return Look(
            tone,
            (float(blue), float(green), float(red)),
            (float(light[0]), float(light[1]), float(light[2])),
            float(random.uniform(0.38, 0.5)),
        )


@dataclass(frozen=True, slots=True)
class Skin:
    """Places of a hand and its sleeve, float32 [n] each from 0 to 1 unless said.

    Attributes:
        normal: float32 [3, n], unit vectors out of the skin, optical frame.
        palm: Whether it is skin of the palm rather than of the back.
        nail: Whether it is a nail.
        flush: How rosy a fingertip is.
        crease: How deep the crease of a joint is.
        flat: Whether it belongs to the palm's middle, which has lines and pads.
        lines: How dark the palm's lines are.
        pads: How rosy the palm's pads are.
        cloth: Whether it is a sleeve.
        open_sky: Share of the sky seen.
    """

    normal: Floats
    palm: Floats
    nail: Floats
    flush: Floats
    crease: Floats
    flat: Floats
    lines: Floats
    pads: Floats
    cloth: Floats
    open_sky: Floats


def shade(surface: Surface, body: Body, look: Look, facing: NDArray[np.float64], on_palm: Floats) -> Floats:
    """Colour the pixels of a surface.

    Args:
        surface: What the rays hit.
        body: The same body, in the optical frame.
        look: Person and light.
        facing: [3], direction out of the palm, optical frame.
        on_palm: float32 [2, n], where the pixels lie in the hand's frame, metres: towards the thumb,
            towards the fingers.

    Returns:
        float32 [3, n], blue, green, red, 0 to 255.
    """
    normal = np.stack([surface.blend(axis) for axis in surface.outward])
    normal /= np.sqrt((normal * normal).sum(0)) + np.float32(1e-6)
    palmar = np.einsum("cm,mc->m", surface.outward, body.palmar.astype(np.float32)[surface.part])
    bones = body.bones[surface.part]
    tips = (bones == 2).astype(np.float32)
    nail = surface.blend(tips * ramp(-palmar, 0.66, 0.76) * ramp(surface.along, 0.42, 0.50))
    flush = surface.blend(tips * surface.along)
    crease = surface.blend((bones > 0) * np.maximum(1.0 - 14.0 * surface.along, 0.0) * ramp(palmar, 0.1, 0.6))
    flat = surface.blend((bones < 0).astype(np.float32))
    cloth = surface.blend(body.cloth.astype(np.float32)[surface.part])

    lines, pads = palm_marks(on_palm)
    skin = Skin(
        normal=normal,
        palm=ramp(np.asarray(facing, np.float32) @ normal, -0.35, 0.25),
        nail=nail,
        flush=flush,
        crease=crease,
        flat=flat,
        lines=lines,
        pads=pads,
        cloth=cloth,
        open_sky=_openness(surface),
    )
    return colour_skin(skin, look)


def colour_skin(skin: Skin, look: Look) -> Floats:
    """Colour places of a hand and its sleeve under a light.

    Args:
        skin: The places.
        look: Person and light.

    Returns:
        float32 [3, n], blue, green, red, 0 to 255.
    """
    tone = np.array([1.0 - look.tone, look.tone], np.float32)
    back_bgr, palm_bgr = tone @ _BACK_BGR, tone @ _PALM_BGR
    colour = back_bgr[:, None] + (palm_bgr - back_bgr)[:, None] * skin.palm
    colour[:2] *= 1.0 - 0.09 * skin.flush
    colour += _NAIL_BGR * skin.nail
    colour *= 1.0 - _CREASE_BGR * (0.8 * skin.crease + skin.lines * skin.palm * skin.flat)
    colour[:2] *= 1.0 - 0.10 * skin.pads * skin.palm * skin.flat
    colour += (np.array(look.cloth_bgr, np.float32)[:, None] - colour) * skin.cloth

    lit = np.asarray(look.light, np.float32) @ skin.normal
    wrap = _WRAP_BGR * (1.0 - skin.cloth)
    diffuse = np.maximum((lit + wrap) / (1.0 + wrap), 0.0)
    colour *= (look.ambient + (1.0 - look.ambient) * diffuse) * skin.open_sky
    shine = np.asarray([look.light[0], look.light[1], look.light[2] - 1.0], np.float32)
    shine /= np.linalg.norm(shine)
    gloss = np.maximum(shine @ skin.normal, 0.0) ** 24
    colour += gloss * (14.0 + 40.0 * skin.nail) * (1.0 - skin.cloth)
    return colour.astype(np.float32, copy=False)


def palm_marks(on_palm: Floats) -> tuple[Floats, Floats]:
    """Look up the palm's lines and its rosy pads at places on the palm [2, n]: 0 to 1, float32 [n] each."""
    marks = _palm_map()
    column, row = (
        np.clip((places - low) * np.float32(1.0 / _MAP_PIXEL_M), 0, limit - 1).astype(np.intp)
        for places, low, limit in zip(on_palm, (_MAP_LEFT_M, _MAP_LOWEST_M), marks.shape[1::-1], strict=False)
    )
    lines: Floats = marks[row, column, 0]
    pads: Floats = marks[row, column, 1]
    return lines, pads


@lru_cache(maxsize=1)
def _palm_map() -> Floats:
    """Draw the palm of a right hand: channel 0 lines, channel 1 rosy pads, float32 [h, w, 2]."""
    lines, pads = (np.zeros((300, 220), np.uint8) for _ in range(2))
    scale = 1e-3 / _MAP_PIXEL_M
    low = np.array([_MAP_LEFT_M, _MAP_LOWEST_M]) / _MAP_PIXEL_M
    for points_mm, strength in _PALM_LINES_MM:
        smooth = _smooth_curve(np.array(points_mm, np.float64)) * scale - low
        cv2.polylines(lines, [np.rint(smooth * 8).astype(np.int32)], False, strength, 2, cv2.LINE_AA, 3)
    for x, y, radius in _PALM_PADS_MM:
        middle = np.rint(np.array([x, y]) * scale - low).astype(int)
        cv2.circle(pads, tuple(middle.tolist()), round(radius * scale), 255, -1)
    drawn = [cv2.GaussianBlur(lines, (0, 0), 1.2), cv2.GaussianBlur(pads, (0, 0), 10.0)]
    marks: Floats = np.stack(drawn, axis=-1).astype(np.float32) / np.float32(255.0)
    return marks


def _smooth_curve(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw a polynomial curve through points [n, 2]: [24, 2]."""
    at, fine = np.linspace(0, 1, len(points)), np.linspace(0, 1, 24)
    return np.stack([np.polyval(np.polyfit(at, axis, len(points) - 1), fine) for axis in points.T], axis=1)


def _openness(surface: Surface) -> Floats:
    """Darken what lies behind its neighbourhood: share of the sky seen, float32 [n]."""
    inside = surface.gap < 0.0
    mean = float(surface.depth[inside].mean()) if inside.any() else 1.0
    depth = surface.spread(np.where(inside, surface.depth, np.float32(mean)), mean)
    weight = surface.spread(inside.astype(np.float32), 0.0)
    side = 2 * round(_SKY_M / (surface.ray_pitch * mean)) + 1
    around = cv2.blur(depth * weight, (side, side)) / (cv2.blur(weight, (side, side)) + np.float32(1e-3))
    behind = surface.depth - around.reshape(-1)[surface.pixels]
    opened: Floats = 1.0 - 0.38 * ramp(behind, 0.001, 0.018)
    return opened


def ramp(x: Floats, low: float, high: float) -> Floats:
    """Rise from 0 at low to 1 at high."""
    risen: Floats = np.clip((x - np.float32(low)) * np.float32(1.0 / (high - low)), 0.0, 1.0)
    return risen
