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

"""Checks every network of a bank on the machine at hand, and times it.

A network is run in each of its files, on each backend, provider and arithmetic that is there. Landmark
networks are compared with the bank's dense one, and the result with that in bank.json; palm detectors
with their own default file. So a variant that this machine computes wrongly shows: INT8 sums that overflow,
a provider with a defect.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.entries import new_accuracy, with_accuracy, with_latency
from hand_tracking_dsp.compression.bank.timing import Times, grey_runs, time_in_turn
from hand_tracking_dsp.compression.data.crops import HandFinder, cut
from hand_tracking_dsp.errors import BackendError, ConfigurationError, ModelError
from hand_tracking_dsp.recordings.truth import boxes_overlap
from hand_tracking_dsp.tracking.backends import BACKENDS, RuntimeOptions, open_session, providers_by_precision
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.contract import check_session, contract_of, warm_up
from hand_tracking_dsp.tracking.device import device_name
from hand_tracking_dsp.tracking.losses import DEVIATION, PALMS_FOUND
from hand_tracking_dsp.tracking.manifest import Manifest, read_network
from hand_tracking_dsp.tracking.network_info import Accuracy, File, FileInfo, LevelInfo, NetworkInfo
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.precision import Choice, possible
from hand_tracking_dsp.tracking.types import Image, PalmDetection

_LEAST_PALMS_FOUND = 90.0
_SAME_PALM = 0.5
# How far a deviation may lie above what was recorded on the same pictures, and on other ones: times
# the first, plus the second in % of palm size. The lite network was seen to deviate by 3.9 % on synthetic
# hands and by 13.7 % on hands of a head camera.
_ON_SAME, _ON_OTHER = (1.5, 0.5), (4.0, 5.0)


@dataclass(frozen=True, slots=True)
class Check:
    """Result of a network on this machine.

    Attributes:
        choice: The network, its file and runtime.
        metric: DEVIATION or PALMS_FOUND.
        value: The result, %; NaN where it could not be run.
        limit: The worst result allowed, %; None where nothing was recorded to compare with.
        samples: Number of crops or palms compared.
        problem: Why it could not be run; "" if it could.
    """

    choice: Choice[NetworkInfo]
    metric: str
    value: float
    limit: float | None
    samples: int
    problem: str = ""

    @property
    def accepted(self) -> bool:
        """True if the result is a number within the limit."""
        if self.limit is None or math.isnan(self.value):
            return not math.isnan(self.value)
        return self.value <= self.limit if self.metric == DEVIATION else self.value >= self.limit


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


def check_networks(
    bank: Manifest, choices: Sequence[Choice[NetworkInfo]], images: Sequence[Image], data: str
) -> Iterator[Check]:
    """Run networks, the dense one in fp32 first, on pictures with hands.

    Args:
        bank: Bank of the networks.
        choices: Networks to run.
        images: uint8 [height, width, 3], BGR.
        data: Name of these pictures in bank.json.

    Raises:
        ModelError: A file is missing, damaged or another one.
        ConfigurationError: The pictures show no hand.
    """
    crops = _crops(images)
    dense = choices[0]
    reference = predict(_open(read_network(bank, dense.info), dense), crops)
    palms: dict[str, list[list[PalmDetection]]] = {}

    def check(choice: Choice[NetworkInfo], session: Session) -> Check:
        choice = choice.run_by(session)
        if isinstance(choice.info, LevelInfo):
            deviations = deviation_palm_percent(predict(session, crops), reference)
            return Check(choice, DEVIATION, float(deviations.mean()), _limit(choice, data), len(crops))
        detector = PalmDetector(choice, session)
        found = [detector.detect(image, "bgr") for image in images]
        value, count = _found_too(palms.setdefault(choice.info.name, found), found)
        return Check(choice, PALMS_FOUND, value, _LEAST_PALMS_FOUND, count)

    for choice in choices:
        network = read_network(bank, choice.info)
        try:
            result = check(choice, _open(network, choice))
        except (BackendError, ModelError) as error:
            metric = DEVIATION if isinstance(choice.info, LevelInfo) else PALMS_FOUND
            result = Check(choice, metric, math.nan, None, 0, str(error))
        yield result


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
        _open(
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


def _crops(images: Sequence[Image]) -> list[NDArray[np.uint8]]:
    finder = HandFinder.load()
    crops = [cut(image, region) for image in images for region in finder.regions(image)]
    if not crops:
        msg = f"No hand was found in {len(images)} pictures: give pictures that show hands."
        raise ConfigurationError(msg)
    return crops


def _open(network: bytes, choice: Choice[NetworkInfo]) -> Session:
    contract = contract_of(choice.info)
    session = open_session(network, choice.info.file, choice.runtime)
    check_session(session, contract, choice.info.file)
    warm_up(session, contract, choice.info.file)
    return session


def _limit(choice: Choice[NetworkInfo], data: str) -> float | None:
    """Return the largest deviation that what is recorded of a network allows, % of palm size."""
    info = choice.info
    if isinstance(info, LevelInfo) and info.index == 0 and choice.precision == "fp32":
        return _ON_SAME[1]  # it is compared with itself
    recorded = [
        one
        for one in info.accuracy
        if one.metric == DEVIATION and (choice.as_filed or one.provider == choice.provider)
    ]
    if not recorded:
        return None
    same = [one for one in recorded if one.data == data]
    factor, margin = _ON_SAME if same else _ON_OTHER
    return factor * max(one.value for one in same or recorded) + margin


def _found_too(
    expected: Sequence[Sequence[PalmDetection]], found: Sequence[Sequence[PalmDetection]]
) -> tuple[float, int]:
    """Return the share of palms that are found again, %, and how many there are."""
    again = [
        any(boxes_overlap(palm.box.tolist(), other.box.tolist()) >= _SAME_PALM for other in others)
        for palms, others in zip(expected, found, strict=True)
        for palm in palms
    ]
    return (100 * float(np.mean(again)) if again else math.nan), len(again)
