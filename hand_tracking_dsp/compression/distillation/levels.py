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

"""Distillation of the levels of a bank, and the bank that results."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import geometric_mean

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import (
    Predictions,
    deviation_palm_percent,
    predict,
)
from hand_tracking_dsp.compression.bank.entries import new_accuracy, new_level, numbered, with_variant
from hand_tracking_dsp.compression.bank.export_checks import (
    ROUNDED,
    ExportStep,
    Stage,
    compare_stages,
    open_as_filed,
    require,
)
from hand_tracking_dsp.compression.bank.files import read_files, write_bank
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.distillation.blend import SHARES, blended
from hand_tracking_dsp.compression.distillation.distill import (
    DistillationOptions,
    Progress,
    distill_network,
)
from hand_tracking_dsp.compression.distillation.error_head import ERROR
from hand_tracking_dsp.compression.distillation.frozen import cut_behind
from hand_tracking_dsp.compression.distillation.network import predict_in_torch
from hand_tracking_dsp.compression.distillation.samples import TrainingSamples, Validation, label_images
from hand_tracking_dsp.compression.distillation.teacher import Teacher
from hand_tracking_dsp.compression.onnx_graph import without_output
from hand_tracking_dsp.compression.quantization.quantize import quantize
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_info import Accuracy

CHECKED = 16
"""Number of crops on which every step of an export is checked."""

# Smallest deviation, % of palm size, that counts in a geometric mean.
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class LevelResult:
    """Effect of distillation on a level, in fp32, or in int8 by quantization-aware training.

    Attributes:
        before: Mean deviation from the dense network by validation set, % of palm size.
        after: Same after training.
        steps: Checks of the steps of the export.
    """

    name: str
    precision: str
    before: dict[str, float]
    after: dict[str, float]
    steps: list[ExportStep]

    @property
    def kept(self) -> bool:
        """True where the level became better, so that the bank has the trained one."""
        return _overall(self.after) < _overall(self.before)


class LevelTrainer:
    """Trains the levels of a bank, whose level 0 is the teacher.

    The work folder has a folder of checkpoints and curves for each level.

    Raises:
        ModelError: The bank is missing or damaged.
    """

    def __init__(
        self,
        bank: Path,
        work: Path,
        options: DistillationOptions,
        on_progress: Progress,
    ) -> None:
        self._bank = read_manifest(bank)
        self._files, self._levels = read_files(self._bank), list(self._bank.levels)
        self._work, self._options, self._report = work, options, on_progress
        self.teacher = self._files[self._levels[0].file]
        self.set_validation({})

    def set_validation(self, validation: dict[str, Crops]) -> None:
        """Set the crops to measure levels on, by the name of their data set."""
        self._crops = validation
        teacher = Teacher(onnx.load_model_from_string(self.teacher))
        self._validation: Validation = {
            name: (crops.images, label_images(crops.images, teacher)) for name, crops in validation.items()
        }
        self._dense = {name: _predicted(self.teacher, crops) for name, crops in validation.items()}

    def choose_levels(self, wanted: Sequence[int] | None) -> list[int]:
        """Choose the levels to train: those wanted, or all but the dense one.

        Raises:
            ConfigurationError: The bank has no such level, or none that can be trained, or one lacks the
                block that is to be frozen.
        """
        able = [level.index for level in self._levels[1:] if level.precision == "fp32"]
        chosen = able if wanted is None else list(wanted)
        if not chosen or not set(chosen) <= set(able):
            names = ", ".join(map(str, able)) or "none"
            msg = f"The levels {chosen} cannot be trained: the bank has {names}; make others with 'prune'."
            raise ConfigurationError(msg)
        for index in chosen if self._options.frozen else ():
            file = self._levels[index].file
            cut_behind(onnx.load_model_from_string(self._files[file]), self._options.frozen)
        return chosen

    def train(self, index: int, samples: TrainingSamples, calibration: Crops | None) -> list[LevelResult]:
        """Train a level; it stays as it was where training does not make it better.

        Crops to calibrate INT8 with are None where there is no quantization-aware training.

        Returns:
            Result of the float network, and of the INT8 one if it was trained.

        Raises:
            ModelError: The network cannot be trained, or a step of its export changed its outputs.
        """
        level = self._levels[index]
        # What it said of its errors is not true of what it will be.
        start = without_output(onnx.load_model_from_string(self._files[level.file]), ERROR)
        # A folder for each start and options: a checkpoint of others must not be resumed.
        way = f"{level.sha256}{asdict(self._options.training)}{self._options.frozen}"
        folder = self._work / f"{level.name}-{hashlib.sha256(way.encode()).hexdigest()[:8]}"
        distilled = distill_network(
            start,
            samples,
            self._validation,
            folder,
            self._options,
            lambda what, done, of, line: self._report(f"level {index}: {what}", done, of, line),
        )
        provenance = self._provenance(samples)
        results = [self._keep_better(index, start, distilled.model, provenance)]
        if distilled.rounded is not None and calibration is not None:
            results.append(
                self._keep_better_int8(index, distilled.rounded, distilled.ranges, calibration, provenance)
            )
        return results

    def write(self, out: Path) -> None:
        """Write the bank with the levels trained so far.

        Raises:
            OutputError: The folder cannot be written.
        """
        write_bank(out, self._bank.with_levels(numbered(self._levels)), self._files)

    def _keep_better(
        self, index: int, start: onnx.ModelProto, trained: onnx.ModelProto, provenance: dict[str, object]
    ) -> LevelResult:
        """Replace the float network by the trained one, or the best interpolation, if that is better."""
        level = self._levels[index]
        models = {share: blended(start, trained, share) for share in SHARES}
        found = {share: self._deviations(serialized(model)) for share, model in models.items()}
        share = min(found, key=lambda share: _overall(found[share]))
        model, data = models[share], serialized(models[share])
        before, after = self._deviations(self._files[level.file]), found[share]
        steps = compare_stages(
            [
                Stage("PyTorch", lambda images: predict_in_torch(model, images)),
                Stage("ONNX", lambda images: predict(open_as_filed(data, level.file), images)),
                Stage("optimized", lambda images: predict(open_exact(data, level.file), images)),
            ],
            self._check_images(),
        )
        require(steps, level.file)
        result = LevelResult(level.name, "fp32", before, after, steps)
        if result.kept:
            self._files[level.file] = data
            earlier = level.source.get("distillation", ())
            self._levels[index] = new_level(
                level.name,
                level.file,
                data,
                keep=level.keep,
                accuracy=self._accuracy(after),
                source={**level.source, "distillation": [*earlier, {**provenance, "share": share}]},
                **sizes(model),
            )
        return result

    def _keep_better_int8(
        self,
        index: int,
        rounded: onnx.ModelProto,
        ranges: Mapping[str, tuple[float, float]],
        calibration: Crops,
        provenance: dict[str, object],
    ) -> LevelResult:
        """Add the INT8 network of quantization-aware training, if it is better than plain INT8."""
        level = self._levels[index]
        file = level.file.replace(".onnx", "_int8.onnx")
        plain = quantize(onnx.load_model_from_string(self._files[level.file]), calibration.images)
        trained = quantize(rounded, calibration.images, ranges)
        old, data = serialized(plain), serialized(trained)
        before, after = self._deviations(old), self._deviations(data)
        steps = compare_stages(
            [
                Stage("rounded weights", lambda images: predict_in_torch(rounded, images)),
                Stage("INT8", lambda images: predict(open_exact(data, file), images), ROUNDED),
            ],
            self._check_images(),
        )
        require(steps, file)
        result = LevelResult(level.name, "int8", before, after, steps)
        chosen, figures = (data, after) if result.kept else (old, before)
        self._files[file] = chosen
        method = "quantization-aware training" if result.kept else "static INT8"
        self._levels[index] = with_variant(
            level,
            file,
            chosen,
            "int8",
            accuracy=self._accuracy(figures),
            source={"method": method, **({"training": provenance} if result.kept else {})},
        )
        return result

    def _deviations(self, data: bytes) -> dict[str, float]:
        return {
            name: float(deviation_palm_percent(_predicted(data, crops), self._dense[name]).mean())
            for name, crops in self._crops.items()
        }

    def _accuracy(self, deviations: dict[str, float]) -> tuple[Accuracy, ...]:
        provider = "onnxruntime/CPUExecutionProvider"
        return tuple(
            new_accuracy(name, value, len(self._crops[name]), provider) for name, value in deviations.items()
        )

    def _check_images(self) -> NDArray[np.uint8]:
        share = -(-CHECKED // len(self._crops))
        return np.concatenate([crops.images[:share] for crops in self._crops.values()])

    def _provenance(self, samples: TrainingSamples) -> dict[str, object]:
        options = self._options
        return {
            "samples": len(samples),
            "frozen": options.frozen,
            "seed": options.training.seed,
            "steps": options.training.steps,
            "batch": options.training.batch,
            "learning_rate": options.training.learning_rate,
            "alpha": options.training.alpha,
            "rounding_steps": options.rounding_steps,
        }


def _predicted(data: bytes, crops: Crops) -> Predictions:
    return predict(open_exact(data), crops.images)


def _overall(deviations: dict[str, float]) -> float:
    """Return the geometric mean, in which a data set with large deviations does not outweigh the others."""
    return geometric_mean(max(value, _LEAST) for value in deviations.values())
