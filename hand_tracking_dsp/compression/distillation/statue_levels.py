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

"""Training of a bank's levels on rendered statues with exact labels, and the bank that results."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import predict
from hand_tracking_dsp.compression.bank.entries import new_accuracy, new_level, numbered
from hand_tracking_dsp.compression.bank.export_checks import (
    REWRITTEN,
    ROUNDED,
    ExportStep,
    Stage,
    compare_stages,
    require,
)
from hand_tracking_dsp.compression.bank.files import read_level, write_bank
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.distillation.distill import DistillationOptions, Progress, distill_network
from hand_tracking_dsp.compression.distillation.network import predict_in_torch
from hand_tracking_dsp.compression.distillation.samples import (
    TrainingSamples,
    Validation,
    drawn_samples,
    gathered,
)
from hand_tracking_dsp.compression.distillation.statue_palms import StatueDetector
from hand_tracking_dsp.compression.quantization.quantize import quantize
from hand_tracking_dsp.compression.statues.measure import ERROR, StatueErrors, UnseenHands
from hand_tracking_dsp.compression.statues.pictures import TRAINED
from hand_tracking_dsp.compression.statues.samples import StatueRecipe
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.contract import BYTE_INPUT
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo, NetworkInfo

CHECKED = 16
"""Number of crops on which every step of an export is checked."""

_VALIDATION = 256
_CALIBRATION = 256
_PROVIDER = "onnxruntime/CPUExecutionProvider"


@dataclass(frozen=True, slots=True)
class StatueLevel:
    """A level trained on statues.

    Attributes:
        before: Results of the level it was made from, on the first set of statues.measure.SETS.
        after: Results of the new level in INT8, by set.
        steps: Checks of the steps of the export.
    """

    name: str
    before: StatueErrors
    after: dict[str, StatueErrors]
    steps: list[ExportStep]


class StatueTrainer:
    """Trains levels of a bank on statues, and puts a bank of INT8 files together.

    The work folder has the samples, and a folder of checkpoints and curves for each level: whatever is there
    is used again.

    Args:
        bank: Folder of the bank that is begun with.
        work: Work folder.
        options: Options of the training.
        unseen: Hands to measure on.
        report: Called with the progress.

    Raises:
        ModelError: The bank is missing or damaged.
    """

    def __init__(
        self, bank: Path, work: Path, options: DistillationOptions, unseen: UnseenHands, report: Progress
    ) -> None:
        self._bank = read_manifest(bank)
        self._work, self._options, self._unseen, self._report = work, options, unseen, report
        self._levels: dict[int, LevelInfo] = {}
        self._files: dict[str, bytes] = {}
        self._detectors: tuple[NetworkInfo, ...] = ()

    def choose_levels(self, wanted: Sequence[int] | None) -> list[int]:
        """Choose the levels to train, in this order: those wanted, or all.

        Raises:
            ConfigurationError: The bank has no such level in fp32.
        """
        able = [level.index for level in self._bank.levels if level.precision == "fp32"]
        chosen = able if wanted is None else list(dict.fromkeys(wanted))
        if not chosen or not set(chosen) <= set(able):
            names = ", ".join(map(str, able)) or "none"
            msg = f"The levels {chosen} cannot be trained on statues: in fp32 the bank has {names}."
            raise ConfigurationError(msg)
        return chosen

    def prepare(self) -> TrainingSamples:
        """Draw the samples that are not there yet."""
        options = self._options
        recipe = StatueRecipe(seed=options.training.seed, shard=min(1024, options.samples))
        return drawn_samples(
            recipe,
            options.samples,
            self._work,
            "samples",
            options.workers,
            lambda done, of: self._report("drawing statues", done, of, ""),
        )

    def train(self, index: int, samples: TrainingSamples) -> StatueLevel:
        """Train a level, or continue, and make its INT8 file.

        Raises:
            ModelError: The network cannot be trained, or a step of its export changed its outputs.
        """
        level, options = self._bank.levels[index], self._options
        _, model = read_level(self._bank, level.name)
        way = f"{level.computes}{samples.folders[0].name}{asdict(options.training)}"
        way += f"{options.frozen}{options.train_depthwise}"
        folder = self._work / f"{level.name}-{hashlib.sha256(way.encode()).hexdigest()[:8]}"
        trained = distill_network(
            model,
            samples,
            self._validation(),
            folder,
            options,
            lambda what, done, of, line: self._report(f"level {index}: {what}", done, of, line),
        ).model
        self._report(f"level {index}: quantizing", 0, 0, "")
        images = samples.batch(_spread(len(samples)))[0]
        quantized = quantize(trained, images)
        steps = self._checked(trained, quantized, level.file)
        self._report(f"level {index}: measuring", 0, 0, "")
        after = self._unseen.errors(open_exact(quantized))
        first = next(iter(after))
        before = self._unseen.errors(open_exact(model), [first])[first]
        self._keep(level, trained, serialized(quantized), after, samples)
        return StatueLevel(level.name, before, after, steps)

    def use(self, detector: StatueDetector) -> None:
        """Take a palm detector into the bank, in place of all that it was begun with."""
        self._files[detector.info.file] = detector.data
        self._detectors = (detector.info,)

    def write(self, out: Path) -> Manifest:
        """Write the bank of the levels trained so far, with the palm detectors begun with, or the new one.

        Raises:
            OutputError: The folder cannot be written.
        """
        bank = replace(
            self._bank,
            schema=BYTE_INPUT,
            name="depth",
            source=f"{self._bank.source}; {TRAINED} by hand-tracking-dsp models depth-bank",
            levels=numbered(self._levels[index] for index in sorted(self._levels)),
            detectors=self._detectors or self._bank.detectors,
            near_detector=None if self._detectors else self._bank.near_detector,
            operating_points=(),
        )
        return write_bank(out, bank, self._files)

    def _validation(self) -> Validation:
        """Draw hands of people and poses that are set aside to choose by."""
        recipe = StatueRecipe(seed=self._options.training.seed, split="val", empty=0.0)
        return {"people set aside": gathered(recipe.maker(), range(_VALIDATION))}

    def _checked(self, trained: onnx.ModelProto, quantized: onnx.ModelProto, file: str) -> list[ExportStep]:
        # The limits are in palms of the picture, which must not be seen end-on.
        recipe = StatueRecipe(self._options.training.seed, "val", empty=0.0, views="frontal")
        images, _ = gathered(recipe.maker(), range(CHECKED))
        steps = compare_stages(
            [
                Stage("PyTorch", lambda images: predict_in_torch(trained, images)),
                Stage("ONNX", lambda images: predict(open_exact(trained), images), REWRITTEN),
                Stage("INT8", lambda images: predict(open_exact(quantized), images), ROUNDED),
            ],
            images,
        )
        require(steps, file)
        return steps

    def _keep(
        self,
        level: LevelInfo,
        trained: onnx.ModelProto,
        data: bytes,
        after: dict[str, StatueErrors],
        samples: TrainingSamples,
    ) -> None:
        """Describe the INT8 file of a level, and put it into the bank."""
        training, file = self._options.training, level.file.replace(".onnx", "_int8.onnx")
        source = {
            "file": level.file,
            "sha256": level.computes,
            "method": "trained on rendered statues, then static INT8",
            "samples": len(samples),
            "steps": training.steps,
            "batch": training.batch,
            "learning_rate": training.learning_rate,
            "frozen": self._options.frozen,
            "depthwise": self._options.train_depthwise,
            "seed": training.seed,
        }
        accuracy = tuple(
            new_accuracy(f"{name} ({one.hands} rendered hands)", one.shape_mm, one.hands, _PROVIDER, ERROR)
            for name, one in after.items()
        )
        new = new_level(
            level.name, file, data, keep=level.keep, accuracy=accuracy, source=source, **sizes(trained)
        )
        self._files[file] = data
        self._levels[level.index] = replace(new, precision="int8")


def _spread(count: int) -> NDArray[np.int64]:
    """Choose samples to calibrate on."""
    return np.unique(np.linspace(0, count - 1, min(count, _CALIBRATION)).astype(np.int64))
