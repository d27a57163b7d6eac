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
from hand_tracking_dsp.compression.distillation.clean_crops import WEIGHT, CleanCrops, DeviceTeacher
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
        as_seen: Share of the hands that are labelled as the dense network sees the changed crop, if it sees a
            hand there; the others have the label of the clean one.
        changes: Shares of the others that cameras and light change.
        occlusion: Shares of the others that are covered.
    """

    size: int = 256
    real: float = 0.52
    rendered: float = 0.13
    clean: float = 0.2
    as_seen: float = 0.0
    changes: ChangeShares = field(default_factory=ChangeShares)
    occlusion: OcclusionShares = field(default_factory=OcclusionShares)


class BatchMaker:
    """Makes batches of changed crops with the labels of the clean ones.

    Args:
        real: Crops of real hands.
        rendered: Crops of rendered hands; None: real ones take their share.
        empty: Crops without a hand.
        options: Contents of a batch.
        teacher: Dense network, where some are labelled as they are seen.
    """

    def __init__(
        self,
        real: CleanCrops,
        rendered: CleanCrops | None,
        empty: CleanCrops,
        options: BatchOptions,
        teacher: DeviceTeacher | None = None,
    ) -> None:
        self._real, self._empty, self._options, self._teacher = real, empty, options, teacher
        self.rendered = rendered

    def make(self, draw: Draw) -> LabelledBatch:
        """Make a batch."""
        taken = [
            part.batch(draw.numbers(draw.cpu.integers(0, len(part), count))) for part, count in self._parts()
        ]
        images = torch.cat([images for images, _ in taken])
        labels = {name: torch.cat([one[name] for _, one in taken]) for name in taken[0][1]}
        # So that every change meets every kind.
        order = draw.numbers(draw.cpu.permutation(len(images)))
        images, labels = images[order], {name: values[order] for name, values in labels.items()}
        places = draw.numbers(draw.cpu.integers(0, len(self._empty), _TEXTURES))
        textures, _ = self._empty.batch(places)
        changed = change_batch((images, labels), textures, self._options, draw)
        clean = draw.chosen(len(images), self._options.clean)
        changed[clean] = images[clean]
        if self._teacher is not None and self._options.as_seen:
            self._label_as_seen(changed, labels, self._teacher, draw)
        return changed, labels

    def _label_as_seen(
        self, images: Tensor, labels: dict[str, Tensor], teacher: DeviceTeacher, draw: Draw
    ) -> None:
        """Give a share of the hands the dense network's labels of what is shown, in place."""
        hands = (labels["presence"] > 0.5).nonzero().flatten()
        chosen = hands[draw.chosen(len(hands), self._options.as_seen)]
        if not len(chosen):
            return
        seen = {name: values.float() for name, values in teacher.label(images[chosen]).items()}
        seen[WEIGHT] = torch.ones_like(seen["presence"])
        there = seen["presence"] > 0.5
        for name, values in seen.items():
            labels[name][chosen[there]] = values[there]

    def _parts(self) -> list[tuple[CleanCrops, int]]:
        """Return what a batch is made of, with the number of each."""
        options = self._options
        rendered = round(options.rendered * options.size) if self.rendered else 0
        real = round((options.real + options.rendered) * options.size) - rendered
        parts = [(self._real, real), (self._empty, options.size - real - rendered)]
        return [(self.rendered, rendered), *parts] if self.rendered else parts


def change_batch(batch: LabelledBatch, textures: Tensor, options: BatchOptions, draw: Draw) -> Tensor:
    """Cover crops and change them as cameras and light do; where there is no hand, as if there were one."""
    images, labels = batch
    hand = labels["presence"] > 0.5
    points = labels["landmarks"].view(-1, JOINT_COUNT, 3)[..., :2]
    somebody = points[draw.numbers(draw.cpu.integers(0, len(points), len(points)))]
    points = torch.where(hand[:, None, None], points, somebody)
    covered = occlude_all(HandBatch(images, points, hand), textures, options.occlusion, draw)
    return change_all(covered, options.changes, draw)
