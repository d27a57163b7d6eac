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

"""The precision policy: which of a network's files to run, in which arithmetic, and on which backend.

Each level of a bank may exist in several files of different precision, and a backend may compute a file
in less than its own precision. What that costs in accuracy and gives in time was measured and stands in
bank.json; the fastest choice that is about as good as the best one is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise, product
from statistics import median
from typing import Generic

from hand_tracking_dsp.errors import BackendError, ConfigurationError
from hand_tracking_dsp.tracking.backends import (
    RuntimeOptions,
    Session,
    each_backend,
    providers_by_precision,
)
from hand_tracking_dsp.tracking.device import has_int8_products
from hand_tracking_dsp.tracking.losses import excess_percent, losses_of
from hand_tracking_dsp.tracking.network_info import (
    LatencyProfile,
    LevelInfo,
    Network,
    NetworkInfo,
    files_of,
)
from hand_tracking_dsp.tracking.profiles import on_this_device, on_this_processor

# Takes INT8 with zero points of 0 only; layers around others it leaves to the processor, one by one.
_TENSORRT = "TensorrtExecutionProvider"
# Medians of two runs of the same network differ by so much.
_NOISE = 1.03
# How many times faster another backend must be: loading it, too, costs memory and time at start.
_WORTH_LOADING = 1.1


@dataclass(frozen=True, slots=True)
class Choice(Generic[Network]):
    """A network's file and arithmetic to run.

    Attributes:
        info: The network in the chosen file.
        runtime: Backend and options; neither backend nor precision is "auto".
        provider: What Session.provider is expected to be, or is.
        p50_ms: Median time of a run that the bank knows for it, milliseconds; None if none that applies.
        foreign: Whether that was measured on other devices only.
        nodes: Nodes by the execution provider that runs them, for a log; "" where one runs all.
        problems: Sentences about what did not work as wanted when it was chosen or opened.
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
            problems: Sentences about backends and providers that did not open before.
        """
        return replace(
            self,
            provider=session.provider,
            p50_ms=self.p50_ms if session.provider == self.provider else None,
            nodes=", ".join(f"{count} on {name}" for name, count in session.nodes.items()),
            problems=(*self.problems, *problems, *filter(None, [session.problem])),
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
    """Return every file of a network in every arithmetic that the backends can compute it in here.

    Returns:
        The choices; the first is the default file as the first backend usually runs it. None where there are
        only INT8 files, and TensorRT takes none of them.

    Raises:
        BackendError: A backend is not installed or has no such provider.
    """
    return tuple(
        Choice(info, replace(one, precision=precision), provider)
        for one in each_backend(runtime)
        for info in files_of(network)
        for precision, provider in providers_by_precision(one).items()
        # Lower arithmetic for what an INT8 file leaves to floats gains nothing.
        if (precision == "int8") == (info.precision == "int8")
        and (precision != "int8" or info.symmetric or _TENSORRT not in provider)
    )


def choose(network: Network, runtime: RuntimeOptions) -> Choice[Network]:
    """Choose the file, the arithmetic and, where that is "auto", the backend for a network on this device.

    The fastest choice is taken that is worse than the network's best one by no more than
    precision_tolerance, on the data sets on which they were compared (of a level in the worst of them, of a
    palm detector over all together); of equally fast ones the better one. What was measured on this device
    counts, at this number of threads if possible; else what was measured with the same provider on other
    devices, those with the same processor first, and INT8 is left out if this processor has no dot products
    for it. Where nothing was measured the default file runs.

    ONNX Runtime runs a network unless OpenVINO was found faster by 10 % or more, on this device or one with
    the same processor, or only OpenVINO computes in the precision wanted.

    Args:
        network: A level or a palm detector.
        runtime: The backend and its options. A precision other than "auto" leaves only the choices that
            compute in it, however good they are.

    Raises:
        ConfigurationError: The precision is not to be had.
        BackendError: The backend is not installed or has no such provider, or that takes no such file.
    """
    choices, problems = _candidates(network, runtime)
    if runtime.precision == "auto":
        rated = _rated(choices)
        best = min(excess for _, excess in rated)
        rated = [one for one in rated if one[1] <= best + runtime.precision_tolerance]
    else:
        rated = [(one, 0.0) for one in _forced(choices, runtime)]
    return replace(_fastest(rated, runtime), problems=tuple(problems))


def choose_each(network: Network, runtime: RuntimeOptions) -> Iterator[Choice[Network]]:
    """Yield the choice, and then what to run on each other backend in case that the choice does not open.

    Raises:
        ConfigurationError: The precision is not to be had.
        BackendError: The backend is not installed or has no such provider, or that takes no such file.
    """
    first = choose(network, runtime)
    yield first
    for one in each_backend(runtime):
        if one.backend != first.runtime.backend:
            with suppress(BackendError, ConfigurationError):
                yield choose(network, one)


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


def _candidates(network: Network, runtime: RuntimeOptions) -> tuple[list[Choice[Network]], list[str]]:
    """Return the possible choices on every backend to be considered, and a sentence for each that fails."""
    choices: list[Choice[Network]] = []
    problems: list[str] = []
    for one in each_backend(runtime):
        if any(runtime.precision in ("auto", choice.precision) for choice in choices):
            profiles = (profile for info in files_of(network) for profile in info.latency)
            if not any(_is_of(profile, one.backend) and on_this_processor(profile) for profile in profiles):
                continue  # nothing speaks for it, so that it need not be loaded
        try:
            choices += possible(network, one)
        except BackendError as error:
            problems.append(str(error))
    if not choices:
        raise BackendError(" ".join(problems) or _no_symmetric_file(network))
    return choices, problems


def _forced(choices: Sequence[Choice[Network]], runtime: RuntimeOptions) -> list[Choice[Network]]:
    found = [choice for choice in choices if choice.precision == runtime.precision]
    if not found and runtime.precision == "int8" and _TENSORRT in choices[0].provider:
        raise BackendError(_no_symmetric_file(choices[0].info))  # another provider may run the file
    if not found:
        known = ", ".join(dict.fromkeys(choice.precision for choice in choices))
        backends = " or ".join(dict.fromkeys(choice.runtime.backend for choice in choices))
        msg = (
            f"The network {choices[0].info.name} cannot run in {runtime.precision} on {backends} here: set "
            f"the precision to auto or one of {known}, or take a bank that has such a variant."
        )
        raise ConfigurationError(msg)
    return found


def _no_symmetric_file(network: NetworkInfo) -> str:
    return (
        f"TensorRT takes INT8 with zero points of 0 only, and the network {network.name} has no such file: "
        f"make one with hand-tracking-dsp models quantize --symmetric --again, or set the precision to auto "
        f"or fp16."
    )


def _rated(choices: Sequence[Choice[Network]]) -> list[tuple[Choice[Network], float]]:
    """Rate choices by how much worse each is than the first, in %; those never compared with it fall out."""
    first = choices[0]
    usual = losses_of(first.info, first.provider, as_filed=first.as_filed)
    # The dense network is what deviations are measured from.
    reference = None if _is_dense(first.info) and not usual else usual
    rated = [(first, 0.0)]
    for choice in choices[1:]:
        losses = losses_of(choice.info, choice.provider, as_filed=choice.as_filed)
        excess = excess_percent(losses, reference)
        if excess is not None:
            rated.append((choice, excess))
    return rated


def _is_dense(info: NetworkInfo) -> bool:
    return isinstance(info, LevelInfo) and info.index == 0 and info.precision == "fp32"


def _fastest(rated: Sequence[tuple[Choice[Network], float]], runtime: RuntimeOptions) -> Choice[Network]:
    """Return the fastest choice, of equally fast ones the better one; without times the first."""
    usual = rated[0][0].runtime.backend
    scopes = (on_this_device, on_this_processor, lambda _: True)
    for scope, same_threads in product(scopes, (True, False)):
        times = [
            (_times(choice, scope, runtime.threads if same_threads else None), choice, excess)
            for choice, excess in rated
        ]
        if scope not in (on_this_device, on_this_processor):
            # Elsewhere they may stand otherwise to each other.
            times = [one for one in times if one[1].runtime.backend == usual]
            if not has_int8_products():
                times = [one for one in times if one[1].precision != "int8"] or times[:1]
        # Times compare where they were taken in the same way as those of another choice.
        known = [one for one in times if one[0]]
        if not known or known[0][1].runtime.backend != usual:
            continue
        reference = known[0][0]
        ranked = []
        for i, (mine, choice, excess) in enumerate(known):
            shares = [time / reference[where] for where, time in mine.items() if where in reference]
            if shares:
                needed = 1.0 if choice.runtime.backend == usual else _WORTH_LOADING
                ranked.append((median(shares) * needed, excess, i))
        times_ms, choice, _ = known[min(ranked)[-1]]
        return replace(choice, p50_ms=median(times_ms.values()), foreign=scope is not on_this_device)
    return rated[0][0]


def _times(
    choice: Choice[Network], scope: Callable[[LatencyProfile], bool], threads: int | None
) -> dict[tuple[str, int], float]:
    """Return the choice's median times, milliseconds, by device and threads; any threads where None."""
    return {
        (one.device, one.threads): one.p50_ms
        for one in choice.info.latency
        if one.provider == choice.provider and scope(one) and threads in (None, one.threads)
    }


def _is_of(profile: LatencyProfile, backend: str) -> bool:
    return profile.provider.partition("/")[0] == backend
