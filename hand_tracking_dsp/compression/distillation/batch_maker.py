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

"""Batches of changed crops with the labels of the clean ones, made on the device that trains."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from hand_tracking_dsp.compression.distillation.batch_changes import ChangeShares, Draw, change_all
from hand_tracking_dsp.compression.distillation.batch_occlusion import (
    HandBatch,
    OcclusionShares,
    occlude_all,
)
from hand_tracking_dsp.compression.distillation.clean_crops import CleanCrops
from hand_tracking_dsp.hand import JOINT_COUNT

LabelledBatch = tuple[Tensor, dict[str, Tensor]]
"""Crops, float32 [n, 3, 224, 224], 0 to 1, and their labels."""

_TEXTURES = 96


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """Contents of a batch.

    Attributes:
        size: Number of samples.
        real, rendered: Shares of real and rendered hands; the rest is without a hand.
        clean: Share of the crops that are shown as they are.
        changes: Shares of the others that cameras and light change.
        occlusion: Shares of the others that are covered.
    """

    size: int = 256
    real: float = 0.52
    rendered: float = 0.13
    clean: float = 0.2
    changes: ChangeShares = field(default_factory=ChangeShares)
    occlusion: OcclusionShares = field(default_factory=OcclusionShares)


class BatchMaker:
    """Makes batches of changed crops with the labels of the clean ones.

    Args:
        real: Crops of real hands.
        rendered: Crops of rendered hands; may be empty.
        empty: Crops without a hand.
        options: Contents of a batch.
    """

    def __init__(
        self, real: CleanCrops, rendered: CleanCrops | None, empty: CleanCrops, options: BatchOptions
    ) -> None:
        self._parts = [part for part in (real, rendered, empty) if part is not None]
        shares = [options.real, options.rendered]
        if rendered is None:
            shares = [sum(shares)]
        counts = [round(share * options.size) for share in shares]
        self._counts = [*counts, options.size - sum(counts)]
        self._options = options

    def make(self, draw: Draw) -> LabelledBatch:
        """Make a batch."""
        taken = [
            part.batch(draw.numbers(draw.cpu.integers(0, len(part), count)))
            for part, count in zip(self._parts, self._counts, strict=True)
        ]
        images = torch.cat([images for images, _ in taken])
        labels = {name: torch.cat([one[name] for _, one in taken]) for name in taken[0][1]}
        # So that every change meets every kind.
        order = draw.numbers(draw.cpu.permutation(len(images)))
        images, labels = images[order], {name: values[order] for name, values in labels.items()}
        hand = labels["presence"] > 0.5
        points = labels["landmarks"].view(-1, JOINT_COUNT, 3)[..., :2]
        somebody = points[draw.numbers(draw.cpu.integers(0, len(points), len(points)))]
        points = torch.where(hand[:, None, None], points, somebody)
        textures = self._parts[-1].batch(draw.numbers(draw.cpu.integers(0, len(self._parts[-1]), _TEXTURES)))[
            0
        ]
        options = self._options
        changed = occlude_all(HandBatch(images, points, hand), textures, options.occlusion, draw)
        changed = change_all(changed, options.changes, draw)
        clean = draw.chosen(len(images), options.clean)
        changed[clean] = images[clean]
        return changed, labels

    def use_rendered(self, rendered: CleanCrops) -> None:
        """Take other rendered hands from now on, where there were some before."""
        if len(self._parts) == 3:
            self._parts[1] = rendered
