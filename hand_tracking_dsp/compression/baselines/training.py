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

"""Joint training of all pruned networks: the same batches, loss, optimizer, rate and steps for each.

It reads and writes the work folder of the comparison alone, so that it can run on another machine than the
one that prunes and measures.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import onnx
import torch

from hand_tracking_dsp.compression.baselines.data import pack_path
from hand_tracking_dsp.compression.baselines.methods import read_network_of
from hand_tracking_dsp.compression.data.picture_pack import PackedPicture, PictureKind, read_pack
from hand_tracking_dsp.compression.distillation.batch_changes import Draw
from hand_tracking_dsp.compression.distillation.batch_geometry import SIZE
from hand_tracking_dsp.compression.distillation.batch_maker import BatchMaker, BatchOptions
from hand_tracking_dsp.compression.distillation.clean_crops import (
    CleanCrops,
    DeviceTeacher,
    EmptyCutter,
    HandCutter,
)
from hand_tracking_dsp.compression.distillation.distill import Progress
from hand_tracking_dsp.compression.distillation.joint_samples import cut_all, validation_sets
from hand_tracking_dsp.compression.distillation.joint_train import JointTrainer
from hand_tracking_dsp.compression.distillation.layout import fastest_layout
from hand_tracking_dsp.compression.distillation.student import JointTrainingOptions, Student
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.compression.onnx_graph import parse_model
from hand_tracking_dsp.compression.torch_device import bfloat16_is_fast
from hand_tracking_dsp.documents import read_bytes, read_json, sha256_of
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import write_bytes, write_text
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.device import device_name

_CHECKS, _WARMUP = 5, 300
_FIT = 2048
"""Crops that each network's features are mapped to the teacher's on."""

_CURVE_CROPS = 64
"""Crops of each set that curves are measured on."""


@dataclass(frozen=True, slots=True)
class BaselineTrainingOptions:
    """Training that every network gets.

    Attributes:
        steps: Number of batches.
        batch: Samples in a batch.
        learning_rate: Highest learning rate, reached after a warmup, then falling to 0 along a cosine.
        hands: Number of crops of hands that batches are drawn from; half as many are without a hand.
        seed: Random seed.
    """

    steps: int = 2000
    batch: int = 128
    learning_rate: float = 4e-4
    hands: int = 16384
    seed: int = 0


@dataclass(frozen=True, slots=True)
class BaselineTraining:
    """Training of a work folder's pruned networks.

    Attributes:
        work: Work folder of the comparison, with the dense network and pack.npz.
        starts: Pruned networks, by the names of the trained ones.
        options: Training that each gets.
    """

    work: Path
    starts: Mapping[str, onnx.ModelProto]
    options: BaselineTrainingOptions

    def run(self, device: str, report: Progress, stop_after_s: float = math.inf) -> bool:
        """Train all networks, or go on with it; nothing is done where that is finished.

        Args:
            device: "cpu" or "cuda".
            report: See Progress.
            stop_after_s: Longest time to train for now, seconds.

        Returns:
            Whether the training is finished.

        Raises:
            ConfigurationError: The folder's networks were trained otherwise, or the pictures lack hands or
                pictures without.
            OutputError: The work folder cannot be written.
        """
        self._claim()
        if self.finished:
            return True
        trainer = self._trainer(device, report)
        what = f"training {len(self.starts)} networks"

        finished = trainer.run(
            lambda line: report(what, trainer.step, self.options.steps, line),
            stop_after_s,
            lambda step: report(what, step, self.options.steps, ""),
        )
        if finished:
            self._write(trainer, device)
        return finished

    @property
    def finished(self) -> bool:
        """True where the networks are trained."""
        return self._result.exists()

    def trained(self) -> dict[str, onnx.ModelProto]:
        """Read the trained networks, wherever they were trained.

        Raises:
            ConfigurationError: They are not all there, or were trained otherwise than the options say, or
                from other networks.
        """
        if not self.finished:
            msg = f"The networks in {self._folder} are not trained yet: run the stage train there first."
            raise ConfigurationError(msg)
        known = self._known()
        asked = self._description()
        starts, others = asked.pop("starts"), known.pop("starts", {})
        # More ratios may have been trained together than are asked for.
        if known != asked or any(others.get(name) != digest for name, digest in starts.items()):
            raise ConfigurationError(self._otherwise())
        digests, found = read_json(self._result)["networks"], {}
        for name in self.starts:
            path = self._folder / f"{name}.onnx"
            data = read_bytes(path) if path.exists() else b""
            if sha256_of(data) != digests.get(name):
                msg = f"{path} is not the network that was trained: bring the folder {self._folder} again."
                raise ConfigurationError(msg)
            found[name] = parse_model(data, path.name)
        return found

    @property
    def trained_on(self) -> str:
        """Name of the device that the networks were trained on."""
        return str(read_json(self._result)["device"])

    @property
    def _folder(self) -> Path:
        return self.work / "training"

    @property
    def _result(self) -> Path:
        return self._folder / "trained.json"

    @property
    def _options(self) -> Path:
        return self._folder / "options.json"

    def _known(self) -> dict[str, Any]:
        known = read_json(self._options)
        return known if isinstance(known, dict) else {}

    def _description(self) -> dict[str, Any]:
        """Describe all that the trained networks depend on, except the device."""
        return {
            **asdict(self.options),
            "pack": sha256_of(read_bytes(pack_path(self.work))),
            "dense": sha256_of(serialized(read_network_of(self.work, "dense"))),
            "starts": {name: sha256_of(serialized(start)) for name, start in self.starts.items()},
        }

    def _claim(self) -> None:
        """Refuse a folder whose training is another one."""
        if not self._options.exists():
            write_text(self._options, json.dumps(self._description(), indent=1) + "\n")
        elif self._known() != self._description():
            raise ConfigurationError(self._otherwise())

    def _otherwise(self) -> str:
        return (
            f"The networks in {self._folder} were trained with other options, pictures or pruned networks "
            f"({self._options} names them): give the same, choose another work folder, or delete this one."
        )

    def _trainer(self, device: str, report: Progress) -> JointTrainer[Student]:
        options = self.options
        teacher = DeviceTeacher(read_network_of(self.work, "dense"), device)
        pictures = read_pack(pack_path(self.work))
        _require(pictures, pack_path(self.work))
        draw = Draw(options.seed, device)

        def labelled(what: str, cutter: HandCutter | EmptyCutter, count: int) -> CleanCrops:
            return cut_all(
                cutter, count, draw, device, lambda done, of: report(f"labelling {what}", done, of, "")
            )

        real = labelled("hands", HandCutter(pictures, teacher), options.hands)
        empty = labelled("crops without a hand", EmptyCutter(pictures, teacher), max(1, options.hands // 2))
        joint = self._joint_options(device)
        if device == "cuda":
            some = real.images[: options.batch].float() / 255
            last, tune = fastest_layout(read_network_of(self.work, "dense"), some, half=joint.half)
            torch.backends.cudnn.benchmark = tune
            joint = replace(joint, channels_last=last)
        fit = real.batch(torch.arange(min(_FIT, len(real)), device=device))
        students: list[Student] = []
        for name, start in self.starts.items():
            report("fitting features", len(students), len(self.starts), "")
            students.append(Student(name, start, InputSize(SIZE, SIZE), joint, fit))
        curves = {
            name: (images[:_CURVE_CROPS], {key: values[:_CURVE_CROPS] for key, values in labels.items()})
            for name, (images, labels) in validation_sets(pictures, teacher).items()
        }
        maker = BatchMaker(real, None, empty, BatchOptions(size=options.batch))
        return JointTrainer(students, maker, curves, self._folder, joint)

    def _joint_options(self, device: str) -> JointTrainingOptions:
        options = self.options
        return JointTrainingOptions(
            seconds=math.inf,
            steps=options.steps,
            learning_rate=options.learning_rate,
            warmup=min(_WARMUP, options.steps // 4 + 1),
            checks=min(_CHECKS, options.steps),
            device=device,
            half=bfloat16_is_fast(device),
            seed=options.seed,
        )

    def _write(self, trainer: JointTrainer[Student], device: str) -> None:
        """Write the trained networks, and last what says that all are there."""
        digests = {}
        for student in trainer.students:
            data = serialized(student.mean["network"].to_onnx())
            write_bytes(self._folder / f"{student.name}.onnx", data)
            digests[student.name] = sha256_of(data)
        where = torch.cuda.get_device_name() if device == "cuda" else device_name()
        result = {"device": where, "torch": torch.__version__, "networks": digests}
        write_text(self._result, json.dumps(result, indent=1) + "\n")


def _require(pictures: Sequence[PackedPicture], path: Path) -> None:
    kinds = {picture.kind for picture in pictures}
    if PictureKind.HAND not in kinds or not kinds & {PictureKind.EMPTY, PictureKind.BESIDE}:
        msg = f"The packed pictures {path} lack hands, or pictures without a hand: training needs both."
        raise ConfigurationError(msg)
