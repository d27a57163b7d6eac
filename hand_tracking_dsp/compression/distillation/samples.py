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

"""Labelled samples on disk, made once by several processes and read at random while training."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.data.augment import Augmentation
from hand_tracking_dsp.compression.data.crops import SIZE
from hand_tracking_dsp.compression.data.varied import LocatedHands, VariedHands, truth_or_nan
from hand_tracking_dsp.compression.distillation.teacher import Teacher
from hand_tracking_dsp.hand import JOINT_COUNT

_IMAGES, _LABELS = "images.npy", "labels.npz"

Labels = dict[str, NDArray[np.generic]]
"""Labels by name: landmarks and world_landmarks float32 [n, 63], presence and handedness float32 [n],
features float16 [n, channels], truth float32 [n, 21, 2] (NaN where unknown)."""

Validation = Mapping[str, tuple[NDArray[Any], Labels]]
"""Validation sets by name: images uint8 [n, 224, 224, 3], or the input of a tail, float16 [n, height, width,
channels], and the teacher's labels."""


@dataclass(frozen=True, slots=True)
class SampleRecipe:
    """Ingredients of samples.

    Attributes:
        teacher: Serialized dense network.
        synthetic: Share of synthetic hands, 0 to 1.
        shard: Number of samples in one file.
    """

    located: Sequence[LocatedHands]
    teacher: bytes
    options: Augmentation
    synthetic: float
    seed: int
    shard: int = 1024


def make_samples(
    recipe: SampleRecipe,
    count: int,
    folder: Path,
    workers: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> None:
    """Make samples in whole shards, in several processes; existing shards are kept.

    Args:
        recipe: Ingredients of the samples.
        count: Number of samples, rounded up to whole shards.
        folder: Folder to write to, created if missing.
        workers: Number of processes.
        on_progress: Called with the shards done and their number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = -(-count // recipe.shard)
    missing = [i for i in range(wanted) if not _shard(folder, i).is_dir()]
    report = on_progress or (lambda *_: None)
    report(wanted - len(missing), wanted)
    # Forked processes would share ONNX Runtime's threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare, initargs=(recipe,)) as pool:
        jobs = [pool.submit(_make_shard, _shard(folder, i), i, recipe.shard) for i in missing]
        for done, job in enumerate(as_completed(jobs), start=wanted - len(missing) + 1):
            job.result()
            report(done, wanted)


class TrainingSamples:
    """Samples of one or several folders of make_samples, read from disk on demand."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)
        self._paths: list[Path] = []
        self._images: list[NDArray[Any]] = []
        self._labels: list[Labels] = []
        self.refresh()

    def refresh(self) -> None:
        """Add shards that have been finished since."""
        for path in sorted(path for folder in self.folders for path in folder.glob("shard-*")):
            if path.suffix or path in self._paths:
                continue
            self._paths.append(path)
            self._images.append(np.load(path / _IMAGES, mmap_mode="r", allow_pickle=False))
            with np.load(path / _LABELS, allow_pickle=False) as labels:
                self._labels.append({name: labels[name] for name in labels.files})

    def __len__(self) -> int:
        return len(self._images) * self._shard

    def batch(self, indices: NDArray[np.int64]) -> tuple[NDArray[np.uint8], Labels]:
        """Read some samples by their indices, int64 [n].

        Returns:
            Images, uint8 [n, 224, 224, 3] RGB, and their labels.
        """
        places = [divmod(int(i), self._shard) for i in indices]
        images = np.stack([self._images[shard][i] for shard, i in places])
        labels = {
            name: np.stack([self._labels[shard][name][i] for shard, i in places]) for name in self._labels[0]
        }
        return images, labels

    @property
    def _shard(self) -> int:
        """Number of samples in each file."""
        return len(self._images[0]) if self._images else 0

    def batches(self, size: int, seed: int) -> Iterator[tuple[NDArray[np.uint8], Labels]]:
        """Read all samples in random order, over and over, each time with the shards finished by then.

        A batch has all samples where there are fewer than its size.
        """
        random = np.random.default_rng(seed)
        while True:
            self.refresh()
            order = random.permutation(len(self))
            for start in range(0, max(len(order) - size + 1, 1), size):
                yield self.batch(order[start : start + size])


_makers: list[tuple[VariedHands, Teacher]] = []


def _prepare(recipe: SampleRecipe) -> None:
    """Set up a worker process."""
    cv2.setNumThreads(1)
    teacher = Teacher(onnx.load_from_string(recipe.teacher))
    hands = VariedHands(
        recipe.located,
        lambda crop: teacher.label(crop)["landmarks"].reshape(JOINT_COUNT, 3),
        recipe.options,
        recipe.synthetic,
        seed=recipe.seed,
    )
    _makers.append((hands, teacher))


def _make_shard(path: Path, number: int, size: int) -> None:
    hands, teacher = _makers[0]
    images = np.empty((size, SIZE, SIZE, 3), np.uint8)
    outputs = []
    truths = np.empty((size, JOINT_COUNT, 2), np.float32)
    for i in range(size):
        hand = hands.make(number * size + i)
        images[i] = hand.image
        truths[i] = truth_or_nan(hand.truth)
        outputs.append(teacher.label(hand.image))
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.mkdir(exist_ok=True)
    np.save(unfinished / _IMAGES, images)
    labels: dict[str, Any] = {**_labels(outputs, truths)}
    np.savez(unfinished / _LABELS, **labels)
    unfinished.rename(path)


def _shard(folder: Path, number: int) -> Path:
    return folder / f"shard-{number:05d}"


def label_images(images: NDArray[np.uint8], teacher: Teacher) -> Labels:
    """Label crops, uint8 [n, 224, 224, 3] RGB, for validation."""
    return _labels([teacher.label(image) for image in images], np.full((len(images), JOINT_COUNT, 2), np.nan))


def _labels(outputs: Sequence[Mapping[str, NDArray[Any]]], truth: NDArray[np.floating[Any]]) -> Labels:
    labels: Labels = {name: np.stack([output[name] for output in outputs]) for name in outputs[0]}
    return {**labels, "truth": truth.astype(np.float32)}
