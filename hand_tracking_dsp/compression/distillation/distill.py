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

"""Distillation of one network: its training samples, its training, and the networks that result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import onnx
import torch

from hand_tracking_dsp.compression.data.augment import Augmentation
from hand_tracking_dsp.compression.data.crops import Crops, cut_crops
from hand_tracking_dsp.compression.data.pictures import Picture, list_pictures, spread
from hand_tracking_dsp.compression.data.varied import LocatedHands, locate_hands
from hand_tracking_dsp.compression.distillation.fake_quantization import FakeQuantizer, RangeObserver
from hand_tracking_dsp.compression.distillation.frozen import (
    FrozenHead,
    FrozenSamples,
    cut_behind,
    head_outputs,
    joined,
)
from hand_tracking_dsp.compression.distillation.network import OnnxNetwork
from hand_tracking_dsp.compression.distillation.samples import (
    SampleRecipe,
    TrainingSamples,
    Validation,
    make_samples,
)
from hand_tracking_dsp.compression.distillation.train import DistillationTrainingOptions, Trainer
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.images.options import ImageOptions

# One picture group in so many is kept out of training, to measure on: of few pictures a larger share.
_HELD_BACK = (4, 20)
_PICTURES_HELD_BACK = 100
_CALIBRATION = 256
_SHARD = 1024

Progress = Callable[[str, int, int, str], None]
"""Called with the name of the work, how much is done, how much there is (0: unknown), and figures."""


@dataclass(frozen=True, slots=True)
class DistillationOptions:
    """Options of distillation.

    Attributes:
        samples: Number of augmented pictures to make, at least 64.
        synthetic: Share of synthetic hands among them, 0 to 1.
        workers: Number of processes that make them.
        augmentation: Strength of the augmentation.
        training: Options of each level's training.
        rounding_steps: Batches of quantization-aware training after it; 0 = none.
        rounding_rate: Highest learning rate of quantization-aware training.
        frozen: Last block that is frozen, with all blocks before it; "" = none. On a CPU training behind
            block05 is much faster.
        train_depthwise: Train depthwise kernels too.
    """

    samples: int = 40960
    synthetic: float = 0.1
    workers: int = 2
    augmentation: Augmentation = field(default_factory=Augmentation)
    training: DistillationTrainingOptions = field(default_factory=DistillationTrainingOptions)
    rounding_steps: int = 0
    rounding_rate: float = 1e-4
    frozen: str = "block05"
    train_depthwise: bool = False


@dataclass(frozen=True, slots=True)
class DistilledNetwork:
    """Result of distillation: a float network.

    Attributes:
        model: Float network.
        rounded: Network after quantization-aware training; None if there was none.
        ranges: Learned range of each activation of rounded, by tensor.
    """

    model: onnx.ModelProto
    rounded: onnx.ModelProto | None
    ranges: Mapping[str, tuple[float, float]]


def hold_back(pictures: Sequence[Picture]) -> tuple[list[Picture], list[Picture]]:
    """Split pictures by group into a training set and, every fourth to twentieth group, a validation set."""
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
    limit: ImageOptions | None = None,
) -> tuple[TrainingSamples, list[Picture], Crops | None]:
    """Find hands and make labelled samples, or continue where an earlier call was stopped.

    Args:
        folders: Folders of pictures, each a data set of its own.
        teacher: ONNX file of the dense network.
        work: Folder of hands.json and samples/.
        options: Options of distillation.
        on_progress: See Progress.
        limit: Limit of the pictures' size.

    Returns:
        Training samples, pictures held back, and crops to calibrate INT8 with where it is trained for.

    Raises:
        SourceError: A folder is missing or holds no picture.
        ConfigurationError: The training pictures show fewer than 32 hands.
        OutputError: The work folder cannot be written.
    """
    pictures = spread([list_pictures(folder, limit) for folder in folders])
    chosen, back = hold_back(pictures)
    located: list[LocatedHands] = locate_hands(
        chosen, work / "hands.json", lambda done, of: on_progress("finding hands", done, of, "")
    )
    recipe = SampleRecipe(
        located,
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
        calibration = cut_crops([place.picture for place in located], _CALIBRATION, options.training.seed)
    return TrainingSamples([folder]), back, calibration


def distill_network(
    model: onnx.ModelProto,
    samples: TrainingSamples,
    validation: Validation,
    folder: Path,
    options: DistillationOptions,
    on_progress: Progress,
) -> DistilledNetwork:
    """Train a network towards its teacher's outputs, or continue where an earlier call was stopped.

    The folder holds the network's checkpoints and curves.

    Raises:
        ModelError: The network has an operator that cannot be trained.
        ConfigurationError: The folder's checkpoint is of another network.
    """
    trained = _trained(model, samples, validation, folder, options, on_progress)
    if not options.rounding_steps:
        return DistilledNetwork(trained, None, {})
    # The first blocks are quantized too, so no block is frozen here.
    student = OnnxNetwork(trained)
    if not options.train_depthwise:
        student.freeze_depthwise()
    student.quantizer = rounding = FakeQuantizer(observe_ranges(student, samples))
    settings = replace(
        options.training,
        steps=options.rounding_steps,
        learning_rate=options.rounding_rate,
        warmup=min(options.training.warmup, options.rounding_steps // 4 + 1),
    )
    training = Trainer(student, samples, validation, folder / "rounding", settings)
    training.run(lambda done, of, line: on_progress("training with rounding", done, of, line))
    return DistilledNetwork(trained, student.to_onnx(), rounding.ranges())


def _trained(
    model: onnx.ModelProto,
    samples: TrainingSamples,
    validation: Validation,
    folder: Path,
    options: DistillationOptions,
    on_progress: Progress,
) -> onnx.ModelProto:
    """Train the float network."""

    def train(network: OnnxNetwork, inputs: TrainingSamples, sets: Validation) -> onnx.ModelProto:
        if not options.train_depthwise:
            network.freeze_depthwise()
        training = Trainer(network, inputs, sets, folder, options.training)
        return training.run(lambda done, of, line: on_progress("training", done, of, line)).to_onnx()

    if not options.frozen:
        return train(OnnxNetwork(model), samples, validation)
    first, tail = cut_behind(model, options.frozen)
    head = FrozenHead(first)
    inputs = FrozenSamples(samples, head, lambda done, of: on_progress("running frozen blocks", done, of, ""))
    return joined(model, train(OnnxNetwork(tail), inputs, head_outputs(head, validation)))


def observe_ranges(
    student: OnnxNetwork, samples: TrainingSamples, count: int = 256
) -> dict[str, tuple[float, float]]:
    """Observe the ranges of the activations that INT8 quantizes, on some samples.

    Raises:
        ConfigurationError: There are no samples.
    """
    if not len(samples):
        msg = "There are no samples to observe ranges on: make samples first."
        raise ConfigurationError(msg)
    observer = RangeObserver()
    student.quantizer = observer
    with torch.no_grad():
        images = samples.batch(np.arange(min(count, len(samples))))[0]
        for part in np.array_split(images, max(1, len(images) // 32)):
            student(torch.from_numpy(part).permute(0, 3, 1, 2).float() / 255)
    student.quantizer = None
    return observer.ranges
