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

"""Data of the comparison: crops to calibrate with, samples to train on, sets to measure on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx

from hand_tracking_dsp.compression.bank.deviation import predict
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.baselines.measure import EvaluationSet
from hand_tracking_dsp.compression.baselines.methods import Budget
from hand_tracking_dsp.compression.data.crops import Crops, collect_crops
from hand_tracking_dsp.compression.data.synthetic import SYNTHETIC, draw_pictures, synthetic_hands
from hand_tracking_dsp.compression.distillation.distill import DistillationOptions, Progress, prepare_samples
from hand_tracking_dsp.compression.distillation.samples import TrainingSamples, Validation, label_images
from hand_tracking_dsp.compression.distillation.teacher import Teacher
from hand_tracking_dsp.compression.distillation.train import DistillationTrainingOptions
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import write_text

# Synthetic pictures to train on; many samples are made of each.
_DRAWN = 400


@dataclass(frozen=True, slots=True)
class BaselineDataOptions:
    """Options of the data.

    Attributes:
        images: Folders of pictures to train on; synthetic hands are drawn where there are none.
        validation: Folders of pictures to measure on.
        samples: Folders of samples made by `distill`; samples are made of the images where there are none.
        crops: Number of hands to calibrate with, at least 32.
        exam: Number of hands of each data set to measure on, at least 32.
        count: Number of samples to make.
        workers: Number of processes that make them.
        seed: Random seed.
    """

    images: tuple[Path, ...]
    validation: tuple[Path, ...]
    samples: tuple[Path, ...] = ()
    crops: int = 480
    exam: int = 200
    count: int = 10240
    workers: int = 2
    seed: int = 0


@dataclass(frozen=True, slots=True)
class BaselineData:
    """Crops to calibrate with, samples to train on, and sets to measure on.

    Attributes:
        sets: Sets to measure on; the last one is of synthetic hands, with exact joints.
        validation: Same sets with the teacher's labels, for the curves of training.
    """

    crops: Crops
    samples: TrainingSamples
    sets: tuple[EvaluationSet, ...]
    validation: Validation


def gather(
    options: BaselineDataOptions, budget: Budget, dense: onnx.ModelProto, work: Path, report: Progress
) -> BaselineData:
    """Gather the data with the dense network's labels, or read what an earlier call has kept in the folder.

    Raises:
        SourceError: A folder is missing or holds no picture.
        ConfigurationError: A folder shows fewer than 32 hands, there are too few samples, or the work folder
            was begun with other options.
        OutputError: The work folder cannot be written.
    """
    _claim(work, options, budget)
    teacher = Teacher(dense)
    folders = options.images
    if not folders:
        folders = (work / "synthetic_hands",)
        draw_pictures(folders[0], _DRAWN, lambda done, of: report("drawing synthetic hands", done, of, ""))

    def collected(name: str, where: Sequence[Path], count: int) -> Crops:
        what = f"cutting hands out of {name}"
        return _kept(
            work / "crops" / f"{name}.npz",
            lambda: collect_crops(
                where, count, options.seed, on_progress=lambda done, of: report(what, done, of, "")
            ),
        )

    crops = collected("images", folders, options.crops)
    session = open_exact(dense)
    sets = []
    for folder in options.validation:
        found = collected(f"validation {folder.resolve().name}", [folder], options.exam)
        sets.append(EvaluationSet(folder.resolve().name, found.images, predict(session, found.images)))
    drawn, truth = synthetic_hands(
        options.exam, options.seed, lambda done, of: report("drawing hands to measure on", done, of, "")
    )
    sets.append(EvaluationSet(SYNTHETIC, drawn.images, predict(session, drawn.images), truth))
    validation = {one.name: (one.images, label_images(one.images, teacher)) for one in sets}
    samples = _samples(options, budget.training.batch, folders, dense, work, report)
    return BaselineData(crops, samples, tuple(sets), validation)


def _samples(
    options: BaselineDataOptions,
    batch: int,
    folders: Sequence[Path],
    dense: onnx.ModelProto,
    work: Path,
    report: Progress,
) -> TrainingSamples:
    if options.samples:
        samples = TrainingSamples(options.samples)
    else:
        distillation = DistillationOptions(
            samples=options.count,
            synthetic=0.1 if options.images else 1.0,
            workers=options.workers,
            training=DistillationTrainingOptions(seed=options.seed),
        )
        samples = prepare_samples(folders, dense.SerializeToString(), work, distillation, report)[0]
    if len(samples) < batch:
        where = ", ".join(map(str, options.samples)) or "the work folder"
        msg = (
            f"There are {len(samples)} samples in {where}, fewer than the {batch} of a batch: "
            f"make more, or give folders that hand-tracking-dsp models distill has made."
        )
        raise ConfigurationError(msg)
    return samples


def _claim(work: Path, options: BaselineDataOptions, budget: Budget) -> None:
    """Refuse a work folder of other options or another budget; only the sets to measure on may change."""
    path = work / "options.json"
    mine = asdict(options) | {name: getattr(budget.training, name) for name in ("steps", "batch")}
    mine["minutes"] = budget.minutes
    del mine["validation"], mine["workers"]
    text = json.dumps(mine, default=str, indent=1) + "\n"
    if not path.exists():
        write_text(path, text)
    elif path.read_text(encoding="utf-8") != text:
        msg = f"The work folder {work} was begun with other options ({path} names them): choose another one."
        raise ConfigurationError(msg)


def _kept(path: Path, make: Callable[[], Crops]) -> Crops:
    """Read crops kept by an earlier call, or make them."""
    if path.exists():
        with np.load(path, allow_pickle=False) as kept:
            return Crops(kept["images"], tuple(map(str, kept["sources"])), tuple(map(str, kept["groups"])))
    crops = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished.npz")
    np.savez(unfinished, images=crops.images, sources=np.array(crops.sources), groups=np.array(crops.groups))
    unfinished.replace(path)
    return crops
