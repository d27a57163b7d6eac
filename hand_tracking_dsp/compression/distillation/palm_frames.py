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

"""Frames to train palm detectors on, made on the device that trains, with the dense detector's answers.

A frame shows a whole picture, or a part of it, or the picture small before another one, which may show hands,
too. The dense detector labels the clean frame; students see it covered and changed by cameras and light.
Where no hand is, there is no palm, whatever the dense detector says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import onnx
import torch
from torch import Tensor
from torch.nn import functional

from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.picture_pack import SIDE_PX
from hand_tracking_dsp.compression.distillation.batch_changes import ChangeShares, Draw, change_all
from hand_tracking_dsp.compression.distillation.batch_geometry import (
    Atlas,
    at_points,
    crop_grid,
    distance_to_segments,
    soft_mask,
    turned_unit,
)
from hand_tracking_dsp.compression.distillation.batch_maker import LabelledBatch
from hand_tracking_dsp.compression.distillation.network import OnnxNetwork
from hand_tracking_dsp.compression.palm.near import resized
from hand_tracking_dsp.compression.palm.rewrite import project_before_resize
from hand_tracking_dsp.compression.statues.palms import KEPT
from hand_tracking_dsp.tracking.anchors import palm_anchors
from hand_tracking_dsp.tracking.backends import Session
from hand_tracking_dsp.tracking.palm import letterboxed
from hand_tracking_dsp.tracking.types import Image

_Network = Callable[[Tensor], tuple[Tensor, Tensor]]

NO_PALM = -20.0
"""Logit where there is no palm."""

# Widest and smallest view of a picture, in sides of it.
_HANDS_VIEW, _EMPTY_VIEW = (0.45, 6.0), (0.22, 4.0)
_TURN_DEG, _ANY_TURN = 15.0, 0.15
_BACKDROP_VIEW = (0.5, 1.0)
# Shares of the backdrops that are black, as a letterboxed image is, and that show colours alone.
_BLACK, _COLOURS, _COLOUR_CELLS = 0.2, 0.15, 6
# Share of a cell that a picture of hands covers, below which no palm is there.
_SHOWN = 0.5
# A cover's length, half its width and its distance from a palm, in sides of the palm.
_COVER_LENGTH, _COVER_WIDTH, _COVER_AWAY = (0.3, 2.5), (0.06, 0.3), 0.8
_PALM_SIDES = (0.08, 0.4)
"""Sides of palms that are made up where there are none, in sides of the frame."""


@dataclass(frozen=True, slots=True)
class FrameOptions:
    """Contents of a batch of frames.

    Attributes:
        size: Number of frames.
        sides: Sides of the frames, pixels; the batches take turns.
        empty: Share of the frames without a hand.
        crowded: Share of the others that show a second picture of hands behind the first.
        clean: Share of the frames that are shown as they are.
        covered: Share of the others in which something lies over a palm, or anywhere where there is none.
        changes: Shares of the others that cameras and light change.
    """

    size: int = 64
    sides: tuple[int, ...] = (192, 192, 128)
    empty: float = 0.2
    crowded: float = 0.4
    clean: float = 0.25
    covered: float = 0.3
    changes: ChangeShares = field(
        default_factory=lambda: ChangeShares(light=0.3, small=0.2, motion=0.15, extent=0.25)
    )


class PalmTeacher:
    """Palm detectors that label frames on a device: a dense one, and others that may object.

    Args:
        models: Palm networks with the float input. The first is the teacher. Where another sees a palm that
            it does not see, nothing is taught: one of them is wrong.
        device: Where they run.
    """

    def __init__(self, models: Sequence[onnx.ModelProto], device: str) -> None:
        self.device = device
        make = _on_cpu if device == "cpu" else partial(_on_device, device=device)
        self._networks = [make(project_before_resize(model)) for model in models]

    @torch.no_grad()
    def label(self, images: Tensor) -> dict[str, Tensor]:
        """Label frames, float [n, 3, side, side], 0 to 1, with labels as those of statues.palms.labels_of."""
        (boxes, scores), *others = (network(images) for network in self._networks)
        taught = torch.ones_like(scores)
        for _, second in others:
            taught[(second > 0) & (scores <= 0)] = 0
        anchors = scores.topk(min(KEPT, scores.shape[1]), 1).indices
        best = boxes.gather(1, anchors[:, :, None].expand(-1, -1, boxes.shape[2]))
        return {"scores": scores, "taught": taught, "anchors": anchors, "boxes": best}


class PictureViews:
    """Pictures on a device, of which frames are made.

    Args:
        images: uint8 [height, width, 3] each, BGR.
        device: Device to keep them on.
    """

    def __init__(self, images: Sequence[Image], device: str) -> None:
        self.atlas = Atlas([letterboxed(image, size=SIDE_PX) for image in images], device)
        extents = [[image.shape[1], image.shape[0]] for image in images]
        shape = torch.tensor(extents, dtype=torch.float32, device=device)
        self.half_extents = SIDE_PX / 2 * shape / shape.amax(1, keepdim=True)

    def __len__(self) -> int:
        return len(self.atlas)

    def cut(self, draw: Draw, count: int, view: tuple[float, float], side: int) -> tuple[Tensor, Tensor]:
        """Cut views of random pictures.

        Args:
            draw: Random numbers.
            count: Number of views.
            view: Smallest and widest view, in sides of a picture.
            side: Side of the views, pixels.

        Returns:
            float32 [n, 3, side, side], RGB, 0 to 1, and the shares of the pixels that the picture covers,
            float32 [n, side, side].
        """
        numbers = draw.numbers(draw.cpu.integers(0, len(self), count))
        size = draw.uniform(math.log(view[0]), math.log(view[1]), count).exp() * SIDE_PX
        # A small view stays inside the picture; a wide one shows it anywhere.
        room = (size - SIDE_PX).abs()[:, None] / 2 + 0.1 * SIDE_PX
        middle = SIDE_PX / 2 + draw.uniform(-1, 1, count, 2) * room
        turn = draw.normal(math.radians(_TURN_DEG), count)
        around = draw.uniform(-math.pi, math.pi, count)
        turn = torch.where(draw.uniform(0, 1, count) < _ANY_TURN, around, turn)
        regions = torch.cat([middle, size[:, None], turn[:, None]], 1)
        mirrored = draw.uniform(0, 1, count) < 0.5
        images = self.atlas.cut(numbers, regions, mirrored, side)
        places = crop_grid(regions, side)
        places = torch.where(mirrored[:, None, None, None], places.flip(2), places) - SIDE_PX / 2
        outside = (places.abs() - self.half_extents[numbers][:, None, None]).amax(-1)
        return images, soft_mask(outside * (side / size)[:, None, None], 0.5)


class FrameMaker:
    """Makes batches of frames.

    Args:
        hands: Pictures of hands.
        empty: Pictures without a hand.
        teacher: Dense detector.
        options: Contents of a batch.
    """

    def __init__(
        self, hands: PictureViews, empty: PictureViews, teacher: PalmTeacher, options: FrameOptions
    ) -> None:
        self._hands, self._empty, self._teacher, self._options = hands, empty, teacher, options
        self._made = 0

    def make(self, draw: Draw) -> LabelledBatch:
        """Make a batch; its frames are of the next size."""
        options = self._options
        side = options.sides[self._made % len(options.sides)]
        self._made += 1
        count = round(options.empty * options.size)
        return self.changed(*self.clean(draw, options.size - count, count, side), draw)

    def changed(self, images: Tensor, labels: dict[str, Tensor], draw: Draw) -> LabelledBatch:
        """Cover and change clean frames, but a share of them."""
        options = self._options
        seen = images.clone()
        chosen = draw.chosen(len(seen), options.covered)
        if len(chosen):
            textures, _ = self._empty.cut(draw, len(chosen), (0.05, 0.4), images.shape[-1])
            some = {name: values[chosen] for name, values in labels.items()}
            seen[chosen] = _covered(seen[chosen], textures, some, draw)
        seen = change_all(seen, options.changes, draw)
        clean = draw.chosen(len(images), options.clean)
        seen[clean] = images[clean]
        return seen, labels

    def clean(self, draw: Draw, hands: int, empty: int, side: int) -> LabelledBatch:
        """Make frames of hands, then frames without one, that nothing covers or changes."""
        pictures, shown = self._hands.cut(draw, hands, _HANDS_VIEW, side)
        there = shown[:, None].clone()
        none, inside = self._empty.cut(draw, empty, _EMPTY_VIEW, side)
        behind = self._backdrops(draw, hands + empty, side)
        crowded = draw.chosen(hands, self._options.crowded)
        if len(crowded):
            others, seen = self._hands.cut(draw, len(crowded), _HANDS_VIEW, side)
            behind[crowded] = torch.lerp(behind[crowded], others, seen[:, None])
            shown[crowded] = torch.maximum(shown[crowded], seen)
        shows = torch.cat([there, inside[:, None]])
        images = torch.lerp(behind, torch.cat([pictures, none]), shows)
        labels = self._teacher.label(images)
        nothing = torch.ones_like(labels["scores"], dtype=torch.bool)
        nothing[:hands] = at_points(shown, anchor_places(hands, side, images.device)) < _SHOWN
        labels["scores"][nothing] = NO_PALM
        labels["taught"][nothing] = 1
        return images, labels

    def _backdrops(self, draw: Draw, count: int, side: int) -> Tensor:
        """Make what is behind pictures of hands: pictures without one, their colours alone, or black."""
        images, inside = self._empty.cut(draw, count, _BACKDROP_VIEW, side)
        images = images * inside[:, None]
        few = functional.interpolate(images, size=(_COLOUR_CELLS, _COLOUR_CELLS), mode="area")
        colours = functional.interpolate(few, size=(side, side), mode="bilinear")
        kind = draw.uniform(0, 1, count)[:, None, None, None]
        images = torch.where(kind < _COLOURS + _BLACK, colours, images)
        return torch.where(kind < _BLACK, torch.zeros_like(images), images)


def _on_device(model: onnx.ModelProto, device: str) -> _Network:
    network = any_size(OnnxNetwork(model)).eval().to(device)

    def run(images: Tensor) -> tuple[Tensor, Tensor]:
        found = network(images)
        return found["boxes"], found["scores"][:, :, 0]

    return run


def _on_cpu(model: onnx.ModelProto) -> _Network:
    """Run in ONNX Runtime, three times as fast as PyTorch on a CPU."""
    sessions: dict[int, Session] = {}

    def run(images: Tensor) -> tuple[Tensor, Tensor]:
        side = images.shape[-1]
        if side not in sessions:
            sessions[side] = open_exact(resized(model, side))
        found = [sessions[side].run(image[None]) for image in images.numpy()]
        boxes, scores = (torch.from_numpy(np.concatenate(column)) for column in zip(*found, strict=True))
        return boxes, scores[:, :, 0]

    return run


def any_size(network: OnnxNetwork) -> OnnxNetwork:
    """Let a palm network, all of it convolutions, take images of any size that its strides divide."""
    for shape in network.shapes.values():
        if len(shape) > 1:
            shape[1] = -1
    return network


def anchor_places(count: int, side: int, device: torch.device) -> Tensor:
    """Return the places of the anchors in frames, float32 [count, anchors, 2], pixels."""
    return torch.from_numpy(palm_anchors(side) * side).to(device).expand(count, -1, -1)


def _covered(images: Tensor, textures: Tensor, labels: dict[str, Tensor], draw: Draw) -> Tensor:
    """Lay a bar of another picture over a part of each frame's best palm, or anywhere without one."""
    count, side = len(images), images.shape[-1]
    best, box = labels["anchors"][:, 0], labels["boxes"][:, 0]
    palm = anchor_places(count, side, images.device)[torch.arange(count, device=images.device), best]
    seen = labels["scores"].gather(1, best[:, None]) > 0
    middle = torch.where(seen, palm + box[:, :2], draw.uniform(0, side, count, 2))
    made_up = draw.uniform(*_PALM_SIDES, count, 1) * side
    size = torch.where(seen, box[:, 2:4].amax(1, keepdim=True), made_up)
    middle = middle + draw.uniform(-_COVER_AWAY, _COVER_AWAY, count, 2) * size
    along = turned_unit(draw.uniform(0, math.pi, count)) * size * draw.uniform(*_COVER_LENGTH, count, 1) / 2
    width = size * draw.uniform(*_COVER_WIDTH, count, 1)
    distance = distance_to_segments(middle - along, middle + along, side)
    mask = soft_mask(distance - width[:, :, None])[:, None]
    return textures * mask + images * (1 - mask)
