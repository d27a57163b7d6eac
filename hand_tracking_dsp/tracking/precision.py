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

"""The precision policy: which of a network's files to run, and in which arithmetic, on the device at hand.

Each level of a bank may exist in several files of different precision, and a backend may compute a file
in less than its own precision. What that costs in accuracy and gives in time was measured and stands in
bank.json; the fastest choice that is about as good as the best one is taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Generic

from hand_tracking_dsp.errors import BackendError, ConfigurationError
from hand_tracking_dsp.tracking.backends import RuntimeOptions, Session, providers_by_precision
from hand_tracking_dsp.tracking.device import device_name, has_int8_products
from hand_tracking_dsp.tracking.network_info import (
    Accuracy,
    LatencyProfile,
    LevelInfo,
    Network,
    NetworkInfo,
    files_of,
)

DEVIATION = "deviation_palm_percent"
"""Metric of a level: mean distance of its landmarks from the dense network's, in % of palm size."""

RECALL = "recall_percent"
"""Metric of a palm detector: share of the hands marked by a person that it finds, in %."""

PALMS_FOUND = "palms_found_percent"
"""Metric of a palm detector: share of the palms its default file finds that it finds, too, in %."""

_WORSE_SIGN = {DEVIATION: 1.0, RECALL: -1.0, PALMS_FOUND: -1.0}
# Takes INT8 with zero points of 0 only; layers around others it leaves to the processor, one by one.
_TENSORRT = "TensorrtExecutionProvider"
# Medians of two runs of the same network differ by so much.
_NOISE = 1.03


@dataclass(frozen=True, slots=True)
class Choice(Generic[Network]):
    """A network's file and arithmetic to run.

    Attributes:
        info: The network in the chosen file.
        runtime: Backend and options; precision is never "auto".
        provider: What Session.provider is expected to be, or is.
        p50_ms: Median time of a run that the bank knows for it, milliseconds; None if none that applies.
        foreign: Whether that was measured on other devices only.
        nodes: Nodes by the execution provider that runs them, for a log; "" where one runs all.
        problems: Sentences about what did not work as wanted when it was opened.
    """

    info: Network
    runtime: RuntimeOptions
    provider: str
    p50_ms: float | None = None
    foreign: bool = False
    nodes: str = ""
    problems: tuple[str, ...] = ()

    @property
    def precision(self) -> str:
        """The arithmetic: the file's precision, or the arithmetic that an fp32 file is run in."""
        return self.runtime.precision if self.info.precision == "fp32" else self.info.precision

    @property
    def as_filed(self) -> bool:
        """True if the file is computed in its own precision."""
        return self.runtime.precision in ("fp32", "int8", self.info.precision)

    def run_by(self, session: Session, problems: Sequence[str] = ()) -> Choice[Network]:
        """Return the choice as a session runs it: on its provider, with its nodes and problems.

        Args:
            session: The opened network.
            problems: Sentences about providers that did not open before.
        """
        return replace(
            self,
            provider=session.provider,
            p50_ms=self.p50_ms if session.provider == self.provider else None,
            nodes=", ".join(f"{count} on {name}" for name, count in session.nodes.items()),
            problems=(*problems, *filter(None, [session.problem])),
        )

    def __str__(self) -> str:
        """Say it for a log."""
        what = f"Level {self.info.index}" if isinstance(self.info, LevelInfo) else "Palm detector"
        time = (
            "not measured here" if self.foreign or self.p50_ms is None else f"measured {self.p50_ms:.2f} ms"
        )
        nodes = self.nodes and f"; nodes: {self.nodes}"
        return (
            f"{what} ({self.info.name}) runs {self.info.file} in {self.precision} on {self.provider}, "
            f"{time}{nodes}"
        )


def possible(network: Network, runtime: RuntimeOptions) -> tuple[Choice[Network], ...]:
    """Return every file of a network in every arithmetic that the backend can compute it in here.

    Returns:
        At least one choice; the first is the default file as the backend usually runs it.

    Raises:
        BackendError: The backend is not installed or has no such provider.
    """
    return tuple(
        Choice(info, replace(runtime, precision=precision), provider)
        for info in files_of(network)
        for precision, provider in providers_by_precision(runtime).items()
        # Lower arithmetic for what an INT8 file leaves to floats gains nothing.
        if (precision == "int8") == (info.precision == "int8")
        and (precision != "int8" or info.symmetric or _TENSORRT not in provider)
    )


def choose(network: Network, runtime: RuntimeOptions) -> Choice[Network]:
    """Choose the file and the arithmetic for a network on this device.

    The fastest choice is taken that is worse than the network's best one by no more than
    precision_tolerance, in the worst of the data sets on which they were compared; of equally fast ones
    the better one. What was measured on this device counts, at this number of threads if possible; else
    what was measured with the same provider on other devices, where INT8 is left out if this processor
    has no dot products for it. Where nothing was measured the default file runs.

    Args:
        network: A level or a palm detector.
        runtime: The backend and its options. A precision other than "auto" leaves only the choices that
            compute in it, however good they are.

    Raises:
        ConfigurationError: The precision is not to be had.
        BackendError: The backend is not installed or has no such provider, or that takes no such file.
    """
    choices = possible(network, runtime)
    if runtime.precision != "auto":
        return _fastest([(one, 0.0) for one in _forced(choices, runtime)], runtime)
    rated = _rated(choices)
    best = min(excess for _, excess in rated)
    return _fastest([one for one in rated if one[1] <= best + runtime.precision_tolerance], runtime)


