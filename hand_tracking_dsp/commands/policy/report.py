"""hand-tracking-dsp policy report: evaluate a policy in simulated episodes, against rules and a plan."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rich.progress import Progress, TaskID, TimeElapsedColumn
from rich.table import Table

from hand_tracking_dsp.commands.arguments import add_bank, add_device, read_device, require_at_least
from hand_tracking_dsp.commands.output import machine, machine_line, make_console, write_json
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.resources import default_bank, default_policy
from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark
from hand_tracking_dsp.rl.simulation.episode import HELD_OUT
from hand_tracking_dsp.rl.simulation.reward import Weights
from hand_tracking_dsp.rl.training.study import common_alpha
from hand_tracking_dsp.tracking.manifest import read_manifest

_MISSIONS = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--policy", type=Path, help="policy.json; the package's own if not given")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the report")
    add_device(parser)
    parser.add_argument("--missions", type=int, default=_MISSIONS, help="held-out missions to play")
    parser.add_argument(
        "--live", type=Path, metavar="DIR", help="folder of policy live, to put into the report"
    )
    parser.add_argument("--workers", type=int, default=0, help="processes; 0: one for each core")
    add_bank(parser)


def run(options: argparse.Namespace) -> int:
    """Evaluate, print, write.

    Raises:
        ConfigurationError: An option cannot be used, or the laboratory's packages are not installed.
        ModelError: Bank, device or policy cannot be used.
        SourceError: The folder of policy live cannot be read.
    """
    require_at_least(options, missions=2, workers=0)
    try:
        from hand_tracking_dsp.rl.benchmark.report import headings, report_value, rows, write_report
        from hand_tracking_dsp.rl.benchmark.results import HELD_OUT_SEEDS, find, trainings
    except ImportError as error:
        msg = f"The report needs scipy and jinja2 ({error}): run 'make setup-lab', or install them with pip."
        raise ConfigurationError(msg) from error
    bank = read_manifest(options.bank or default_bank())
    device = read_device(options, bank)
    policy: Path = options.policy or default_policy()
    training = LearnedPolicy.load(policy, bank).contract.training
    folder = policy.parent / "policies"
    seeds, _ = trainings(folder, policy, bank)
    alpha = common_alpha(seeds or [Candidate("shipped", "learned", file=policy)], bank)
    benchmark = Benchmark(device, bank, Weights(alpha), HELD_OUT)
    live = _live(options.live) if options.live else None
    console = make_console()
    console.print(f"{options.missions} simulated missions; {machine_line()}")
    episodes = range(HELD_OUT_SEEDS[0], HELD_OUT_SEEDS[0] + options.missions)
    with Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total)
            progress.update(tasks[name], completed=done)

        results = find(benchmark, policy, folder, options.workers, show, episodes)
    table = Table(title="Simulated missions: mean (95 % interval)")
    for heading in ("policy", *headings()):
        table.add_column(heading, justify="left" if heading == "policy" else "right")
    for name, cells in rows(results):
        table.add_row(name, *cells)
    console.print(table)
    aims = Table(title="Aims")
    for heading in ("aim", "found", "", "what could be had"):
        aims.add_column(heading)
    for aim in results.aims:
        aims.add_row(aim.text, aim.value, "reached" if aim.reached else "missed", aim.bound)
    console.print(aims)
    median, tail = results.decision_ms
    console.print(f"A decision takes {median:.3f} ms at the median, {tail:.3f} ms at the 99th percentile.")
    write_json(options.out / "report.json", report_value(results, training, machine()) | {"live": live})
    write_report(results, training, options.out, live)
    console.print(f"{options.out / 'report.html'}, report.json and pictures are written.")
    return 0


def _live(folder: Path) -> dict[str, Any]:
    """Read what policy live wrote, as a table for the report.

    Raises:
        SourceError: It cannot be read.
    """
    try:
        table: dict[str, Any] = json.loads((folder / "live.json").read_text(encoding="utf-8"))["table"]
        headings, lines, note = list(table["headings"]), list(table["rows"]), str(table["note"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        msg = f"{folder / 'live.json'} cannot be used ({error}): make it with 'policy live --out {folder}'."
        raise SourceError(msg) from error
    if not (folder / "live.png").exists():
        msg = f"{folder / 'live.png'} is missing: make it with 'policy live --out {folder}'."
        raise SourceError(msg)
    return {"headings": headings, "rows": lines, "note": note, "picture": str(folder / "live.png")}
