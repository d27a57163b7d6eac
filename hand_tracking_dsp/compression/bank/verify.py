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

"""Verification of a bank on the machine at hand: what runs here, how fast, and what bank.json is told of it.

A network is run in each of its files, on each backend, provider and arithmetic that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import onnx

from hand_tracking_dsp.compression.bank.checks import Check
from hand_tracking_dsp.compression.bank.entries import new_accuracy, with_accuracy, with_latency
from hand_tracking_dsp.compression.bank.timing import Times, grey_runs, time_in_turn
from hand_tracking_dsp.errors import BackendError
from hand_tracking_dsp.tracking.backends import BACKENDS, RuntimeOptions, open_session, providers_by_precision
from hand_tracking_dsp.tracking.device import device_name
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_file import read_network
from hand_tracking_dsp.tracking.network_info import Accuracy, File, FileInfo, NetworkInfo
from hand_tracking_dsp.tracking.opening import open_checked
from hand_tracking_dsp.tracking.precision import Choice, possible


@dataclass(frozen=True, slots=True)
class Timed:
    """Times of a run of a network on this machine with so many threads; 0 = the backend's choice."""

    choice: Choice[NetworkInfo]
    threads: int
    times: Times


def runtimes_here(on_problem: Callable[[str], None] | None = None) -> list[RuntimeOptions]:
    """Return one way to run for each backend and execution provider that opens a network here.

    Args:
        on_problem: Called with a sentence about each provider that is installed and does not.
    """
    runtimes = [
        *(RuntimeOptions("onnxruntime", (provider,)) for provider in ("cpu", "cuda", "tensorrt")),
        *(RuntimeOptions(backend) for backend in BACKENDS if backend != "onnxruntime"),
    ]
    return [runtime for runtime in runtimes if _is_here(runtime) and _opens(runtime, on_problem)]


def choices_here(
    bank: Manifest, on_problem: Callable[[str], None] | None = None
) -> list[Choice[NetworkInfo]]:
    """Return every network of a bank in every file and arithmetic that can be run here, dense fp32 first.

    Args:
        bank: The bank.
        on_problem: See runtimes_here.
    """
    runtimes = runtimes_here(on_problem)
    return [
        choice for network in bank.networks for runtime in runtimes for choice in possible(network, runtime)
    ]


def time_networks(
    bank: Manifest,
    choices: Sequence[Choice[NetworkInfo]],
    threads: int,
    runs: int,
    beside: Sequence[Callable[[], object]] = (),
    on_turn: Callable[[int, int], None] | None = None,
) -> tuple[list[Timed], list[Times]]:
    """Time networks, and other calls beside them, in turn on a grey picture.

    Args:
        bank: Bank of the networks.
        choices: Networks to run.
        threads: Threads per inference; 0 = the backend's choice.
        runs: Timed runs of each, at least 1.
        beside: Other calls to time in the same turns.
        on_turn: Called with how many turns are done, and how many there are.

    Returns:
        The times of choices, and those of beside.

    Raises:
        ModelError: A file is missing, damaged or another one.
        BackendError: A backend refuses a network.
    """
    sessions = [
        open_checked(
            read_network(bank, choice.info),
            replace(choice, runtime=replace(choice.runtime, threads=threads)),
        )
        for choice in choices
    ]
    times = time_in_turn([*grey_runs(sessions), *beside], runs, on_turn)
    timed = [Timed(choice, threads, one) for choice, one in zip(choices, times, strict=False)]
    return timed, times[len(choices) :]


def record(bank: Manifest, checks: Sequence[Check], timed: Sequence[Timed], data: str) -> Manifest:
    """Add this machine's figures, found on pictures of a name, to a bank.

    Times replace those of the same device, provider and threads. A result is added where none of the same
    pictures and provider is recorded, so that later runs are compared with the first. What failed its
    check gets no times here, so that the precision policy leaves it alone.
    """
    device = device_name()
    failed = {(one.choice.info.file, one.choice.provider) for one in checks if not one.accepted}

    def recorded(info: File) -> File:
        latency = tuple(
            one for one in info.latency if one.device != device or (info.file, one.provider) not in failed
        )
        info = replace(info, latency=latency)
        for one in timed:
            if one.choice.info.file == info.file and (info.file, one.choice.provider) not in failed:
                info = with_latency(info, one.times.profile(one.choice.provider, one.threads))
        for check in checks:
            if check.choice.info.file == info.file and check.accepted:
                found = new_accuracy(data, check.value, check.samples, check.choice.provider, check.metric)
                if not _has(info, found):
                    info = with_accuracy(info, found)
        return info

    return bank.with_each_file(recorded)


def _has(info: FileInfo, found: Accuracy) -> bool:
    """Tell whether a file has a measurement of the same metric, pictures and provider."""
    key = found.metric, found.data, found.provider
    return any((one.metric, one.data, one.provider) == key for one in info.accuracy)


def _is_here(runtime: RuntimeOptions) -> bool:
    try:
        return bool(providers_by_precision(runtime))
    except BackendError:
        return False


def _opens(runtime: RuntimeOptions, on_problem: Callable[[str], None] | None) -> bool:
    """Tell whether a provider opens a network of one node."""
    taken, given = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "xy")
    graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "probe", [taken], [given])
    probe = onnx.helper.make_model(graph, ir_version=7, opset_imports=[onnx.helper.make_opsetid("", 13)])
    try:
        open_session(probe.SerializeToString(), "a network of one node", replace(runtime, precision="fp32"))
    except BackendError as error:
        if on_problem is not None:
            on_problem(str(error))
        return False
    return True
