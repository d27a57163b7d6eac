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

"""hand-tracking-dsp evaluate: replay recordings frame by frame, and measure how well they were tracked."""

from __future__ import annotations

import argparse
import math
import os
import shlex
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

import hand_tracking_dsp
from hand_tracking_dsp.commands.evaluate_options import (
    WORST_FRAMES,
    add_arguments,
    check,
    recordings_of,
    replay_options,
    settings_of,
)
from hand_tracking_dsp.commands.output import (
    machine,
    make_console,
    make_table,
    print_problems,
    require_writable,
    write_json,
)
from hand_tracking_dsp.documents import visible
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.measures.catalogue import ALL_METRICS, metrics_table
from hand_tracking_dsp.evaluation.measures.frame_row import HANDLED
from hand_tracking_dsp.evaluation.measures.wording import number
from hand_tracking_dsp.evaluation.replay.pool import LeftOut, run_here, run_on_cluster
from hand_tracking_dsp.evaluation.replay.run import RecordingSpec, ReplayOptions, Unit, UnitResult
from hand_tracking_dsp.evaluation.report.page import write_page
from hand_tracking_dsp.evaluation.report.result import Evaluation
from hand_tracking_dsp.files import replaced_files, write_bytes
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest

__all__ = ["add_arguments", "run"]


def run(options: argparse.Namespace) -> int:
    """Evaluate, write the report, and print its table.

    Raises:
        HandTrackingError: Options do not fit each other, no image could be tracked, or the report cannot be
            written.
    """
    if options.metrics:
        print(metrics_table(), end="")
        return 0
    check(options)
    console = make_console()
    replay = replay_options(options)
    bank = read_manifest(replay.bank)
    settings = settings_of(options, bank)
    counts, left_out = _counted(recordings_of(options))
    require_writable(options.out, "report.json")
    units = [Unit(recording, setting, replay) for recording in counts for setting in settings]
    jobs = options.jobs or max(1, len(os.sched_getaffinity(0)) // max(1, options.threads))
    jobs = min(jobs, len(units))
    try:
        found = _run(units, counts, jobs, options.cluster, console)
    except KeyboardInterrupt:
        print("Stopped by Ctrl-C: there is no report.", file=sys.stderr)
        return 130
    left_out |= {one.unit.recording: one.reason for one in found if isinstance(one, LeftOut)}
    results = [one for one in found if isinstance(one, UnitResult) and one.unit.recording not in left_out]
    _report_left_out(left_out.values(), everything=not results)
    evaluation = Evaluation(results, list(left_out.values()))
    about = {
        "package": hand_tracking_dsp.__version__,
        "command": shlex.join(["hand-tracking-dsp", *sys.argv[1:]]),
        "machine": machine(),
        "bank": _about_bank(bank, results),
        "settings": _about_settings(options, replay, jobs),
    }
    report = _write(evaluation, about, options.out)
    _print(console, report, options.out)
    if not (evaluation.frames["outcome"] == HANDLED).any():
        msg = f"None of the images could be tracked, so nothing was measured: {options.out} says why."
        raise SourceError(msg)
    return 0


def _counted(
    recordings: Sequence[RecordingSpec],
) -> tuple[dict[RecordingSpec, int], dict[RecordingSpec, str]]:
    """Return the recordings that can be opened, with their number of images, and why the others cannot."""
    counts: dict[RecordingSpec, int] = {}
    left_out: dict[RecordingSpec, str] = {}
    for recording in recordings:
        try:
            counts[recording] = recording.open().count()
        except SourceError as error:
            left_out[recording] = str(error)
    if not counts:
        _report_left_out(left_out.values(), everything=True)
    return counts, left_out


def _report_left_out(reasons: Collection[str], *, everything: bool) -> None:
    """Print why recordings are left out; raise SourceError where all are."""
    if everything and len(reasons) == 1:
        raise SourceError(*reasons)
    for reason in reasons:
        print(visible(f"hand-tracking-dsp evaluate: left out: {reason}"), file=sys.stderr)
    if everything:
        msg = f"None of the {len(reasons)} recordings can be read; see above."
        raise SourceError(msg)


def _run(
    units: Sequence[Unit],
    counts: Mapping[RecordingSpec, int],
    jobs: int,
    cluster: str,
    console: Console,
) -> list[UnitResult | LeftOut]:
    """Run all units under a progress bar; return their results in their order."""
    with _progress(console) as progress:
        total = sum(counts[unit.recording] for unit in units)
        task = progress.add_task(f"{len(units)} runs", total=total)

        def advance(frames: int) -> None:
            progress.advance(task, frames)

        if cluster:
            found = run_on_cluster(units, cluster, advance, lambda unit: counts[unit.recording])
        else:
            found = run_here(units, jobs, advance)
        return sorted(found, key=lambda one: units.index(one.unit))


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f} frames"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True)


def _about_bank(bank: Manifest, results: Sequence[UnitResult]) -> dict[str, Any]:
    precisions = results[0].precisions
    return {
        "name": bank.name,
        "fingerprint": bank.fingerprint,
        "levels": [
            {"index": level.index, "name": level.name, "sparsity": level.sparsity, "precision": precision}
            for level, precision in zip(bank.levels, precisions, strict=True)
        ],
        "operating_points": [asdict(info.point) for info in bank.points],
    }


def _about_settings(options: argparse.Namespace, replay: ReplayOptions, jobs: int) -> dict[str, Any]:
    return {
        "budget_ms": replay.budget_ms,
        "realtime": replay.realtime,
        "agreement": replay.agreement,
        "jobs": jobs,
        "cluster": options.cluster,
        "picojoules_per_mac": replay.picojoules_per_mac,
        **_about_depth(options),
        **{f"runtime.{name}": value for name, value in asdict(replay.runtime).items()},
        **{f"tracker.{name}": value for name, value in replay.tracker.values().items()},
    }


def _about_depth(options: argparse.Namespace) -> dict[str, Any]:
    if options.depth is None:
        return {}
    names = ("depth_topic", "depth_slop_s", "depth_unit_m")
    return {name: getattr(options, name) for name in names}


def _write(evaluation: Evaluation, about: dict[str, Any], out: Path) -> dict[str, Any]:
    """Write the report, whose parts replace those of a former one together."""
    pictures = []
    with replaced_files(out, ("report.html", "frames.csv", "worst/[0-9][0-9].jpg"), "report.json") as made:
        for place, frame in enumerate(evaluation.worst(WORST_FRAMES), start=1):
            file = f"worst/{place:02}.jpg"
            write_bytes(made / file, frame.jpeg)
            pictures.append((frame, file))
        evaluation.frames.write(made / "frames.csv")
        report = evaluation.report(about, pictures)
        write_json(made / "report.json", report)
        write_page(report, evaluation.frames, made)
    return report


def _print(console: Console, report: dict[str, Any], out: Path) -> None:
    runs = report["runs"]
    rows = []
    for metric in ALL_METRICS:
        values = [run["metrics"][metric.name] for run in runs.values()]
        if not all(map(math.isnan, values)):
            rows.append((metric.label, metric.unit, *map(number, values)))
    console.print(make_table("", ("measure", "unit", *runs), rows, ("unit",)))
    for recording in report["recordings"]:
        print_problems(recording["name"], recording["problems"])
    for note in report["notes"]:
        print(visible(note))
    print(visible(f"Report: {out / 'report.html'}"))
