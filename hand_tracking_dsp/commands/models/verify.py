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

"""hand-tracking-dsp models verify: check a bank's networks on this machine, time them, keep the times."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_image_limit,
    add_wheel,
    read_image_limit,
    require_at_least,
    require_threads,
)
from hand_tracking_dsp.commands.models.checked_hands import checked_hands
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table, require_updatable
from hand_tracking_dsp.compression.bank.byte_input import largest_difference
from hand_tracking_dsp.compression.bank.changes import update_manifest
from hand_tracking_dsp.compression.bank.checks import Check, check_networks
from hand_tracking_dsp.compression.bank.files import read_fixed_network, read_float_network
from hand_tracking_dsp.compression.bank.timing import Times
from hand_tracking_dsp.compression.bank.verify import (
    Timed,
    choices_here,
    record,
    time_networks,
)
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.losses import DEVIATION
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, Manifest, read_manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo, NetworkInfo
from hand_tracking_dsp.tracking.precision import Choice, choose_each
from hand_tracking_dsp.tracking.types import Image

# The source of a bank whose networks are MediaPipe's own; what was made of it says more.
_MEDIAPIPE = re.compile(r"PyPI wheel of mediapipe==[\d.]+")


@dataclass(frozen=True, slots=True)
class _Original:
    """Times of one of MediaPipe's own files."""

    file: str
    provider: str
    threads: int
    times: Times


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Runs every network of a bank in each of its files on each backend and in each arithmetic that is "
        "here, compares it with the bank's dense network and times it. The networks of MediaPipe's own bank "
        "are compared with the original TensorFlow Lite files, too."
    )
    add_bank(parser)
    add_wheel(parser)
    parser.add_argument(
        "--images",
        type=Path,
        help="folder of pictures; synthetic hands, or rendered ones for banks of depth, if not given",
    )
    add_image_limit(parser)
    parser.add_argument("--count", type=int, default=40, help="pictures (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=100, help="timed runs of each (default: %(default)s)")
    parser.add_argument(
        "--threads", type=int, nargs="+", default=[1], help="threads of a timed network, one or more numbers"
    )
    parser.add_argument(
        "--update", action="store_true", help="write this machine's times and results into bank.json"
    )


def run(options: argparse.Namespace) -> int:
    """Check and time the networks, print tables, and keep the figures if asked; 1 if a network fails."""
    require_at_least(options, count=1, runs=1)
    require_threads(options)
    console = make_console()
    bank = read_manifest(options.bank or default_bank())
    if options.update:
        require_updatable(bank.folder)
    folders = (options.images,) if options.images else ()
    hands = checked_hands(bank, options.images, options.count, read_image_limit(options, *folders))
    originals = _originals(bank, options.wheel)
    good = _compare_inputs(bank, hands.images, console)
    if originals:
        good = _compare_with_originals(bank, originals, hands.images, options.count, console) and good
    choices = choices_here(bank, console.print)
    checks = list(
        track(
            check_networks(bank, choices, hands),
            total=len(choices),
            description="checking",
            console=console,
            transient=True,
        )
    )
    console.print(_table_of_checks(checks, hands.data))
    for check in checks:
        if check.problem:
            console.print(f"{check.choice.info.file} on {check.choice.provider}: {check.problem}")
    usable = {_key(check.choice): check.choice for check in checks if not check.problem}
    timed: list[Timed] = []
    beside: list[_Original] = []
    for threads in options.threads:
        ours, theirs = _time(bank, list(usable.values()), threads, options.runs, originals, console)
        timed += ours
        beside += theirs
    if timed:
        console.print(_table_of_times(timed, beside))
    measured = record(bank, checks, timed, hands.data)
    by_choice = {_key(choice): check for choice, check in zip(choices, checks, strict=True)}
    for threads in options.threads:
        console.print(f"On the processor with backend and precision auto, {threads} thread(s):")
        for network in measured.networks:
            console.print(_chosen(network, threads, by_choice))
    if options.update:
        update_manifest(bank, lambda now: record(now, checks, timed, hands.data))
        console.print(f"This machine's figures are written into {bank.folder / MANIFEST_NAME}.")
    return 0 if good and all(check.accepted for check in checks) else 1


def _originals(bank: Manifest, wheel: Path | None) -> dict[str, bytes]:
    """Read the TensorFlow Lite files that MediaPipe's own bank was made from; none for other banks."""
    if not _MEDIAPIPE.fullmatch(bank.source):
        return {}
    from hand_tracking_dsp.compression.mediapipe.bank import read_originals

    return read_originals(wheel)


def _compare_inputs(bank: Manifest, images: Sequence[Image], console: Console) -> bool:
    """Show how far the files with bytes or float16 compute something else than those they were made of."""
    chosen = [info for info in bank.files if info.float_sha256]
    if not chosen:
        return True
    found = [
        largest_difference(read_float_network(bank, info), read_fixed_network(bank, info), info.file, images)
        for info in track(chosen, description="comparing", console=console, transient=True)
    ]
    rows = (
        (info.file, f"{value:.1e}", "the same" if value == 0 else "NOT THE SAME")
        for info, value in zip(chosen, found, strict=True)
    )
    title = (
        "Files that take bytes or keep weights as float16, and the same in floats: largest difference of all "
        f"outputs in ONNX Runtime on the CPU, {len(images)} pictures and noise"
    )
    console.print(make_table(title, ("network", "difference", ""), rows, left=("",)))
    return not any(found)


def _compare_with_originals(
    bank: Manifest, originals: dict[str, bytes], images: Sequence[Image], count: int, console: Console
) -> bool:
    from hand_tracking_dsp.compression.mediapipe.compare import LIMITS, compare

    deviations = compare(bank, originals, images, count)
    found = list(track(deviations, description="comparing", console=console, transient=True))
    inputs = f"{count} noise inputs, {len(images)} pictures"
    rows = (
        (
            item.file,
            item.provider,
            item.output,
            f"{item.value:.1e} {LIMITS[item.output][1]}",
            f"{LIMITS[item.output][0]:.0e}",
            "ok" if item.accepted else "TOO LARGE",
        )
        for item in found
    )
    title = f"Largest deviation from the TensorFlow Lite interpreter, {inputs}"
    headings = ("network", "runtime", "output", "deviation", "limit", "")
    console.print(make_table(title, headings, rows, left=("runtime", "output", "deviation", "")))
    return all(item.accepted for item in found)


def _key(choice: Choice[NetworkInfo]) -> tuple[str, str, str]:
    return choice.info.file, choice.provider, choice.precision


def _time(
    bank: Manifest,
    choices: Sequence[Choice[NetworkInfo]],
    threads: int,
    runs: int,
    originals: dict[str, bytes],
    console: Console,
) -> tuple[list[Timed], list[_Original]]:
    calls: dict[tuple[str, str], Callable[[], object]] = {}
    if originals:
        from hand_tracking_dsp.compression.mediapipe.compare import original_calls

        calls = original_calls(bank, originals, threads)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(f"timing, {threads} thread(s)", total=None)

        def show(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        timed, times = time_networks(bank, choices, threads, runs, list(calls.values()), show)
    beside = [
        _Original(file, provider, threads, one) for (file, provider), one in zip(calls, times, strict=True)
    ]
    return timed, beside


def _table_of_checks(checks: Sequence[Check], data: str) -> Table:
    title = (
        f"What the networks do here, on {data}\ndeviation: from the dense network, mean, % of palm size; "
        "palms: share of those found by the detector's default file; of: hands cut out, or such palms"
    )
    rows = (
        (
            _name(check.choice.info),
            check.choice.info.file,
            check.choice.precision,
            check.choice.provider,
            f"{'deviation' if check.metric == DEVIATION else 'palms'} {check.value:.2f} %",
            str(check.samples),
            "" if check.limit is None else f"{check.limit:.2f}",
            _verdict(check),
        )
        for check in checks
    )
    headings = ("network", "file", "precision", "runtime", "result", "of", "limit", "")
    return make_table(title, headings, rows, left=("file", "precision", "runtime", "result", ""))


def _verdict(check: Check) -> str:
    if check.problem:
        return "FAILS"
    if not check.accepted:
        return "WORSE THAN RECORDED"
    return "not recorded" if check.limit is None else "ok"


def _chosen(network: NetworkInfo, threads: int, checks: Mapping[tuple[str, str, str], Check]) -> str:
    """Say what the tracker would run of a network, the first that opens, and what is wrong with it."""
    for choice in choose_each(network, RuntimeOptions(providers=("cpu",), threads=threads)):
        # What was not checked is of a backend that opens nothing here.
        check = checks.get(_key(choice))
        if check is not None and check.opens:
            verdict = "" if check.accepted else f"; {_verdict(check)}"
            return f"{choice}{verdict}."
    name = _name(network)
    return f"{name[0].upper()}{name[1:]} does not run: what would be chosen FAILS and does not open."


def _table_of_times(timed: Sequence[Timed], beside: Sequence[_Original]) -> Table:
    title = (
        f"Time of one run, {timed[0].times.runs} runs in turn; relative: to the same kind's first network "
        f"in fp32 on the same backend and threads\n{machine_line()}"
    )
    rows = []
    dense: dict[tuple[Any, ...], float] = {}
    for one in timed:
        # The first network of a kind comes first in its default file and arithmetic.
        choice, runtime = one.choice, one.choice.runtime
        kind = isinstance(choice.info, LevelInfo), runtime.backend, runtime.providers, one.threads
        relative = one.times.p50_ms / dense.setdefault(kind, one.times.p50_ms)
        ran = choice.info.file, choice.precision, choice.provider, str(one.threads)
        rows.append((*ran, *_shown(one.times), f"{relative:.3f}"))
    for original in beside:
        ran = original.file, "fp32", original.provider, str(original.threads)
        rows.append((*ran, *_shown(original.times), ""))
    headings = ("file", "precision", "runtime", "threads", "p50 ms", "p95 ms", "p99 ms", "relative")
    return make_table(title, headings, rows, left=("precision", "runtime"))


def _shown(times: Times) -> tuple[str, ...]:
    return tuple(f"{value:.2f}" for value in (times.p50_ms, times.p95_ms, times.p99_ms))


def _name(info: NetworkInfo) -> str:
    return f"level {info.index} ({info.name})" if isinstance(info, LevelInfo) else f"palm {info.name}"
