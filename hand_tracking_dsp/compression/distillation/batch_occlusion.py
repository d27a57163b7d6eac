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

"""Occlusion of batches of hand crops: other backgrounds, hands, held things, cards, sleeves, cables.

The labels are those of the clean crop, so a cover that hides most joints is left away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor

from hand_tracking_dsp.compression.distillation.batch_changes import Draw
from hand_tracking_dsp.compression.distillation.batch_geometry import (
    SIZE,
    at_points,
    distance_to_segments,
    moved_grid,
    moved_points,
    pixel_grid,
    right_angle,
    sampled,
    soft_mask,
    turned_unit,
)
from hand_tracking_dsp.hand import BONES, Joint

_MOST_HIDDEN = 0.6
"""Largest share of the joints that a cover may hide."""

_KNUCKLES = (Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP)
_FINGERS = tuple(
    tuple(bone for bone in BONES if first <= min(bone) and max(bone) < first + 4)
    for first in (1, 5, 9, 13, 17)
)


@dataclass(frozen=True, slots=True)
class OcclusionShares:
    """Shares of the crops that get each cover.

    Attributes:
        background: Hands put before another background.
        second_hand: Hands that another hand covers or clasps.
        held: Hands that hold a thing, with some fingers before it.
        things: Crops with a thing anywhere before them.
        sleeve: Hands whose wrist is covered.
    """

    background: float = 0.15
    second_hand: float = 0.12
    held: float = 0.25
    things: float = 0.15
    sleeve: float = 0.08


@dataclass(frozen=True, slots=True)
class HandBatch:
    """Crops of one batch.

    Attributes:
        images: float [n, 3, 224, 224], 0 to 1.
        points: float [n, 21, 2], pixels; of crops without a hand somebody else's, to place things by.
        hand: bool [n], true where there is a hand.
    """

    images: Tensor
    points: Tensor
    hand: Tensor


def occlude_all(batch: HandBatch, textures: Tensor, shares: OcclusionShares, draw: Draw) -> Tensor:
    """Cover parts of crops.

    Args:
        batch: Crops.
        textures: float [m, 3, 224, 224], crops without a hand, for backgrounds and surfaces.
        shares: Shares of the crops that get each cover.
        draw: Random numbers.

    Returns:
        float [n, 3, 224, 224].
    """
    images = batch.images.clone()
    for cover, share in (
        (_background, shares.background),
        (_sleeve, shares.sleeve),
        (_second_hand, shares.second_hand),
        (_held, shares.held),
        (_thing, shares.things),
    ):
        chosen = draw.chosen(len(images), share)
        if len(chosen) == 0:
            continue
        part = HandBatch(images[chosen], batch.points[chosen], batch.hand[chosen])
        surface, mask = cover(part, batch, textures, draw)
        mask = mask[:, None]
        images[chosen] = part.images + (surface - part.images) * mask
    return images


def hand_masks(points: Tensor, thickness: Tensor) -> Tensor:
    """Approximate the outlines of hands by their skeletons with a forearm.

    Args:
        points: float [n, 21, 2], pixels.
        thickness: float [n], half the thickness of a finger in palms.

    Returns:
        float [n, 224, 224], 0 to 1.
    """
    palm = _palms(points)
    wrist = points[:, Joint.WRIST]
    away = wrist - points[:, Joint.MIDDLE_MCP]
    distance = distance_to_segments(wrist, wrist + 3 * away) - 0.4 * palm[:, None, None]
    for knuckle in _KNUCKLES:
        to_palm = distance_to_segments(wrist, points[:, knuckle]) - (0.23 * palm)[:, None, None]
        distance = torch.minimum(distance, to_palm)
    return soft_mask(torch.minimum(distance, _bones(points, BONES, thickness * palm)), 1.5)


def _background(part: HandBatch, _: HandBatch, textures: Tensor, draw: Draw) -> tuple[Tensor, Tensor]:
    mask = 1 - hand_masks(part.points, draw.uniform(0.15, 0.22, len(part.points)))
    return _any_texture(len(mask), textures, draw), mask * part.hand[:, None, None]


def _second_hand(part: HandBatch, batch: HandBatch, _: Tensor, draw: Draw) -> tuple[Tensor, Tensor]:
    """Put another hand of the batch before these, near enough to clasp in some cases."""
    count = len(part.images)
    others = draw.numbers(draw.cpu.integers(0, len(batch.images), count))
    reach = draw.uniform(0.12, 0.62, count) * SIZE
    shifts = turned_unit(draw.uniform(0, 2 * math.pi, count)) * reach[:, None]
    turns, scales = draw.uniform(-math.pi, math.pi, count), draw.uniform(0.7, 1.25, count)
    surface = sampled(batch.images[others], moved_grid(turns, scales, shifts))
    points = moved_points(batch.points[others], turns, scales, shifts)
    mask = hand_masks(points, draw.uniform(0.15, 0.2, count))
    usable = (part.hand & batch.hand[others])[:, None, None]
    return surface, _not_too_much(mask * usable, part.points)


def _held(part: HandBatch, _: HandBatch, textures: Tensor, draw: Draw) -> tuple[Tensor, Tensor]:
    """Put a thing between the palm and some fingers."""
    count = len(part.points)
    palm = _palms(part.points)
    # Somewhere between the middle of the palm and a fingertip.
    tips = part.points[
        torch.arange(count, device=palm.device), draw.numbers(4 * draw.cpu.integers(1, 6, count))
    ]
    middle = (part.points[:, Joint.WRIST] + part.points[:, Joint.MIDDLE_MCP]) / 2
    places = middle + (tips - middle) * draw.uniform(0, 1, count)[:, None]
    mask = _shapes(places, palm, draw)
    above = torch.zeros_like(mask)
    for finger in _FINGERS:
        shown = (draw.uniform(0, 1, count) < 0.55).float()[:, None, None]
        above = torch.maximum(above, shown * soft_mask(_bones(part.points, finger, 0.16 * palm), 1.0))
    return _surface(count, textures, draw), _not_too_much(mask * (1 - above), part.points)


def _thing(part: HandBatch, _: HandBatch, textures: Tensor, draw: Draw) -> tuple[Tensor, Tensor]:
    count = len(part.points)
    places = draw.uniform(0, SIZE, count, 2)
    mask = _shapes(places, _palms(part.points), draw)
    return _surface(count, textures, draw), _not_too_much(mask, part.points)


def _sleeve(part: HandBatch, _: HandBatch, textures: Tensor, draw: Draw) -> tuple[Tensor, Tensor]:
    """Cover forearm and wrist, up to the beginning of the palm."""
    count = len(part.points)
    palm = _palms(part.points)
    wrist = part.points[:, Joint.WRIST]
    away = wrist - part.points[:, Joint.MIDDLE_MCP]
    away = away / away.norm(dim=1, keepdim=True).clamp(min=1e-3)
    turn = draw.normal(0.25, count)
    along = turn.cos()[:, None] * away + turn.sin()[:, None] * right_angle(away)
    start = wrist - along * (draw.uniform(-0.3, 0.35, count) * palm)[:, None]
    ahead = ((pixel_grid(SIZE, palm.device)[None] - start[:, None, None]) * along[:, None, None]).sum(-1)
    distance = distance_to_segments(start, start + 4 * palm[:, None] * along)
    distance = distance - (draw.uniform(0.38, 0.8, count) * palm)[:, None, None]
    mask = soft_mask(torch.maximum(distance, -ahead))
    return _surface(count, textures, draw), _not_too_much(mask, part.points)


def _shapes(places: Tensor, palm: Tensor, draw: Draw) -> Tensor:
    """Draw things at places [n, 2]: bars and pens, cards and boxes, round ones, and irregular ones."""
    count = len(places)
    kind = draw.numbers(draw.cpu.integers(0, 4, count))[:, None, None]
    along = turned_unit(draw.uniform(0, math.pi, count))
    away = pixel_grid(SIZE, palm.device)[None] - places[:, None, None]
    x, y = (away * along[:, None, None]).sum(-1), (away * right_angle(along)[:, None, None]).sum(-1)
    unit = palm[:, None, None]
    thin = draw.uniform(math.log(0.04), math.log(0.45), count, 1, 1).exp() * unit
    bar = torch.maximum(x.abs() - draw.uniform(0.5, 2.5, count, 1, 1) * unit, y.abs() - thin)
    wide = draw.uniform(0.25, 0.9, count, 1, 1) * unit
    card = torch.maximum(x.abs() - wide, y.abs() - wide * draw.uniform(0.5, 1.0, count, 1, 1))
    radius = draw.uniform(0.2, 0.75, count, 1, 1) * unit
    stretch = draw.uniform(0.6, 1.0, count, 1, 1)
    disc = (x.square() + (y / stretch).square()).sqrt() - radius
    angle = torch.atan2(y, x)
    waves = sum(
        draw.uniform(0, 0.3 / order, count, 1, 1)
        * (order * angle + draw.uniform(0, 2 * math.pi, count, 1, 1)).cos()
        for order in (1, 2, 3, 5)
    )
    blob = away.norm(dim=-1) - radius * (1 + waves)
    distance = torch.where(kind == 0, bar, torch.where(kind == 1, card, torch.where(kind == 2, disc, blob)))
    return soft_mask(distance)


def _surface(count: int, textures: Tensor, draw: Draw) -> Tensor:
    """Make surfaces of things: cut out of pictures, plain, or between both, with a fall of light."""
    cut = _any_texture(count, textures, draw)
    plain = draw.uniform(0, 1, count, 3, 1, 1)
    share = draw.uniform(-0.4, 1.2, count, 1, 1, 1).clamp(0, 1)
    direction = turned_unit(draw.uniform(0, 2 * math.pi, count))
    places = pixel_grid(SIZE, cut.device) / SIZE - 0.5
    fall = torch.einsum("hwc,nc->nhw", places, direction)[:, None] * draw.normal(0.8, count, 1, 1, 1)
    return ((cut * share + plain * (1 - share)) * (1 + fall)).clamp(0, 1)


def _any_texture(count: int, textures: Tensor, draw: Draw) -> Tensor:
    """Choose pieces of pictures, turned and enlarged."""
    chosen = textures[draw.numbers(draw.cpu.integers(0, len(textures), count))]
    turns = draw.uniform(-math.pi, math.pi, count)
    scales, shifts = draw.uniform(1.0, 2.5, count), draw.uniform(-40, 40, count, 2)
    return sampled(chosen, moved_grid(turns, scales, shifts))


def _bones(points: Tensor, bones: tuple[tuple[int, int], ...], reach: Tensor) -> Tensor:
    """Return signed distances from bones as thick as twice the reach, float [n]."""
    distances = (distance_to_segments(points[:, start], points[:, end]) for start, end in bones)
    return reduce(torch.minimum, distances) - reach[:, None, None]


def _not_too_much(masks: Tensor, points: Tensor) -> Tensor:
    """Leave masks away that hide most of the joints."""
    hidden = at_points(masks, points).mean(1)
    return masks * (hidden < _MOST_HIDDEN).float()[:, None, None]


def _palms(points: Tensor) -> Tensor:
    return (points[:, Joint.WRIST] - points[:, Joint.MIDDLE_MCP]).norm(dim=1).clamp(min=15.0)
