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

"""hand-tracking-dsp policy adapt: a policy for this device in one go, from a trace to the network."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_seed,
    read_device,
    require_at_least,
    require_between,
)
from hand_tracking_dsp.commands.output import (
    machine,
    make_console,
    make_table,
    progress_bars,
    require_writable,
    write_json,
)
from hand_tracking_dsp.commands.policy import fit_device, record_trace, train
from hand_tracking_dsp.commands.up import add_node_parameters, node_parameters, require_ros
from hand_tracking_dsp.documents import read_json
from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError, ModelError
from hand_tracking_dsp.evaluation.executor import Executor
from hand_tracking_dsp.evaluation.statistics import Interval, mean_interval
from hand_tracking_dsp.recordings.trace import read_trace
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark, EpisodeScore, evaluate
from hand_tracking_dsp.rl.benchmark.paired_tests import column, paired
from hand_tracking_dsp.rl.benchmark.results import HELD_OUT_SEEDS
from hand_tracking_dsp.rl.simulation.episode import HELD_OUT
from hand_tracking_dsp.rl.simulation.reward import JUDGED
from hand_tracking_dsp.rl.simulation.trace_check import LEAST_S, require_enough
from hand_tracking_dsp.tracking.device import device_name
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest

_MINUTES = 10.0
# On two cores of an AMD EPYC a training plays some 10 missions a second, and a policy some 2 on each core.
_RECORDED_SHARE = 0.45
_MISSIONS_A_MINUTE, _HELD_OUT_A_MINUTE = 80, 4
_SEEDS = _WORKERS = 2
# Points in turn, and a load whose period has no small common multiple with theirs.
_SWEEP_S = 5
_LOAD = "quiet:7,{some}:6,{all}:6"
# Where nodes may raise their priority the load of others hardly reaches them.
_PARAMETERS = ("camera.scheduling=normal", "tracker.scheduling=normal")
_MEASURES = (
    ("late", "miss_share", 100.0, 2, " %"),
    ("usable", "usable", 100.0, 1, " %"),
    ("error", "error", 1.0, 3, ""),
    ("energy, J", "energy_j", 1.0, 0, ""),
    ("reward", "gain", 1.0, 4, ""),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for policy.json, device.json and more"
    )
    parser.add_argument("--source", default="synthetic", help="the camera's source (default: %(default)s)")
    parser.add_argument(
        "--minutes",
        type=float,
        default=_MINUTES,
        help="time for all of it on two cores, nearly half of it to record (default: %(default)g)",
    )
    parser.add_argument(
        "--traces",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="CSVs of policy record-trace; without, one is recorded",
    )
    add_bank(parser)
    add_seed(parser)
    add_node_parameters(parser)


def run(options: argparse.Namespace) -> int:
    """Record a trace, fit the device, train, compare with what needs no training, and say how to use it.

    What is complete in --out is not done again: the trace, and each training.

    Raises:
        ConfigurationError: An option cannot be used, the packages of training are not installed, or the
            traces or the folder are another bank's.
        SourceError: A trace cannot be read, or shows too little; the message says what is missing.
        HandTrackingError: The recording was ended early, or a node failed.
    """
    require_between(options, minutes=(5, 240))
    require_at_least(options, seed=0)
    train.require_training()
    bank = read_manifest(options.bank or default_bank())
    node_parameters(options.parameters)
    if options.traces and options.parameters:
        msg = "-p sets parameters of the nodes that are recorded: leave it out, or --traces."
        raise ConfigurationError(msg)
    require_writable(options.out, "policy.json")
    traces = options.traces or [_recorded(options, bank)]
    require_enough([read_trace(path) for path in traces], bank)
    print("Fitting the device to it.", flush=True)
    device = options.out / "device.json"
    _call(fit_device, *map(str, traces), "--out", str(device), "--name", _name(), *_shared(options))
    print("Training in missions on this device.", flush=True)
    missions = str(round(_MISSIONS_A_MINUTE * options.minutes))
    words = ("--out", str(options.out), "--work", str(options.out / "work"), "--device", str(device))
    counts = ("--missions", missions, "--seeds", str(_SEEDS), "--workers", str(_WORKERS))
    _call(train, *words, *counts, *_shared(options))
    _compare(options, bank, device)
    _advise(options)
    return 0


def _recorded(options: argparse.Namespace, bank: Manifest) -> Path:
    """Return the trace in --out, which is recorded where none is complete there."""
    out: Path = options.out
    trace, said = out / "trace.csv", out / "trace.json"
    seconds = round(60 * _RECORDED_SHARE * options.minutes)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    load = _LOAD.format(some=max(cores // 2, 1), all=cores)
    parameters = [*_PARAMETERS, *options.parameters]
    settings = {"source": options.source, "bank": bank.fingerprint, "parameters": parameters}
    if said.exists():
        _require_same(said, settings)
        print(f"{trace} is complete, and not recorded again.", flush=True)
        return trace
    require_ros()
    print(f"Recording for {seconds} s: show hands to the camera, and leave the machine alone.", flush=True)
    words = ["--run", "--source", options.source, "--duration", str(seconds)]
    words += ["--sweep", str(_SWEEP_S), "--load", load, "--out", str(trace)]
    words += [word for text in parameters for word in ("-p", text)]
    _call(record_trace, *words, *_bank(options))
    if read_trace(trace).duration_s < max(0.9 * seconds, LEAST_S):
        msg = f"The recording in {trace} was ended early or came late: run the command again."
        raise HandTrackingError(msg)
    write_json(said, settings)
    return trace


def _require_same(said: Path, settings: dict[str, Any]) -> None:
    try:
        value = read_json(said)
    except (ModelError, OSError, ValueError):
        value = {}
    if value != settings:
        msg = f"{said} tells of another source, bank or parameters: choose another --out, or delete it."
        raise ConfigurationError(msg)


def _call(command: ModuleType, *words: str) -> None:
    """Run another command, with its own defaults for what is not given."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    command.add_arguments(parser)
    command.run(parser.parse_args(words))


