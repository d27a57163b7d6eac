"""Teaches the levels of a bank and writes the bank that comes out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import geometric_mean

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import (
    Predictions,
    as_input,
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
from hand_tracking_dsp.compression.distillation.distill import DistillationOptions, Progress, Taught, teach
from hand_tracking_dsp.compression.distillation.frozen import cut_behind
from hand_tracking_dsp.compression.distillation.network import OnnxNetwork
from hand_tracking_dsp.compression.distillation.samples import Labels, Samples, labelled
from hand_tracking_dsp.compression.distillation.teacher import Teacher
from hand_tracking_dsp.compression.quantization.quantize import quantize
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_info import Accuracy

CHECKED = 16
"""Crops on which every step of an export is checked."""

# Below this many % of palm size a deviation is as good as none.
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Lesson:
    """What teaching a level has changed.

    Attributes:
        name: Of the level.
        precision: fp32, or int8 for the network of quantization-aware training.
        before: Mean deviation from the dense network by validation set, % of palm size.
        after: The same afterwards.
        steps: Every step of the export, checked.
    """

    name: str
    precision: str
    before: dict[str, float]
    after: dict[str, float]
    steps: list[ExportStep]

    @property
    def kept(self) -> bool:
        """Whether the level became better, so that the bank has it."""
        return _overall(self.after) < _overall(self.before)


class School:
    """Teaches the levels of one bank.

    Args:
        bank: Folder of the bank; its level 0 is the teacher.
        work: Where checkpoints and curves are kept, a folder a level.
        options: How to teach.
        on_progress: See distill.Progress.

    Raises:
        ModelError: The bank is wrong.
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
        self.measure_on({})

    def measure_on(self, validation: dict[str, Crops]) -> None:
        """Set the crops, by the name of their data set, on which levels are measured."""
        self._crops = validation
        teacher = Teacher(onnx.load_model_from_string(self.teacher))
        self._validation: dict[str, tuple[NDArray[np.uint8], Labels]] = {
            name: (crops.images, labelled(crops.images, teacher)) for name, crops in validation.items()
        }
        self._dense = {name: _said(self.teacher, crops) for name, crops in validation.items()}

    def chosen(self, wanted: Sequence[int] | None) -> list[int]:
        """Name the levels to teach: those wanted, or all but the dense one.

        Raises:
            ConfigurationError: The bank has no such level, or none that can be taught, or one does not
                have the block that is to be frozen.
        """
        able = [level.index for level in self._levels[1:] if level.precision == "fp32"]
        chosen = able if wanted is None else list(wanted)
        if not chosen or not set(chosen) <= set(able):
            names = ", ".join(map(str, able)) or "none"
            msg = (
                f"The levels {chosen} cannot be taught: the bank has {names}; make levels with 'prune' first."
            )
            raise ConfigurationError(msg)
        for index in chosen if self._options.frozen else ():
            file = self._levels[index].file
            cut_behind(onnx.load_model_from_string(self._files[file]), self._options.frozen)
        return chosen

    def teach(self, index: int, samples: Samples, calibration: Crops | None) -> list[Lesson]:
        """Teach a level; what does not become better stays as it was.

        Args:
            index: The level.
            samples: What to learn from.
            calibration: To quantize with; None where there is no quantization-aware training.

        Returns:
            What changed: of the float network, and of the INT8 one if it was trained.

        Raises:
            ModelError: The network cannot be trained, or a step of its export changed its outputs.
        """
        level = self._levels[index]
        data = self._files[level.file]
        # A folder for a start and a way of training: another start must not go on with its checkpoint.
        way = f"{level.sha256}{asdict(self._options.training)}{self._options.frozen}"
        folder = self._work / f"{level.name}-{hashlib.sha256(way.encode()).hexdigest()[:8]}"
        taught = teach(
            onnx.load_model_from_string(data),
            samples,
            self._validation,
            folder,
            self._options,
            lambda what, done, of, line: self._report(f"level {index}: {what}", done, of, line),
        )
        provenance = self._provenance(samples)
        lessons = [self._take(index, data, taught, provenance)]
        if taught.rounded is not None and calibration is not None:
            lessons.append(self._take_rounded(index, taught.rounded, taught.ranges, calibration, provenance))
        return lessons

    def write(self, out: Path) -> None:
        """Write the bank with what was taught so far.

        Raises:
            OutputError: The folder cannot be written.
        """
        write_bank(out, replace(self._bank, levels=numbered(self._levels)), self._files)

    def _take(self, index: int, old: bytes, taught: Taught, provenance: dict[str, object]) -> Lesson:
        """Put the float network, or the best of those on the way to it, in the old one's place, if better."""
        level = self._levels[index]
        start = onnx.load_model_from_string(old)
        models = {share: blended(start, taught.model, share) for share in SHARES}
        found = {share: self._deviations(_serialized(model)) for share, model in models.items()}
        share = min(found, key=lambda share: _overall(found[share]))
        model, data = models[share], _serialized(models[share])
        before, after = self._deviations(old), found[share]
        steps = compare_stages(
            [
                Stage("PyTorch", lambda images: _in_torch(model, images)),
                Stage("ONNX", lambda images: predict(open_as_filed(data, level.file), images)),
                Stage("optimized", lambda images: predict(open_exact(data, level.file), images)),
            ],
            self._some_images(),
        )
        require(steps, level.file)
        lesson = Lesson(level.name, "fp32", before, after, steps)
        if lesson.kept:
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
        return lesson

    def _take_rounded(
        self,
        index: int,
        rounded: onnx.ModelProto,
        ranges: Mapping[str, tuple[float, float]],
        calibration: Crops,
        provenance: dict[str, object],
    ) -> Lesson:
        """Add the INT8 network of quantization-aware training, if it is better than plain INT8."""
        level = self._levels[index]
        file = level.file.replace(".onnx", "_int8.onnx")
        plain = quantize(onnx.load_model_from_string(self._files[level.file]), calibration)
        trained = quantize(rounded, calibration, ranges)
        old, data = _serialized(plain), _serialized(trained)
        before, after = self._deviations(old), self._deviations(data)
        steps = compare_stages(
            [
                Stage("rounded weights", lambda images: _in_torch(rounded, images)),
                Stage("INT8", lambda images: predict(open_exact(data, file), images), ROUNDED),
            ],
            self._some_images(),
        )
        require(steps, file)
        lesson = Lesson(level.name, "int8", before, after, steps)
        chosen, figures = (data, after) if lesson.kept else (old, before)
        self._files[file] = chosen
        method = "quantization-aware training" if lesson.kept else "static INT8"
        self._levels[index] = with_variant(
            level,
            file,
            chosen,
            "int8",
            accuracy=self._accuracy(figures),
            source={"method": method, **({"training": provenance} if lesson.kept else {})},
        )
        return lesson

    def _deviations(self, data: bytes) -> dict[str, float]:
        return {
            name: float(deviation_palm_percent(_said(data, crops), self._dense[name]).mean())
            for name, crops in self._crops.items()
        }

    def _accuracy(self, deviations: dict[str, float]) -> tuple[Accuracy, ...]:
        provider = "onnxruntime/CPUExecutionProvider"
        return tuple(
            new_accuracy(name, value, len(self._crops[name]), provider) for name, value in deviations.items()
        )

    def _some_images(self) -> NDArray[np.uint8]:
        share = -(-CHECKED // len(self._crops))
        return np.concatenate([crops.images[:share] for crops in self._crops.values()])

    def _provenance(self, samples: Samples) -> dict[str, object]:
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


def _said(data: bytes, crops: Crops) -> Predictions:
    return predict(open_exact(data), crops.images)


@torch.no_grad()
def _in_torch(model: onnx.ModelProto, images: NDArray[np.uint8]) -> Predictions:
    network = OnnxNetwork(model).eval()
    outputs = [network(torch.from_numpy(as_input(image))) for image in images]
    joined = {name: torch.cat([output[name] for output in outputs]).numpy() for name in outputs[0]}
    return Predictions(
        joined["landmarks"].reshape(len(images), -1, 3),
        joined["presence"].reshape(-1),
        joined["handedness"].reshape(-1),
        joined["world_landmarks"].reshape(len(images), -1, 3),
    )


def _serialized(model: onnx.ModelProto) -> bytes:
    return bytes(model.SerializeToString(deterministic=True))


def _overall(deviations: dict[str, float]) -> float:
    """Geometric mean: a data set on which all networks deviate much must not drown the others."""
    return geometric_mean(max(value, _LEAST) for value in deviations.values())
