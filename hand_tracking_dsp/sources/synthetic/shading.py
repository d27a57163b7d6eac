"""The look of skin: palm and back, nails, creases, light that bleeds red at the edge of shadow."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.sources.synthetic.body import Body
from hand_tracking_dsp.sources.synthetic.surface import Surface

Floats = NDArray[np.float32]

_BACK_BGR = np.array([[150, 176, 222], [52, 74, 118]], np.float32)
_PALM_BGR = np.array([[160, 182, 232], [104, 130, 184]], np.float32)
"""Pale and dark skin of the back of the hand and of the palm."""

_WRAP_BGR = np.array([[0.10], [0.16], [0.38]], np.float32)
"""How far light reaches beyond the edge of shadow: farthest in red, as under skin."""

_NAIL_BGR = np.array([[12.0], [6.0], [14.0]], np.float32)


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


def shade(surface: Surface, body: Body, facing: NDArray[np.float64], look: Look) -> Floats:
    """Colour the pixels of a surface.

    Args:
        surface: What the rays hit.
        body: The same body, in the optical frame.
        facing: [3], direction out of the palm, optical frame.
        look: Person and light.

    Returns:
        float32 [3, n], blue, green, red, 0 to 255.
    """
    normal = np.stack([surface.blend(axis) for axis in surface.outward])
    normal /= np.sqrt((normal * normal).sum(0)) + np.float32(1e-6)
    pads = np.einsum("cm,mc->m", surface.outward, body.palmar.astype(np.float32)[surface.part])
    tips = body.tips[surface.part]
    nail = surface.blend(tips * _ramp(-pads, 0.66, 0.76) * _ramp(surface.along, 0.42, 0.50))
    flush = surface.blend(tips * surface.along)
    fold = np.maximum(1.0 - surface.along * 14.0, 0.0) * (surface.part < 15) * (surface.part % 3 > 0)
    crease = surface.blend(fold * _ramp(pads, 0.1, 0.6))
    cloth = surface.blend(body.cloth.astype(np.float32)[surface.part])

    palm = _ramp(np.asarray(facing, np.float32) @ normal, -0.35, 0.25)
    back_bgr, palm_bgr = (pair[0] + (pair[1] - pair[0]) * np.float32(look.tone) for pair in (_BACK_BGR, _PALM_BGR))
    colour = back_bgr[:, None] + (palm_bgr - back_bgr)[:, None] * palm
    colour[:2] *= 1.0 - 0.09 * flush
    colour += _NAIL_BGR * nail
    colour *= 1.0 - 0.22 * crease
    colour += (np.array(look.cloth_bgr, np.float32)[:, None] - colour) * cloth

    lit = np.asarray(look.light, np.float32) @ normal
    wrap = _WRAP_BGR * (1.0 - cloth)
    diffuse = np.maximum((lit + wrap) / (1.0 + wrap), 0.0)
    open_sky = _openness(surface)
    colour *= (look.ambient + (1.0 - look.ambient) * diffuse) * open_sky
    shine = np.asarray([look.light[0], look.light[1], look.light[2] - 1.0], np.float32)
    shine /= np.linalg.norm(shine)
    gloss = np.maximum(shine @ normal, 0.0) ** 24
    colour += gloss * (14.0 + 40.0 * nail) * (1.0 - cloth)
    return colour


def _openness(surface: Surface) -> Floats:
    """Darken what lies behind its neighbourhood: share of the sky seen, float32 [n]."""
    inside = surface.gap < 0.0
    mean = float(surface.depth[inside].mean()) if inside.any() else 1.0
    depth = surface.spread(np.where(inside, surface.depth, np.float32(mean)), mean)
    weight = surface.spread(inside.astype(np.float32), 0.0)
    around = cv2.blur(depth * weight, (9, 9)) / (cv2.blur(weight, (9, 9)) + np.float32(1e-3))
    behind = surface.depth - around.reshape(-1)[surface.pixels]
    opened: Floats = 1.0 - 0.45 * _ramp(behind, 0.0015, 0.016)
    return opened


def _ramp(x: Floats, low: float, high: float) -> Floats:
    """Rise from 0 at low to 1 at high."""
    risen: Floats = np.clip((x - np.float32(low)) * np.float32(1.0 / (high - low)), 0.0, 1.0)
    return risen