def _shared(options: argparse.Namespace) -> list[str]:
    return ["--seed", str(options.seed), *_bank(options)]


def _bank(options: argparse.Namespace) -> list[str]:
    return ["--bank", str(options.bank)] if options.bank else []


def _name() -> str:
    about = machine()
    return f"{device_name()}, {about['cores']} cores"


def _compare(options: argparse.Namespace, bank: Manifest, device: Path) -> None:
    """Play held-out missions with the policy and with index, print a table, and write adapt.json."""
    given = argparse.Namespace(device=device, bank=options.bank)
    benchmark = Benchmark(read_device(given, bank), bank, JUDGED, HELD_OUT)
    candidates = [
        Candidate("adapted", "learned", file=options.out / "policy.json"),
        Candidate("index", "index"),
    ]
    seeds = HELD_OUT_SEEDS[: max(round(_HELD_OUT_A_MINUTE * options.minutes), 2)]
    console = make_console()
    with progress_bars(console) as show:
        scores = evaluate(
            benchmark,
            candidates,
            seeds,
            Executor(_WORKERS),
            lambda done, total: show("missions", done, total),
        )
    rows = [
        (name, *(_span(mean_interval(column(found, one[1])), *one[2:]) for one in _MEASURES))
        for name, found in scores.items()
    ]
    title = f"{len(seeds)} held-out missions on this device, simulated: mean (95 % interval)"
    console.print(make_table(title, ("policy", *(one[0] for one in _MEASURES)), rows))
    console.print(_verdict(scores))
    value = {name: [asdict(one) for one in found] for name, found in scores.items()}
    write_json(options.out / "adapt.json", {"machine": machine(), "missions": list(seeds), "scores": value})


def _verdict(scores: dict[str, list[EpisodeScore]]) -> str:
    gain = paired(scores["adapted"], scores["index"], "gain").difference
    text = f"Its reward is {gain.value:+.4f} ({gain.low:+.4f} to {gain.high:+.4f}) from index's."
    if gain.low > 0:
        return f"{text} It is better than index."
    if gain.high < 0:
        return f"{text} index is better here: set the parameter policy to index, or give more --minutes."
    return f"{text} That is no difference in so few missions."


def _span(mean: Interval, scale: float, digits: int, unit: str) -> str:
    # Nothing here is below 0, whatever a t interval says.
    low, high = max(scale * mean.low, 0.0), scale * mean.high
    return f"{scale * mean.value:.{digits}f}{unit} ({low:.{digits}f} to {high:.{digits}f})"


def _advise(options: argparse.Namespace) -> None:
    bank = options.bank.resolve() if options.bank else None
    words: Sequence[str] = [f"controller.policy_file={(options.out / 'policy.json').resolve()}"]
    if bank is not None:
        words = [*words, f"tracker.bank={bank}", f"controller.bank={bank}"]
    given = " ".join(f"-p {word}" for word in words)
    print(f"To use it: hand-tracking-dsp up {given}")
    print("In a launch file it is the parameter policy_file of pruning_controller_node.")
