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

"""Gives the levels of a bank files of lower precision, each step checked and measured."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import onnx

from hand_tracking_dsp.compression.bank.deviation import Predictions, deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.entries import with_variant
from hand_tracking_dsp.compression.bank.export_checks import (
    HALVED,
    OTHER_ROUNDING,
    ROUNDED,
    ExportStep,
    Stage,
    compare_stages,
    open_as_filed,
    require,
)
from hand_tracking_dsp.compression.bank.sessions import EXACT, open_exact
from hand_tracking_dsp.compression.bank.timing import grey_runs, time_in_turn
from hand_tracking_dsp.compression.bank.verify import Timed, runtimes_here
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.quantization.half import halve
from hand_tracking_dsp.compression.quantization.quantize import quantize
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.tracking.backends import open_session
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.network_info import LevelInfo, NetworkInfo
from hand_tracking_dsp.tracking.precision import Choice, possible

MADE = {"int8": "INT8", "fp16": "fp16"}
"""The precisions that files can be made in, as people write them."""

_CHECKED = 16
# Another number where the way of quantizing changes: what is left of an older run is then not taken.
_WAY = "1"


@dataclass(frozen=True, slots=True)
class VariantFigures:
    """Figures of a level in one file and arithmetic, on crops held back.

    Attributes:
        choice: The file, and how it was run.
        from_dense: Mean deviation from the dense network's fp32, % of palm size.
        from_own: The same from the level's own fp32: what the precision costs.
        timed: Times of a run.
    """

    choice: Choice[NetworkInfo]
    from_dense: float
    from_own: float
    timed: Timed


def lacking(level: LevelInfo, precisions: Iterable[str], again: bool = False) -> list[str]:
    """Name the wanted precisions in which a level has no file, or has one (again); none without fp32."""
    if level.precision != "fp32":
        return []
    there = set() if again else {variant.precision for variant in level.variants}
    return [precision for precision in precisions if precision not in there]


def make_variant(
    level: LevelInfo,
    data: bytes,
    precision: str,
    crops: Crops,
    seed: int,
    kept: Path,
    *,
    symmetric: bool = False,
) -> tuple[LevelInfo, bytes]:
    """Make a file of a level's network in another precision, or take the one an earlier run left.

    Args:
        level: Level of a bank.
        data: Its fp32 file.
        precision: One of MADE.
        crops: Crops to calibrate on.
        seed: Seed that the crops were chosen by, to be noted.
        kept: Folder for what is made, for a later run.
        symmetric: INT8 around zero points of 0, as TensorRT needs it.

    Returns:
        The level with the variant last, in place of an older one of the same precision, and the file.

    Raises:
        OutputError: The folder cannot be written.
    """
    key = hashlib.sha256(
        data + crops.images.tobytes() + f"{precision} {_WAY}{' symmetric' * symmetric}".encode()
    ).hexdigest()
    path = kept / f"{key}.onnx"
    try:
        made = path.read_bytes()
    except OSError:
        model = onnx.load_model_from_string(data)
        changed = quantize(model, crops.images, symmetric=symmetric) if precision == "int8" else halve(model)
        made = serialized(changed)
        write_bytes(path, made)
    source: dict[str, Any] = {"file": level.file, "sha256": level.computes, "method": _method(precision)}
    if precision == "int8":
        source |= {"crops": len(crops), "data": ", ".join(sorted(set(crops.sources))), "seed": seed}
        if symmetric:
            source["symmetric"] = True
    file = f"{level.file.removesuffix('.onnx')}_{precision}.onnx"
    return with_variant(level, file, made, precision, source=source), made


def check_variant(name: str, original: bytes, made: bytes, precision: str, crops: Crops) -> list[ExportStep]:
    """Compare the outputs of a network, on crops held back from calibration, at every step of its export.

    Raises:
        ModelError: A step changed more than is allowed.
        BackendError: A backend refuses a file.
    """
    limit = ROUNDED if precision == "int8" else HALVED

    def stage(title: str, session: Session, **limits: object) -> Stage:
        return Stage(title, partial(predict, session), **limits)  # type: ignore[arg-type]

    stages = [
        stage("ONNX", open_as_filed(original, name)),
        stage("optimized", open_exact(original, name)),
        stage(MADE[precision], open_exact(made, name), limit=limit),
    ]
    for runtime in runtimes_here():
        if runtime.providers != EXACT.providers or runtime.backend != EXACT.backend:
            # An fp16 file is computed in fp32 where that is exact: its weights are what is checked.
            arithmetic = "int8" if precision == "int8" else "fp32"
            session = open_session(made, name, replace(runtime, precision=arithmetic, threads=EXACT.threads))
            rounding = OTHER_ROUNDING if precision == "int8" else limit
            stages.append(stage(session.provider, session, limit=rounding))
    steps = compare_stages(stages, crops.images[:_CHECKED])
    require(steps, name)
    return steps


def measure_level(
    level: LevelInfo,
    files: Mapping[str, bytes],
    dense: Predictions,
    crops: Crops,
    runs: int,
    on_turn: Callable[[int, int], None] | None = None,
) -> list[VariantFigures]:
    """Measure a level in every file and arithmetic that can run here, in turn, on crops held back.

    Args:
        level: Level of a bank.
        files: Networks of the bank by name.
        dense: Predictions of the crops by the dense network.
        crops: Crops held back from calibration.
        runs: Timed runs of each, at least 1.
        on_turn: Called with how many turns are done, and how many there are.

    Returns:
        The level's fp32 file in ONNX Runtime first.

    Raises:
        BackendError: A backend refuses a file.
    """
    network: NetworkInfo = level
    choices = [choice for runtime in runtimes_here() for choice in possible(network, runtime)]
    sessions = [
        open_session(files[one.info.file], one.info.file, replace(one.runtime, threads=EXACT.threads))
        for one in choices
    ]
    times = time_in_turn(grey_runs(sessions), runs, on_turn)
    found = [predict(session, crops.images) for session in sessions]
    return [
        VariantFigures(
            choice,
            float(deviation_palm_percent(predicted, dense).mean()),
            float(deviation_palm_percent(predicted, found[0]).mean()),
            Timed(choice, EXACT.threads, taken),
        )
        for choice, predicted, taken in zip(choices, found, times, strict=True)
    ]


def _method(precision: str) -> str:
    if precision == "fp16":
        return "weights and arithmetic rounded to fp16"
    return "static INT8: channels scaled alike, weights rounded by second moments, biases corrected"
