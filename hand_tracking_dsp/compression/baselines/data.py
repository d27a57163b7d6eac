"""What the comparison is made with: pictures to calibrate on, samples to train on, exams to measure with."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import predict
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.baselines.measure import Exam
from hand_tracking_dsp.compression.baselines.methods import Budget, Progress
from hand_tracking_dsp.compression.data.crops import Crops, collect_crops
from hand_tracking_dsp.compression.data.synthetic import SYNTHETIC, draw_pictures, synthetic_hands
from hand_tracking_dsp.compression.distillation.distill import DistillationOptions, prepare_samples
from hand_tracking_dsp.compression.distillation.samples import Labels, Samples, labelled
from hand_tracking_dsp.compression.distillation.teacher import Teacher
from hand_tracking_dsp.compression.distillation.train import TrainingOptions
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import write_text

# Of a made-up data set to learn from; each is seen by many samples, varied.
_DRAWN = 400


@dataclass(frozen=True, slots=True)
class Wishes:
    """What to gather.

    Attributes:
        images: Folders of pictures to learn from; synthetic hands are drawn where there are none.
        validation: Folders of pictures to measure on.
        samples: Folders of samples that `distill` has made; some are made of the images where there are none.
        crops: Hands to calibrate on, at least 32.
        exam: Hands to measure on, of each data set, at least 32.
        count: Samples to make.
        workers: Processes that make them.
        seed: Of everything random.
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
class Materials:
    """What was gathered.

    Attributes:
        crops: To calibrate on.
        samples: To train on.
        exams: To measure on; the last one is of synthetic hands, with exact joints.
        validation: The same with the teacher's labels, for the curves of training.
    """

    crops: Crops
    samples: Samples
    exams: tuple[Exam, ...]
    validation: dict[str, tuple[NDArray[np.uint8], Labels]]


def gather(wishes: Wishes, budget: Budget, dense: onnx.ModelProto, work: Path, report: Progress) -> Materials:
    """Gather what is needed, or read what an earlier call has kept in the work folder.

    Args:
        wishes: What to gather.
        budget: Of the training that it is for.
        dense: The network to agree with.
        work: Where it is kept.
        report: See Progress.

    Raises:
        SourceError: A folder is missing or holds no picture.
        ConfigurationError: A folder shows fewer than 32 hands, there are too few samples, or the work folder
            was begun with other options.
        OutputError: The work folder cannot be written.
    """
    _claim(work, wishes, budget)
    teacher = Teacher(dense)
    folders = wishes.images
    if not folders:
        folders = (work / "synthetic_hands",)
        draw_pictures(folders[0], _DRAWN, lambda done, of: report("drawing synthetic hands", done, of, ""))

    def collected(name: str, where: Sequence[Path], count: int) -> Crops:
        what = f"cutting hands out of {name}"
        return _kept(
            work / "crops" / f"{name}.npz",
            lambda: collect_crops(
                where, count, wishes.seed, on_progress=lambda done, of: report(what, done, of, "")
            ),
        )

    crops = collected("images", folders, wishes.crops)
    session = open_exact(dense)
    exams = []
    for folder in wishes.validation:
        found = collected(f"validation {folder.resolve().name}", [folder], wishes.exam)
        exams.append(Exam(folder.resolve().name, found.images, predict(session, found.images)))
    drawn, truth = synthetic_hands(
        wishes.exam, wishes.seed, lambda done, of: report("drawing hands to measure on", done, of, "")
    )
    exams.append(Exam(SYNTHETIC, drawn.images, predict(session, drawn.images), truth))
    validation = {exam.name: (exam.images, labelled(exam.images, teacher)) for exam in exams}
    samples = _samples(wishes, budget.training.batch, folders, dense, work, report)
    return Materials(crops, samples, tuple(exams), validation)


def _samples(
    wishes: Wishes, batch: int, folders: Sequence[Path], dense: onnx.ModelProto, work: Path, report: Progress
) -> Samples:
    if wishes.samples:
        samples = Samples(wishes.samples)
    else:
        options = DistillationOptions(
            samples=wishes.count,
            synthetic=0.1 if wishes.images else 1.0,
            workers=wishes.workers,
            training=TrainingOptions(seed=wishes.seed),
        )
        samples = prepare_samples(folders, dense.SerializeToString(), work, options, report)[0]
    if len(samples) < batch:
        where = ", ".join(map(str, wishes.samples)) or "the work folder"
        msg = (
            f"There are {len(samples)} samples in {where}, fewer than the {batch} of a batch: "
            f"make more, or give folders that hand-tracking-dsp models distill has made."
        )
        raise ConfigurationError(msg)
    return samples


def _claim(work: Path, wishes: Wishes, budget: Budget) -> None:
    """Refuse to mix what different wishes or budgets have made; only what is measured on may change."""
    path = work / "options.json"
    mine = asdict(wishes) | {name: getattr(budget.training, name) for name in ("steps", "batch")}
    mine["minutes"] = budget.minutes
    del mine["validation"], mine["workers"]
    text = json.dumps(mine, default=str, indent=1) + "\n"
    if not path.exists():
        write_text(path, text)
    elif path.read_text(encoding="utf-8") != text:
        msg = f"The work folder {work} was begun with other options ({path} names them): choose another one."
        raise ConfigurationError(msg)


def _kept(path: Path, make: Callable[[], Crops]) -> Crops:
    """Read crops that an earlier call has kept, or make them."""
    if path.exists():
        with np.load(path, allow_pickle=False) as kept:
            return Crops(kept["images"], tuple(map(str, kept["sources"])), tuple(map(str, kept["groups"])))
    crops = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished.npz")
    np.savez(unfinished, images=crops.images, sources=np.array(crops.sources), groups=np.array(crops.groups))
    unfinished.replace(path)
    return crops
