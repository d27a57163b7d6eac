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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.data.augment import Augmentation
from hand_tracking_dsp.compression.data.varied import LocatedHands, VariedHands, truth_or_nan
from hand_tracking_dsp.compression.distillation.teacher import Teacher
from hand_tracking_dsp.documents import sha256_of
from hand_tracking_dsp.hand import JOINT_COUNT
from hand_tracking_dsp.tracking.types import Image

_IMAGES, _LABELS = "images.npy", "labels.npz"

Labels = dict[str, NDArray[np.generic]]
"""Labels by name: landmarks and world_landmarks float32 [n, 63], presence and handedness float32 [n],
truth float32 [n, 21, 2] (NaN where unknown); a teacher's features float16 [n, channels]; of exact labels palm
float32 [n], pixels: the distance from wrist to middle MCP in space at the wrist's distance."""

Validation = Mapping[str, tuple[NDArray[Any], Labels]]
"""Validation sets by name: images uint8 [n, 224, 224, 3], or the input of a tail, float16 [n, height, width,
channels], and the teacher's labels."""


Sample = Mapping[str, NDArray[Any]]
"""Labels of one sample, by the names of Labels."""

SampleMaker = Callable[[int], tuple[Image, Sample]]
"""Makes a sample by its number: uint8 [224, 224, 3] RGB, and its labels."""


class Recipe(Protocol):
    """Ingredients of samples, which can be sent to another process; sample i depends on them and i alone."""

    @property
    def shard(self) -> int:
        """Number of samples in one file."""

    def maker(self) -> SampleMaker:
        """Prepare what makes the samples, once in each process."""


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

    def maker(self) -> SampleMaker:
        """Prepare the teacher and the augmentation."""
        teacher = Teacher(onnx.load_from_string(self.teacher))
        hands = VariedHands(
            self.located,
            lambda crop: teacher.label(crop)["landmarks"].reshape(JOINT_COUNT, 3),
            self.options,
            self.synthetic,
            seed=self.seed,
        )

        def make(number: int) -> tuple[Image, Sample]:
            hand = hands.make(number)
            truth = truth_or_nan(hand.truth).astype(np.float32)
            return hand.image, {**teacher.label(hand.image), "truth": truth}

        return make


def make_samples(
    recipe: Recipe,
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
    missing = missing_shards(folder, count, recipe.shard)
    report = on_progress or (lambda *_: None)
    report(wanted - len(missing), wanted)
    with sample_pool(recipe, workers) as pool:
        jobs = [pool.submit(make_shard, path, i, recipe.shard) for i, path in missing]
        for done, job in enumerate(as_completed(jobs), start=wanted - len(missing) + 1):
            job.result()
            report(done, wanted)


def sample_pool(recipe: Recipe, workers: int) -> ProcessPoolExecutor:
    """Start processes in which make_shard makes samples of a recipe."""
    # Forked processes would share ONNX Runtime's threads.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare, initargs=(recipe,))


def missing_shards(folder: Path, count: int, shard: int) -> list[tuple[int, Path]]:
    """List the shards, number and folder, that are not there yet of so many samples."""
    paths = ((number, folder / f"shard-{number:05d}") for number in range(-(-count // shard)))
    return [(number, path) for number, path in paths if not path.is_dir()]


def gathered(make: SampleMaker, numbers: Iterable[int]) -> tuple[NDArray[np.uint8], Labels]:
    """Make some samples: images, uint8 [n, 224, 224, 3] RGB, and their labels."""
    images, labels = zip(*(make(number) for number in numbers), strict=True)
    return np.stack(images), _stacked(labels)


def drawn_samples(
    recipe: Recipe,
    count: int,
    work: Path,
    name: str,
    workers: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> TrainingSamples:
    """Make samples in folder_of the recipe, or use those that are there.

    Args:
        recipe: Ingredients of the samples.
        count: Number of samples, rounded up to whole shards.
        work: Folder in which theirs lies.
        name: Beginning of its name.
        workers: Number of processes.
        on_progress: Called with the shards done and their number.
    """
    folder = folder_of(recipe, work, name)
    make_samples(recipe, count, folder, workers, on_progress)
    return TrainingSamples([folder])


def folder_of(recipe: Recipe, work: Path, name: str) -> Path:
    """Return a folder for samples of a recipe in another one, named after the first of them.

    So samples that were drawn before the renderer or the drawing changed are not trained on.
    """
    image, labels = recipe.maker()(0)
    parts = [image.tobytes(), *(np.asarray(labels[key]).tobytes() for key in sorted(labels))]
    return work / f"{name}-{sha256_of(b''.join(parts))[:8]}"


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


_makers: list[SampleMaker] = []


def _prepare(recipe: Recipe) -> None:
    """Set up a worker process."""
    cv2.setNumThreads(1)
    _makers.append(recipe.maker())


def make_shard(path: Path, number: int, size: int) -> None:
    """Make one shard in a process of sample_pool."""
    images, labels = gathered(_makers[0], range(number * size, (number + 1) * size))
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.mkdir(exist_ok=True)
    np.save(unfinished / _IMAGES, images)
    named: dict[str, Any] = {**labels}
    np.savez(unfinished / _LABELS, **named)
    unfinished.rename(path)


def label_images(images: NDArray[np.uint8], teacher: Teacher) -> Labels:
    """Label crops, uint8 [n, 224, 224, 3] RGB, for validation."""
    unknown = np.full((JOINT_COUNT, 2), np.nan, np.float32)
    return _stacked([{**teacher.label(image), "truth": unknown} for image in images])


def _stacked(labels: Sequence[Sample]) -> Labels:
    return {name: np.stack([one[name] for one in labels]) for name in labels[0]}