def disorder(choices: Sequence[Choice[LevelInfo]]) -> list[str]:
    """Name levels that are slower than a denser one, as far as the bank knows; a sentence for each."""
    sentences = []
    for denser, sparser in pairwise(choices):
        if denser.p50_ms and sparser.p50_ms and sparser.p50_ms > denser.p50_ms * _NOISE:
            sentences.append(
                f"Level {sparser.info.index} runs in {sparser.p50_ms:.2f} ms, but the denser level "
                f"{denser.info.index} in {denser.p50_ms:.2f} ms: measure this machine with "
                f"hand-tracking-dsp models verify --update, or choose another precision."
            )
    return sentences


def _forced(choices: Sequence[Choice[Network]], runtime: RuntimeOptions) -> list[Choice[Network]]:
    found = [choice for choice in choices if choice.precision == runtime.precision]
    if not found and runtime.precision == "int8" and _TENSORRT in choices[0].provider:
        # Another provider may run the file.
        msg = (
            f"TensorRT takes INT8 with zero points of 0 only, and the network {choices[0].info.name} has no "
            f"such file: make one with hand-tracking-dsp models quantize --symmetric --again, or set the "
            f"precision to auto or fp16."
        )
        raise BackendError(msg)
    if not found:
        known = ", ".join(dict.fromkeys(choice.precision for choice in choices))
        msg = (
            f"The network {choices[0].info.name} cannot run in {runtime.precision} on {runtime.backend} "
            f"here: set the precision to auto or one of {known}, or take a bank that has such a variant."
        )
        raise ConfigurationError(msg)
    return found


def _rated(choices: Sequence[Choice[Network]]) -> list[tuple[Choice[Network], float]]:
    """Rate choices by how much worse each is than the first, in %; those never compared with it fall out."""
    first = choices[0]
    losses = _losses(first)
    rated = [(first, 0.0)]
    for choice in choices[1:]:
        mine = _losses(choice)
        # The dense network is what deviations are measured from.
        reference = dict.fromkeys(mine, 0.0) if _is_dense(first.info) and not losses else losses
        if shared := mine.keys() & reference.keys():
            rated.append((choice, max(mine[data] - reference[data] for data in shared)))
    return rated


def _is_dense(info: NetworkInfo) -> bool:
    return isinstance(info, LevelInfo) and info.index == 0 and info.precision == "fp32"


def _losses(choice: Choice[Network]) -> dict[tuple[str, str], float]:
    """Return how bad a choice was found to be, in %, by metric and data set; higher is worse."""

    def table(accept: Callable[[Accuracy], bool]) -> dict[tuple[str, str], float]:
        losses: dict[tuple[str, str], float] = {}
        for one in choice.info.accuracy:
            if one.metric in _WORSE_SIGN and accept(one):
                key = one.metric, one.data
                losses[key] = max(losses.get(key, -math.inf), _WORSE_SIGN[one.metric] * one.value)
        return losses

    here = table(lambda one: one.provider == choice.provider)
    # Backends that compute a file as it is agree closely; reduced arithmetic is a matter of its own.
    return {**table(lambda _: True), **here} if choice.as_filed else here


def _fastest(rated: Sequence[tuple[Choice[Network], float]], runtime: RuntimeOptions) -> Choice[Network]:
    """Return the fastest choice, of equally fast ones the better one; without times the first."""
    device, threads = device_name(), runtime.threads
    scopes: list[Callable[[LatencyProfile], bool]] = [
        lambda one: one.device == device and one.threads == threads,
        lambda one: one.device == device,
        lambda one: one.threads == threads,
        lambda _: True,
    ]
    for position, scope in enumerate(scopes):
        foreign = position >= 2
        times = [(_times(choice, scope), choice, excess) for choice, excess in rated]
        if foreign and not has_int8_products():
            times = [one for one in times if one[1].precision != "int8"] or times[:1]
        # Times compare where they were taken in the same way as those of another choice.
        known = [one for one in times if one[0]]
        if not known:
            continue
        reference = known[0][0]
        ranked = [
            (median(time / reference[where] for where, time in mine.items() if where in reference), excess, i)
            for i, (mine, _, excess) in enumerate(known)
            if mine.keys() & reference.keys()
        ]
        times_ms, choice, _ = known[min(ranked)[-1]]
        return replace(choice, p50_ms=median(times_ms.values()), foreign=foreign)
    return rated[0][0]


def _times(choice: Choice[Network], scope: Callable[[LatencyProfile], bool]) -> dict[tuple[str, int], float]:
    """Return the choice's median times, milliseconds, by device and threads."""
    return {
        (one.device, one.threads): one.p50_ms
        for one in choice.info.latency
        if one.provider == choice.provider and scope(one)
    }
