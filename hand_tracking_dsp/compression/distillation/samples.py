"""Labelled samples on disk: made once by several processes, read at random while training."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
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
from hand_tracking_dsp.compression.data.varied import Placed, VariedHands, truth_or_nan
from hand_tracking_dsp.compression.distillation.teacher import Lesson, Teacher
from hand_tracking_dsp.hand import JOINT_COUNT

_IMAGES, _LABELS = "images.npy", "labels.npz"

Labels = dict[str, NDArray[np.generic]]
"""By name: landmarks and world_landmarks float32 [n, 63], presence and handedness float32 [n], features
float16 [n, channels], truth float32 [n, 21, 2] (NaN where unknown)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What samples are made of.

    Attributes:
        placed: Pictures and their hands.
        teacher: The dense network, serialized.
        options: How strongly to vary.
        synthetic: Share of synthetic hands, 0 to 1.
        seed: Of all chance.
        shard: Samples in one file.
    """

    placed: Sequence[Placed]
    teacher: bytes
    options: Augmentation
    synthetic: float
    seed: int
    shard: int = 1024


def make_samples(
    recipe: Recipe,
    count: int,
    folder: Path,
    workers: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> None:
    """Make samples in whole shards; shards that are there already are kept.

    Args:
        recipe: What to make.
        count: Samples wanted; rounded up to whole shards.
        folder: Where to; made if missing.
        workers: Processes.
        on_progress: Called with shards done and wanted.
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


class Samples:
    """Samples of one or several folders, read from disk as they are asked for.

    Args:
        folders: Where make_samples put them.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)
        self._paths: list[Path] = []
        self._images: list[NDArray[Any]] = []
        self._labels: list[Labels] = []
        self.refresh()

    def refresh(self) -> None:
        """Look for shards that have been finished since."""
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
        """Read some samples.

        Args:
            indices: int64 [n], 0 to below len(self).

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
        """Samples in one file, the same in all."""
        return len(self._images[0]) if self._images else 0

    def batches(self, size: int, seed: int) -> Iterator[tuple[NDArray[np.uint8], Labels]]:
        """Read all samples in random order again and again, each time with the shards that are there.

        Args:
            size: Of a batch; where there are fewer samples, all of them are one.
            seed: Of the order.
        """
        random = np.random.default_rng(seed)
        while True:
            self.refresh()
            order = random.permutation(len(self))
            for start in range(0, max(len(order) - size + 1, 1), size):
                yield self.batch(order[start : start + size])


_makers: list[tuple[VariedHands, Teacher]] = []


def _prepare(recipe: Recipe) -> None:
    """Set up a worker process."""
    cv2.setNumThreads(1)
    teacher = Teacher(onnx.load_from_string(recipe.teacher))
    hands = VariedHands(
        recipe.placed,
        lambda crop: teacher.look(crop).landmarks.reshape(JOINT_COUNT, 3),
        recipe.options,
        recipe.synthetic,
        seed=recipe.seed,
    )
    _makers.append((hands, teacher))


def _make_shard(path: Path, number: int, size: int) -> None:
    hands, teacher = _makers[0]
    images = np.empty((size, SIZE, SIZE, 3), np.uint8)
    lessons = []
    truths = np.empty((size, JOINT_COUNT, 2), np.float32)
    for i in range(size):
        hand = hands.make(number * size + i)
        images[i] = hand.image
        truths[i] = truth_or_nan(hand.truth)
        lessons.append(teacher.look(hand.image))
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.mkdir(exist_ok=True)
    np.save(unfinished / _IMAGES, images)
    labels: dict[str, Any] = {**_labels(lessons, truths)}
    np.savez(unfinished / _LABELS, **labels)
    unfinished.rename(path)


def _shard(folder: Path, number: int) -> Path:
    return folder / f"shard-{number:05d}"


def labelled(images: NDArray[np.uint8], teacher: Teacher) -> Labels:
    """Label crops for validation.

    Args:
        images: uint8 [n, 224, 224, 3], RGB.
        teacher: Who says where the hands are.
    """
    return _labels([teacher.look(image) for image in images], np.full((len(images), JOINT_COUNT, 2), np.nan))


def _labels(lessons: Sequence[Lesson], truth: NDArray[np.floating[Any]]) -> Labels:
    return {
        "landmarks": np.stack([lesson.landmarks for lesson in lessons]),
        "world_landmarks": np.stack([lesson.world_landmarks for lesson in lessons]),
        "presence": np.array([lesson.presence for lesson in lessons], np.float32),
        "handedness": np.array([lesson.handedness for lesson in lessons], np.float32),
        "features": np.stack([lesson.features for lesson in lessons]),
        "truth": truth.astype(np.float32),
    }
