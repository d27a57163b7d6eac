"""Teaches every level of a bank: samples, training, and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from hand_tracking_dsp.compression.data.augment import Augmentation
from hand_tracking_dsp.compression.data.crops import Crops, cut_crops
from hand_tracking_dsp.compression.data.pictures import Picture, list_pictures, spread
from hand_tracking_dsp.compression.data.varied import Placed, place_hands
from hand_tracking_dsp.compression.distillation.frozen import (
    FrozenHead,
    FrozenSamples,
    cut_behind,
    joined,
    seen_through,
)
from hand_tracking_dsp.compression.distillation.network import OnnxNetwork
from hand_tracking_dsp.compression.distillation.rounding import LearntRounding, Observer
from hand_tracking_dsp.compression.distillation.samples import Labels, Recipe, Samples, make_samples
from hand_tracking_dsp.compression.distillation.train import Training, TrainingOptions, Validation
from hand_tracking_dsp.errors import ConfigurationError

# One picture group in so many is kept out of training, to measure on: of few pictures a larger share.
_HELD_BACK = (4, 20)
_PICTURES_HELD_BACK = 100
_CALIBRATION = 256
_SHARD = 1024

Progress = Callable[[str, int, int, str], None]
"""Called with what is being done, how much of it is done, how much there is, and a line of figures."""


@dataclass(frozen=True, slots=True)
class DistillationOptions:
    """How to teach.

    Attributes:
        samples: Varied pictures to make, at least 64.
        synthetic: Share of synthetic hands among them, 0 to 1.
        workers: Processes that make them.
        augmentation: How strongly they are varied.
        training: How each level is trained.
        rounding_steps: Batches of quantization-aware training behind it; 0 = none.
        rounding_rate: Their highest learning rate.
        frozen: The last block whose weights, and those of all blocks before it, stay as they are; "" = all
            are trained. On a CPU training behind block05 is much faster.
        train_depthwise: Whether depthwise kernels are trained too.
    """

    samples: int = 40960
    synthetic: float = 0.1
    workers: int = 2
    augmentation: Augmentation = field(default_factory=Augmentation)
    training: TrainingOptions = field(default_factory=TrainingOptions)
    rounding_steps: int = 0
    rounding_rate: float = 1e-4
    frozen: str = "block05"
    train_depthwise: bool = False


@dataclass(frozen=True, slots=True)
class Taught:
    """A level after its lessons.

    Attributes:
        model: The float network.
        rounded: Its weights after quantization-aware training; None if there was none.
        ranges: The learnt range of each activation then, by tensor.
    """

    model: onnx.ModelProto
    rounded: onnx.ModelProto | None
    ranges: Mapping[str, tuple[float, float]]


def hold_back(pictures: Sequence[Picture]) -> tuple[list[Picture], list[Picture]]:
    """Split pictures by group into those to train on and, every fourth to twentieth, those to measure on."""
    groups = sorted({picture.group for picture in pictures})
    least, most = _HELD_BACK
    step = min(max(len(pictures) // _PICTURES_HELD_BACK, least), most)
    back = set(groups[step // 2 :: step])
    return (
        [picture for picture in pictures if picture.group not in back],
        [picture for picture in pictures if picture.group in back],
    )


def prepare_samples(
    folders: Sequence[Path],
    teacher: bytes,
    work: Path,
    options: DistillationOptions,
    on_progress: Progress,
) -> tuple[Samples, list[Picture], Crops | None]:
    """Find hands and make labelled samples, or go on where an earlier call was stopped.

    Args:
        folders: Of pictures, each a data set of its own.
        teacher: The dense network's ONNX file.
        work: Where hands.json and samples/ are kept.
        options: How many, and of what.
        on_progress: See Progress.

    Returns:
        The samples, the pictures held back to measure on, and crops to calibrate INT8 on where
        rounding is to be trained.

    Raises:
        SourceError: A folder is missing or holds no picture.
        ConfigurationError: The pictures to train on show fewer than 32 hands.
        OutputError: The work folder cannot be written.
    """
    pictures = spread([list_pictures(folder) for folder in folders])
    chosen, back = hold_back(pictures)
    placed: list[Placed] = place_hands(
        chosen, work / "hands.json", lambda done, of: on_progress("finding hands", done, of, "")
    )
    recipe = Recipe(
        placed,
        teacher,
        options.augmentation,
        options.synthetic,
        options.training.seed,
        min(_SHARD, options.samples),
    )
    folder = work / "samples"
    make_samples(
        recipe,
        options.samples,
        folder,
        options.workers,
        lambda done, of: on_progress("making samples", done, of, ""),
    )
    calibration = None
    if options.rounding_steps:
        calibration = cut_crops([place.picture for place in placed], _CALIBRATION, options.training.seed)
    return Samples([folder]), back, calibration


def teach(
    model: onnx.ModelProto,
    samples: Samples,
    validation: dict[str, tuple[NDArray[np.uint8], Labels]],
    folder: Path,
    options: DistillationOptions,
    on_progress: Progress,
) -> Taught:
    """Train one level, or go on where an earlier call was stopped.

    Args:
        model: The pruned network.
        samples: What to learn from.
        validation: Named sets of images, uint8 [n, 224, 224, 3], and the teacher's labels.
        folder: Where checkpoints and curves of this level are kept.
        options: How to teach.
        on_progress: See Progress.

    Raises:
        ModelError: The network has an operator that cannot be trained.
        ConfigurationError: The folder's checkpoint is of another network.
    """
    taught = _taught(model, samples, validation, folder, options, on_progress)
    if not options.rounding_steps:
        return Taught(taught, None, {})
    # Rounding begins at the image: nothing is frozen here.
    pupil = OnnxNetwork(taught)
    if not options.train_depthwise:
        pupil.freeze_depthwise()
    pupil.quantizer = rounding = LearntRounding(first_ranges(pupil, samples))
    settings = replace(
        options.training,
        steps=options.rounding_steps,
        learning_rate=options.rounding_rate,
        warmup=min(options.training.warmup, options.rounding_steps // 4 + 1),
    )
    training = Training(pupil, samples, validation, folder / "rounding", settings)
    training.run(lambda done, of, line: on_progress("training with rounding", done, of, line))
    return Taught(taught, pupil.to_onnx(), rounding.ranges())


def _taught(
    model: onnx.ModelProto,
    samples: Samples,
    validation: dict[str, tuple[NDArray[np.uint8], Labels]],
    folder: Path,
    options: DistillationOptions,
    on_progress: Progress,
) -> onnx.ModelProto:
    """Train the float network."""

    def trained(network: OnnxNetwork, seen: Samples, sets: Validation) -> onnx.ModelProto:
        if not options.train_depthwise:
            network.freeze_depthwise()
        training = Training(network, seen, sets, folder, options.training)
        return training.run(lambda done, of, line: on_progress("training", done, of, line)).to_onnx()

    if not options.frozen:
        return trained(OnnxNetwork(model), samples, {**validation})
    parts = cut_behind(model, options.frozen)
    head = FrozenHead(parts.head)
    seen = FrozenSamples(samples, head, lambda done, of: on_progress("running frozen blocks", done, of, ""))
    return joined(model, trained(OnnxNetwork(parts.tail), seen, {**seen_through(head, validation)}))


def first_ranges(pupil: OnnxNetwork, samples: Samples, count: int = 256) -> dict[str, tuple[float, float]]:
    """Observe the ranges of the activations that INT8 rounds, on some samples.

    Raises:
        ConfigurationError: There are no samples.
    """
    if not len(samples):
        msg = "There are no samples to observe ranges on: make samples first."
        raise ConfigurationError(msg)
    observer = Observer()
    pupil.quantizer = observer
    with torch.no_grad():
        images = samples.batch(np.arange(min(count, len(samples))))[0]
        for part in np.array_split(images, max(1, len(images) // 32)):
            pupil(torch.from_numpy(part).permute(0, 3, 1, 2).float() / 255)
    pupil.quantizer = None
    return observer.ranges
