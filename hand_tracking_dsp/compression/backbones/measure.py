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

"""Time and energy of one inference, of several networks in turn (ONNX Runtime, one thread)."""

from __future__ import annotations

import io
import math
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import nn

from hand_tracking_dsp.compression.backbones.layers import SIDE
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.bank.timing import time_in_turn
from hand_tracking_dsp.power.energy_meter import EnergyMeter

_OPSET = 17
_ROUNDS = 7
_RUNS_A_ROUND = 40
_RUNS_A_SAMPLE = 10
# Counters of energy move a thousand times a second; of cards some ten times.
_MEASURED_S = 0.5


@dataclass(frozen=True, slots=True)
class InferenceCost:
    """Cost of one inference.

    Attributes:
        time_ms: Median time, milliseconds.
        processor_ms: Median time of the processor, milliseconds.
        joules: Energy that the meter saw meanwhile, divided by the inferences; NaN without a meter.
    """

    time_ms: float
    processor_ms: float
    joules: float = math.nan

    @property
    def power(self) -> float:
        """Energy, else what stands for it: in relation to another's it is the power at an equal rate."""
        return self.processor_ms if math.isnan(self.joules) else self.joules


def to_onnx(network: nn.Module) -> bytes:
    """Write a network as ONNX, for one image of SIDE x SIDE pixels."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The exporter that replaces it needs a further package.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network.eval(),
            (torch.zeros(1, 3, SIDE, SIDE),),
            buffer,
            dynamo=False,
            input_names=["image"],
            output_names=["scores"],
            opset_version=_OPSET,
        )
    return buffer.getvalue()


def measure_costs(
    networks: Sequence[bytes],
    runs: int,
    meter: EnergyMeter | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[InferenceCost]:
    """Measure networks in turn, on a grey image.

    Args:
        networks: ONNX files.
        runs: Timed runs of each, at least 1.
        meter: What measures energy; None: nothing does.
        on_progress: Called with the turns done and to do.

    Raises:
        BackendError: ONNX Runtime refuses a network.
        SourceError: The meter's device has vanished.
    """
    sessions = [open_exact(network) for network in networks]
    calls = [partial(session.run, np.zeros((1, 3, SIDE, SIDE), np.float32)) for session in sessions]
    times = time_in_turn(calls, runs, on_progress)
    busy_ms: list[list[float]] = [[] for _ in calls]
    joules: list[list[float]] = [[] for _ in calls]
    for _ in range(_ROUNDS):
        for index, call in enumerate(calls):
            busy_ms[index].append(_processor_ms(call))
            if meter is not None:
                joules[index].append(_joules(call, meter))
    return [
        InferenceCost(one.p50_ms, float(np.median(busy)), float(np.mean(energy)) if energy else math.nan)
        for one, busy, energy in zip(times, busy_ms, joules, strict=True)
    ]


def _processor_ms(call: Callable[[], object]) -> float:
    start = time.process_time()
    for _ in range(_RUNS_A_ROUND):
        call()
    return (time.process_time() - start) * 1e3 / _RUNS_A_ROUND


def _joules(call: Callable[[], object], meter: EnergyMeter) -> float:
    runs, end_s = 0, time.monotonic() + _MEASURED_S
    meter.start()
    while time.monotonic() < end_s:
        for _ in range(_RUNS_A_SAMPLE):
            call()
        runs += _RUNS_A_SAMPLE
        meter.sample()
    return meter.joules / runs
