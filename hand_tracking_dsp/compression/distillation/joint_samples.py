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

"""Crops of a joint training, out of a pack of pictures, and rendered hands that others draw meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np
import torch
from torch import Tensor

from hand_tracking_dsp.compression.data.packed_crops import packed_crops
from hand_tracking_dsp.compression.data.picture_pack import PackedPicture, PictureKind
from hand_tracking_dsp.compression.distillation.batch_changes import Draw
from hand_tracking_dsp.compression.distillation.batch_maker import BatchOptions, LabelledBatch, change_batch
from hand_tracking_dsp.compression.distillation.clean_crops import (
    WEIGHT,
    CleanCrops,
    DeviceTeacher,
    EmptyCutter,
    HandCutter,
    in_parts,
    label_rendered,
)
from hand_tracking_dsp.compression.distillation.samples import (
    Recipe,
    TrainingSamples,
    make_shard,
    missing_shards,
    sample_pool,
)
from hand_tracking_dsp.errors import ConfigurationError

CHANGED = "covered and changed"
"""Name of the set of all hands to measure on, changed as the crops are that are trained on."""

_CHANGED = 384
_PART = {"cuda": 512, "cpu": 32}


def validation_sets(pictures: Sequence[PackedPicture], teacher: DeviceTeacher) -> dict[str, LabelledBatch]:
    """Label the pictures of a pack that are measured on, by source, on the teacher's device.

    Presence is 0 where nothing is a hand, whatever the teacher says.
    """
    sets = {}
    for kind, presence in ((PictureKind.CROP, 1.0), (PictureKind.EMPTY_CROP, 0.0)):
        for name, crops in packed_crops(pictures, kind).items():
            images = torch.from_numpy(crops.images).permute(0, 3, 1, 2).to(teacher.device).float() / 255
            labels = label_all(images, teacher)
            labels[WEIGHT] = torch.ones_like(labels["presence"])
            labels["presence"] = presence * labels["presence"]
            sets[name] = images, labels
    return sets


def label_all(images: Tensor, teacher: DeviceTeacher) -> dict[str, Tensor]:
    """Label crops, float [n, 3, 224, 224], 0 to 1, a part at a time: as DeviceTeacher.label, float32."""
    parts = [teacher.label(part) for part in images.split(_part(teacher))]
    return {name: torch.cat([part[name] for part in parts]).float() for name in parts[0]}


def changed_set(
    sets: Mapping[str, LabelledBatch], empty: CleanCrops, options: BatchOptions, device: str
) -> LabelledBatch | None:
    """Change the hands of validation sets as batches are changed, always alike; None where there are none.

    On the crops as they are the dense network is never wrong by its own labels.
    """
    hands = [
        (images[hand], {key: values[hand] for key, values in labels.items()})
        for images, labels in sets.values()
        if (hand := labels["presence"] > 0.5).any()
    ]
    if not hands:
        return None
    images = torch.cat([images for images, _ in hands])
    labels = {key: torch.cat([labels[key] for _, labels in hands]) for key in hands[0][1]}
    draw = Draw(0, device)
    chosen = draw.numbers(draw.cpu.permutation(len(images))[:_CHANGED])
    images, labels = images[chosen], {key: values[chosen] for key, values in labels.items()}
    textures, _ = empty.batch(draw.numbers(draw.cpu.integers(0, len(empty), len(images))))
    parts = [
        change_batch((some, {key: values[places] for key, values in labels.items()}), textures, options, draw)
        for places in torch.arange(len(images), device=images.device).split(_PART[device])
        if len(some := images[places])
    ]
    return torch.cat(parts), labels


def cut_all(
    cutter: HandCutter | EmptyCutter,
    count: int,
    draw: Draw,
    device: str,
    on_progress: Callable[[int, int], None],
) -> CleanCrops:
    """Cut so many crops out of a pack's pictures, and label them in full precision.

    Raises:
        ConfigurationError: No crop is left.
    """
    parts, done = [], 0
    with full_precision():
        for part in in_parts(cutter, count, draw, _PART[device]):
            parts.append(part)
            done = min(done + _PART[device], count)
            on_progress(done, count)
    crops = CleanCrops.of(parts)
    if not len(crops):
        msg = "The dense network takes every place without a hand for one: pack others."
        raise ConfigurationError(msg)
    return crops


@contextmanager
def full_precision() -> Iterator[None]:
    """Multiply in full precision on a GPU, for labels."""
    allowed = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = allowed


class SamplesInBackground:
    """Samples that other processes draw while this one trains; those that lie in the folder are kept.

    Args:
        recipe: Ingredients of the samples.
        count: Number of samples, rounded up to whole shards.
        folder: Folder to write to, created if missing.
        workers: Number of processes.
    """

    def __init__(self, recipe: Recipe, count: int, folder: Path, workers: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._samples, self._taken = TrainingSamples([folder]), 0
        self._pool = sample_pool(recipe, workers)
        self._jobs: list[Future[None]] = [
            self._pool.submit(make_shard, path, number, recipe.shard)
            for number, path in missing_shards(folder, count, recipe.shard)
        ]

    def __enter__(self) -> SamplesInBackground:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; what is being drawn is finished."""
        self._pool.shutdown(cancel_futures=True)

    @property
    def waiting(self) -> int:
        """Number of samples that have been drawn since the last call of new."""
        self._samples.refresh()
        return len(self._samples) - self._taken

    def new(self, teacher: DeviceTeacher) -> CleanCrops | None:
        """Label what has been drawn since the last call; None where there is nothing new.

        Raises:
            Exception: Whatever ended a process.
        """
        for job in self._jobs:
            if job.done():
                job.result()
        self._samples.refresh()
        numbers = np.arange(self._taken, len(self._samples))
        self._taken = len(self._samples)
        shares = np.array_split(numbers, max(1, len(numbers) // _part(teacher)))
        with full_precision():
            parts = [label_rendered(*self._samples.batch(some), teacher) for some in shares if len(some)]
        return CleanCrops.of(parts) if parts else None


def _part(teacher: DeviceTeacher) -> int:
    return _PART[teacher.device]
