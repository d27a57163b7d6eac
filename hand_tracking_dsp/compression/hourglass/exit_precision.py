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

"""INT8 files of exits, kept where they cost little and gain time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hand_tracking_dsp.compression.bank.checks import Check
from hand_tracking_dsp.compression.bank.deviation import Predictions, deviation_palm_percent, predict_depth
from hand_tracking_dsp.compression.bank.entries import new_accuracy, with_accuracy, with_variant
from hand_tracking_dsp.compression.bank.sessions import EXACT, open_exact
from hand_tracking_dsp.compression.bank.timing import Times, grey_runs, time_in_turn
from hand_tracking_dsp.compression.bank.verify import Timed, record, runtimes_here
from hand_tracking_dsp.compression.hourglass.evaluate import errors_mm, exit_joints
from hand_tracking_dsp.compression.hourglass.export import ERROR
from hand_tracking_dsp.compression.hourglass.samples import DepthSamples
from hand_tracking_dsp.compression.onnx_graph import parse_model
from hand_tracking_dsp.compression.quantization.quantize import quantize
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.pose_benchmark.metrics import mean_joint_error_mm
from hand_tracking_dsp.tracking.backends import open_session
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.losses import DEVIATION
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import File, LevelInfo, NetworkInfo
from hand_tracking_dsp.tracking.precision import Choice, possible

MOST_ERROR = 1.03
"""Error of an INT8 file, at most so many times that of its fp32 file."""

Progress = Callable[[str, int, int], None]
"""Called with what is done, how many levels are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class ExitFigures:
    """Figures of an exit in one file and arithmetic.

    Attributes:
        choice: The file, and how it was run.
        error_mm: Mean joint error, as in export.ERROR.
        deviation: Mean deviation from the bank's first level in fp32, % of the palm.
        times: Times of a run with one thread.
    """

    choice: Choice[NetworkInfo]
    error_mm: float
    deviation: float
    times: Times


@dataclass(frozen=True, slots=True)
class QuantizedExit:
    """An exit in every file and arithmetic that runs here, and whether its INT8 file is kept.

    Attributes:
        level: The exit with its INT8 file.
        figures: Its fp32 file in ONNX Runtime first.
    """

    level: LevelInfo
    figures: list[ExitFigures]

    @property
    def before(self) -> ExitFigures:
        """Figures of the fp32 file in ONNX Runtime."""
        return self.figures[0]

    @property
    def after(self) -> ExitFigures:
        """Figures of the INT8 file there."""
        return next(one for one in self.figures if one.choice.info.precision == "int8")

    @property
    def kept(self) -> bool:
        """True if INT8 costs little error and is faster."""
        cheap = self.after.error_mm <= MOST_ERROR * self.before.error_mm
        return cheap and self.after.times.p50_ms < self.before.times.p50_ms


class ExitQuantizer:
    """Makes and measures INT8 files of a bank's exits.

    Args:
        bank: Bank whose levels see depth.
        files: Its networks by name, with float weights.
        calibration: Samples to calibrate on.
        test: Samples with hands to measure on.
        data: Name of these, for bank.json.
        runs: Timed runs of each file and arithmetic.

    Raises:
        ConfigurationError: The bank has no level in fp32 that sees depth.
    """

    def __init__(
        self,
        bank: Manifest,
        files: dict[str, bytes],
        calibration: DepthSamples,
        test: DepthSamples,
        data: str,
        runs: int,
    ) -> None:
        self._chosen = [level for level in bank.levels if level.depth and level.precision == "fp32"]
        if not self._chosen:
            msg = (
                f"The bank {bank.name} has no exit in fp32 to quantize: give one that hourglass export wrote."
            )
            raise ConfigurationError(msg)
        self._files = dict(files)
        self._calibration = calibration
        self._test = test
        self._data = data
        self._runs = runs
        self._dense = self._look(open_exact(files[self._chosen[0].file]))

    def quantize(self, bank: Manifest, on_progress: Progress) -> tuple[Manifest, list[QuantizedExit]]:
        """Quantize every exit.

        Returns:
            The bank with the INT8 files that are kept and with all figures, and what was found.

        Raises:
            BackendError: A backend refuses a file.
        """
        found = []
        for number, level in enumerate(self._chosen):
            on_progress(f"quantizing {level.name}", number, len(self._chosen))
            one = self._quantized(level)
            found.append(one)
            if one.kept:
                changed = (one.level if old.index == level.index else old for old in bank.levels)
                bank = bank.with_levels(list(changed))
            bank = self._recorded(bank, one)
        return bank, found

    @property
    def files(self) -> dict[str, bytes]:
        """The networks by name, with those that were made."""
        return self._files

    def _quantized(self, level: LevelInfo) -> QuantizedExit:
        original = self._files[level.file]
        made = serialized(quantize(parse_model(original, level.file), self._calibration.images))
        file = f"{level.file.removesuffix('.onnx')}_int8.onnx"
        self._files[file] = made
        source = {
            "file": level.file,
            "sha256": level.computes,
            "method": "static INT8: weights rounded by second moments, biases corrected",
            "samples": len(self._calibration),
        }
        level = with_variant(level, file, made, "int8", source=source)
        return QuantizedExit(level, self._figures(level))

    def _figures(self, level: NetworkInfo) -> list[ExitFigures]:
        choices = [choice for runtime in runtimes_here() for choice in possible(level, runtime)]
        sessions = [
            open_session(
                self._files[one.info.file], one.info.file, replace(one.runtime, threads=EXACT.threads)
            )
            for one in choices
        ]
        times = time_in_turn(grey_runs(sessions), self._runs)
        figures = zip(choices, sessions, times, strict=True)
        return [self._measured(choice.run_by(session), session, time) for choice, session, time in figures]

    def _measured(self, choice: Choice[NetworkInfo], session: Session, times: Times) -> ExitFigures:
        error = mean_joint_error_mm(errors_mm(self._test, exit_joints(session, self._test)))
        deviations = deviation_palm_percent(self._look(session), self._dense)
        return ExitFigures(choice, error, float(deviations.mean()), times)

    def _look(self, session: Session) -> Predictions:
        return predict_depth(session, self._test.images)

    def _recorded(self, bank: Manifest, one: QuantizedExit) -> Manifest:
        figures = one.figures
        checks = [Check(f.choice, DEVIATION, f.deviation, None, len(self._test)) for f in figures]
        timed = [Timed(f.choice, EXACT.threads, f.times) for f in figures]

        def with_errors(info: File) -> File:
            return with_accuracy(
                info,
                *(
                    new_accuracy(self._data, f.error_mm, len(self._test), f.choice.provider, ERROR)
                    for f in figures
                    if f.choice.info.file == info.file
                ),
            )

        return record(bank, checks, timed, self._data).with_each_file(with_errors)
