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

"""Training of a palm detector on statues, towards what another sees in colour pictures of the same hands."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import onnx

from hand_tracking_dsp.compression.bank.entries import new_accuracy, new_network, with_accuracy
from hand_tracking_dsp.compression.bank.files import read_float_network, read_model
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.distillation.distill import DistillationOptions, Progress
from hand_tracking_dsp.compression.distillation.network import OnnxNetwork
from hand_tracking_dsp.compression.distillation.palm_loss import PalmLoss
from hand_tracking_dsp.compression.distillation.samples import drawn_samples, gathered
from hand_tracking_dsp.compression.distillation.train import Trainer
from hand_tracking_dsp.compression.palm.rewrite import with_integer_projections
from hand_tracking_dsp.compression.statues.palms import PalmRecipe
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_info import NetworkInfo

MISSED = "statues_missed_percent"
"""Metric of a palm detector: see PalmLoss.error, on people and poses that are set aside."""

_VALIDATION = 96
_SHARD = 256


@dataclass(frozen=True, slots=True)
class StatueDetector:
    """A palm detector trained on statues.

    Attributes:
        info: Its entry, in INT8.
        data: Its ONNX file.
        before: Share of the validation pictures in which it was wrong, %.
        after: Same after training.
    """

    info: NetworkInfo
    data: bytes
    before: float
    after: float


def train_detector(
    folder: Path, work: Path, options: DistillationOptions, report: Progress
) -> StatueDetector:
    """Train the first palm detector of a bank towards MediaPipe's full one, or continue.

    Args:
        folder: Folder of the bank.
        work: Folder of samples and checkpoints.
        options: Options of the training.
        report: Called with the progress.

    Raises:
        ModelError: The bank has no palm detector that can be trained.
    """
    bank, originals = read_manifest(folder), read_manifest(original_bank())
    teacher = read_float_network(originals, originals.detector("full"))
    old = bank.detector("")
    model = read_model(bank, old)
    recipe = PalmRecipe(teacher, options.training.seed, shard=min(_SHARD, options.samples))
    samples = drawn_samples(
        recipe,
        options.samples,
        work,
        "palm_samples",
        options.workers,
        lambda done, of: report("drawing statues for the palm detector", done, of, ""),
    )
    aside = PalmRecipe(teacher, options.training.seed, "val")
    validation = {"people set aside": gathered(aside.maker(), range(_VALIDATION))}
    student = OnnxNetwork(model)
    student.freeze_constants()
    if not options.train_depthwise:
        student.freeze_depthwise()
    way = f"{old.computes}{asdict(options.training)}{options.train_depthwise}{samples.folders[0].name}"
    place = work / f"palm_{old.name}-{hashlib.sha256(way.encode()).hexdigest()[:8]}"
    training = Trainer(student, samples, validation, place, options.training, PalmLoss())
    trained = training.run(
        lambda done, of, line: report("training the palm detector", done, of, line)
    ).to_onnx()
    return _described(old, trained, training, options)


def _described(
    old: NetworkInfo, trained: onnx.ModelProto, training: Trainer, options: DistillationOptions
) -> StatueDetector:
    """Round a trained detector to INT8, and describe it."""
    data = serialized(with_integer_projections(trained))
    before, after = (float(entry["people set aside"]) for entry in (training.curve[0], training.curve[-1]))
    settings = options.training
    info = new_network(
        old.name,
        old.file.replace(".onnx", "_int8.onnx"),
        data,
        source={
            "file": old.file,
            "sha256": old.computes,
            "method": "trained on rendered statues towards the full one of photos; 1x1 convolutions in INT8",
            "samples": options.samples,
            "steps": settings.steps,
            "batch": settings.batch,
            "learning_rate": settings.learning_rate,
            "seed": settings.seed,
        },
        **sizes(trained),
    )
    measured = new_accuracy(
        "rendered statues of people set aside", after, _VALIDATION, "onnxruntime/CPUExecutionProvider", MISSED
    )
    return StatueDetector(with_accuracy(replace(info, precision="int8"), measured), data, before, after)
