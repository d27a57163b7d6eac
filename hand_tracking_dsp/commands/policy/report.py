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

"""hand-tracking-dsp policy report: evaluate a policy in simulated missions, against rules and a plan."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_device,
    add_executor,
    read_device,
    read_executor,
    require_at_least,
)
from hand_tracking_dsp.commands.output import (
    machine,
    machine_line,
    make_console,
    make_table,
    progress_bars,
    require_writable,
    write_json,
)
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.documents import read_json
from hand_tracking_dsp.errors import ModelError, SourceError
from hand_tracking_dsp.resources import default_bank, default_policy
from hand_tracking_dsp.rl.benchmark.burst import (
    AFTER_S,
    BEGIN_S,
    BUDGET_MS,
    END_S,
    BurstResponse,
    burst_response,
)
from hand_tracking_dsp.rl.benchmark.candidates import SHIPPED, TUNED
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark
from hand_tracking_dsp.rl.benchmark.report import headings, hypervolume_note, report_value, rows, write_report
from hand_tracking_dsp.rl.benchmark.results import HELD_OUT_SEEDS, run_benchmark
from hand_tracking_dsp.rl.simulation.episode import HELD_OUT
from hand_tracking_dsp.rl.simulation.reward import JUDGED
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.record import as_is, as_text, list_of, object_of, read_field

_MISSIONS = 200
_BURSTS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--policy", type=Path, help="policy.json; the package's own if not given")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the report")
    add_device(parser)
    parser.add_argument("--missions", type=int, default=_MISSIONS, help="held-out missions to play")
    parser.add_argument(
        "--live", type=Path, metavar="DIR", help="folder of policy live, to put into the report"
    )
    add_executor(parser, "missions")
    add_bank(parser)


def run(options: argparse.Namespace) -> int:
    """Evaluate, print, write.

    Raises:
        ConfigurationError: An option cannot be used.
        ModelError: Bank, device or policy cannot be used.
        SourceError: The folder of policy live cannot be read.
    """
    require_at_least(options, missions=2)
    executor = read_executor(options)
    require_writable(options.out, "report.json")
    bank = read_manifest(options.bank or default_bank())
    device = read_device(options, bank)
    policy: Path = options.policy or default_policy()
    training = LearnedPolicy.load(policy, bank).contract.training
    folder = policy.parent / "policies"
    benchmark = Benchmark(device, bank, JUDGED, HELD_OUT)
    live = _live(options.live) if options.live else None
    console = make_console()
    console.print(f"{options.missions} simulated missions; {machine_line()}")
    episodes = range(HELD_OUT_SEEDS[0], HELD_OUT_SEEDS[0] + options.missions)
    with progress_bars(console) as show:
        results = run_benchmark(benchmark, policy, folder, executor, show, episodes)
    bursts = [
        (name, burst_response(benchmark, results.candidates[name], seed))
        for name in (SHIPPED, TUNED)
        for seed in range(_BURSTS)
    ]
    missions = [(name, *cells) for name, cells in rows(results)]
    console.print(make_table("Simulated missions: mean (95 % interval)", ("policy", *headings()), missions))
    console.print(hypervolume_note(results))
    trainings, speed = results.over_trainings, results.speed
    console.print(make_table(trainings.title, trainings.headings(), trainings.rows()))
    title = f"By the speed of the device, {speed.episodes} missions a row: late frames, usable hands, error"
    console.print(make_table(title, speed.headings(), speed.rows()))
    console.print(speed.verdict)
    adversarial = results.adversarial
    console.print(make_table("Adversarial missions", adversarial.headings(), adversarial.rows()))
    console.print(adversarial.note)
    aims = [(aim.text, aim.value, "reached" if aim.reached else "missed", aim.bound) for aim in results.aims]
    words = ("found", "", "what could be had")
    console.print(make_table("Aims", ("aim", *words), aims, words))
    console.print(_burst_table(bursts))
    median, tail = results.decision_ms
    console.print(f"A decision takes {median:.3f} ms at the median, {tail:.3f} ms at the 99th percentile.")
    after_bursts = [{"policy": name, **asdict(one)} for name, one in bursts]
    more = {"live": live, "after_a_burst_of_load": after_bursts}
    write_json(options.out / "report.json", report_value(results, training, machine()) | more)
    write_report(results, training, options.out, live)
    console.print(f"{options.out / 'report.html'}, report.json and pictures are written.")
    return 0


def _burst_table(bursts: Sequence[tuple[str, BurstResponse]]) -> Table:
    """Return a row for each policy and burst."""
    times = (f"{seconds:g} s after" for seconds in AFTER_S)
    title = f"Level around {END_S - BEGIN_S:g} s of load on mains power, budget {BUDGET_MS:g} ms"
    headings = ("policy", "mission", "dense before, ms", "before", "at its end", *times)
    rows = [
        (name, str(one.seed), f"{one.dense_ms:.1f}", *map(str, (one.before, one.at_end, *one.after)))
        for name, one in bursts
    ]
    return make_table(title, headings, rows)


def _live(folder: Path) -> dict[str, Any]:
    """Read what policy live wrote, as a table for the report."""
    try:
        table = read_field(read_json(folder / "live.json"), "table", object_of(as_is))
        headings = list(read_field(table, "headings", list_of(as_text)))
        lines = [list(line) for line in read_field(table, "rows", list_of(list_of(as_text)))]
        note = read_field(table, "note", as_text)
    except (ModelError, OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        msg = f"{folder / 'live.json'} cannot be used ({reason}): make it with 'policy live --out {folder}'."
        raise SourceError(msg) from error
    if not (folder / "live.png").exists():
        msg = f"{folder / 'live.png'} is missing: make it with 'policy live --out {folder}'."
        raise SourceError(msg)
    return {"headings": headings, "rows": lines, "note": note, "picture": str(folder / "live.png")}
