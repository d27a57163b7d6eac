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

"""Gains of pruned networks on the runtimes at hand: time, file and memory, zero where nothing is gained."""

from __future__ import annotations

import gzip
import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import process_time

import numpy as np
import onnx

from hand_tracking_dsp.compression.bank.half_weights import with_half_weights
from hand_tracking_dsp.compression.bank.timing import grey_runs, time_in_turn
from hand_tracking_dsp.compression.pruning.reconstruction import Doubles
from hand_tracking_dsp.compression.quantization.placeholder_ranges import with_any_ranges
from hand_tracking_dsp.tracking.backends import BACKENDS, RuntimeOptions, Session, open_session
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized

# The dense network, opened several times, and all opened anew several times in another order: where a network
# lies in memory makes a difference, too.
_COPIES, _ROUNDS = 5, 2
# Below that other runs differ, whatever the copies say.
_LEAST_NOISE = 0.02
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime on the CPU, with one thread.

    Attributes:
        backend: One of tracking.backends.BACKENDS.
        precision: "fp32", or "int8": then the networks that are timed compute numbers that mean nothing.
    """

    backend: str
    precision: str

    @property
    def name(self) -> str:
        """Backend and precision, as options and tables name it."""
        return f"{self.backend}-{self.precision}"

    def opened(self, network: onnx.ModelProto) -> Session:
        """Open a network in fp32, in the precision.

        Raises:
            BackendError: The backend is not installed or refuses it.
        """
        model = with_any_ranges(network) if self.precision == "int8" else network
        options = RuntimeOptions(self.backend, ("cpu",), precision=self.precision, threads=1)
        return open_session(model.SerializeToString(), "network to be timed", options)


RUNTIMES = tuple(Runtime(backend, precision) for backend in BACKENDS for precision in ("fp32", "int8"))
"""The runtimes that are known."""


@dataclass(frozen=True, slots=True)
class TimeRatios:
    """Times of networks on a runtime.

    Attributes:
        noise: Largest difference of a copy of the dense network from the median of all copies, a share of it,
            2 % at least.
        rounds: Median of the processor's time for each network, relative to that median; once for each round,
            in which all were opened anew.
    """

    noise: float
    rounds: tuple[tuple[float, ...], ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Time of each network relative to the dense one, mean over the rounds."""
        return tuple(sum(one) / len(one) for one in zip(*self.rounds, strict=True))

    @property
    def gains(self) -> tuple[float, ...]:
        """Share of the time that each network saves; 0 where that is within the noise in any round."""
        slowest = (max(one) for one in zip(*self.rounds, strict=True))
        pairs = zip(self.ratios, slowest, strict=True)
        return tuple(1 - ratio if 1 - most > self.noise else 0.0 for ratio, most in pairs)


def installed_runtimes() -> list[Runtime]:
    """List the runtimes whose backend is installed."""
    return [one for one in RUNTIMES if find_spec(one.backend)]


def time_ratios(
    runtime: Runtime, dense: onnx.ModelProto, networks: Sequence[onnx.ModelProto], runs: int
) -> TimeRatios:
    """Time networks in turn with copies of the dense one.

    Args:
        runtime: The runtime.
        dense: The dense network in fp32.
        networks: Others in fp32.
        runs: Timed runs of each in each round, at least 1.

    Raises:
        BackendError: The runtime refuses a network.
    """
    noise, rounds = _LEAST_NOISE, []
    for seed in range(_ROUNDS):
        medians_ms = _medians_ms(runtime, [*[dense] * _COPIES, *networks], runs, seed)
        copies, others = medians_ms[:_COPIES], medians_ms[_COPIES:]
        middle = float(np.median(copies))
        noise = max(noise, float(np.abs(copies / middle - 1).max()))
        rounds.append(tuple(float(value) for value in others / middle))
    return TimeRatios(noise, tuple(rounds))


def _medians_ms(runtime: Runtime, networks: Sequence[onnx.ModelProto], runs: int, seed: int) -> Doubles:
    """Time networks in turn, in an order drawn by a seed; the medians are in the order of the networks."""
    order = np.random.default_rng(seed).permutation(len(networks))
    sessions = [runtime.opened(networks[place]) for place in order]
    # Of this process alone: OpenVINO computes in a thread of its own, and other programs run, too.
    timed = time_in_turn(grey_runs(sessions), runs, clock=process_time)
    medians_ms = np.empty(len(networks))
    medians_ms[order] = [one.p50_ms for one in timed]
    return medians_ms


def file_sizes(network: onnx.ModelProto) -> tuple[int, int]:
    """Return the bytes of a network's file as a bank keeps it, and those of it zipped (gzip)."""
    data = with_half_weights(serialized(network))
    return len(data), len(gzip.compress(data, mtime=0))


def peak_memory_mib(networks: Mapping[str, onnx.ModelProto]) -> dict[str, float]:
    """Open and run each network in a process of its own (ONNX Runtime, fp32): its most memory, MiB.

    The interpreter and the libraries are part of it, so that only differences say something.

    Returns:
        By name; NaN where the system does not say it.
    """
    context = multiprocessing.get_context("spawn")
    found = {}
    for name, network in networks.items():
        with ProcessPoolExecutor(1, context) as pool:
            found[name] = pool.submit(_peak_mib, network.SerializeToString()).result()
    return found


def _peak_mib(network: bytes) -> float:
    session = RUNTIMES[0].opened(onnx.load_from_string(network))
    for run in grey_runs([session]) * 3:
        run()
    # Unlike ru_maxrss it does not begin with what the process had that started this one.
    lines = _STATUS.read_text(encoding="ascii").splitlines() if _STATUS.exists() else []
    peak = next((line.split()[1] for line in lines if line.startswith("VmHWM")), "nan")
    return float(peak) / 1024
