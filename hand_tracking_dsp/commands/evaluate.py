"""hand-tracking-dsp evaluate: replay recordings frame by frame, and say how well they were tracked."""

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
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

import hand_tracking_dsp
from hand_tracking_dsp.commands.arguments import add_bank, require_at_least
from hand_tracking_dsp.commands.output import machine, make_console, write_json
from hand_tracking_dsp.errors import ConfigurationError, OutputError, SourceError
from hand_tracking_dsp.evaluation.measures.catalogue import METRICS, RUN_METRICS, metrics_table
from hand_tracking_dsp.evaluation.measures.wording import number
from hand_tracking_dsp.evaluation.replay.levels import RULES, Setting
from hand_tracking_dsp.evaluation.replay.naming import distinct_names
from hand_tracking_dsp.evaluation.replay.pool import LeftOut, run_here, run_on_cluster
from hand_tracking_dsp.evaluation.replay.unit import Material, ReplayOptions, Unit, UnitResult
from hand_tracking_dsp.evaluation.report.page import write_page
from hand_tracking_dsp.evaluation.report.result import Evaluation
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.backends import BACKENDS, RuntimeOptions
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.tracker import TrackerOptions

_WORST = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("bags", type=Path, nargs="*", metavar="BAG", help="rosbag2 folders or files")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the report")
    parser.add_argument("--images", type=Path, metavar="DIR", help="evaluate the photos of a folder, too")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="what those photos show, a CSV")
    parser.add_argument("--topic", default="", help="of the images (default: the bag's only camera)")
    add_bank(parser)
    what = parser.add_argument_group("what to run (level 0 by default; several give several runs)")
    what.add_argument("--level", type=int, nargs="+", default=[], metavar="N", help="sparsity levels")
    what.add_argument("--all-levels", action="store_true", help="every level of the bank")
    what.add_argument(
        "--policy",
        nargs="+",
        default=[],
        metavar="FILE",
        help=f"let the controller decide: manifests of learned policies, or {', '.join(RULES)}",
    )
    what.add_argument(
        "--as-recorded",
        action="store_true",
        help="the frames that the recorded tracker handled, each at the level of the bag's topic hands",
    )
    how = parser.add_argument_group("how")
    how.add_argument("--realtime", action="store_true", help="drop frames as the live node would")
    how.add_argument(
        "--agreement", action="store_true", help="compare every frame with the dense level (takes longer)"
    )
    how.add_argument("--budget", type=float, default=33.0, metavar="MS", help="latency budget (default: 33)")
    how.add_argument(
        "--jobs", type=int, metavar="N", help="processes (default: one a core); 1 to time frames"
    )
    how.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler that shall run them")
    defaults = RuntimeOptions()
    how.add_argument("--backend", choices=BACKENDS, default=defaults.backend)
    how.add_argument("--precision", choices=("auto", "fp32", "fp16", "bf16", "int8"), default="auto")
    how.add_argument("--threads", type=int, default=defaults.threads, help="of one inference")
    how.add_argument("--max-hands", type=int, default=TrackerOptions().max_hands)
    how.add_argument("--no-smoothing", action="store_true", help="leave the landmarks as the network says")
    how.add_argument("--mirrored", action="store_true", help="the images are mirrored (a selfie view)")
    how.add_argument(
        "--picojoules-per-mac", type=float, default=100.0, metavar="PJ", help="of the estimate of energy"
    )
    parser.add_argument("--metrics", action="store_true", help="print what is measured, and how, and end")


def run(options: argparse.Namespace) -> int:
    """Evaluate, write the report, and print its table.

    Raises:
        HandTrackingError: Options do not fit each other, nothing could be evaluated, or the report cannot be
            written.
    """
    if options.metrics:
        print(metrics_table(), end="")
        return 0
    _check(options)
    console = make_console()
    replay = _replay_options(options)
    bank = read_manifest(replay.bank)
    settings = _settings(options, bank)
    counts, left_out = _counted(_materials(options))
    _make(options.out)
    units = [Unit(material, setting, replay) for material in counts for setting in settings]
    jobs = options.jobs or max(1, len(os.sched_getaffinity(0)) // max(1, options.threads))
    jobs = min(jobs, len(units))
    try:
        found = _run(units, counts, jobs, options.cluster, console)
    except KeyboardInterrupt:
        print("Stopped by Ctrl-C: there is no report.", file=sys.stderr)
        return 130
    left_out |= {one.unit.material: one.reason for one in found if isinstance(one, LeftOut)}
    results = [one for one in found if isinstance(one, UnitResult) and one.unit.material not in left_out]
    _tell_left_out(left_out.values(), everything=not results)
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
    return 0


def _check(options: argparse.Namespace) -> None:
    if options.out is None:
        msg = "The report needs a folder: add --out DIR."
        raise ConfigurationError(msg)
    if not options.bags and not options.images:
        msg = "There is nothing to evaluate: name bags, or --images DIR."
        raise ConfigurationError(msg)
    if options.truth and not options.images:
        msg = "--truth says what the photos of --images show: add --images DIR, or leave it out."
        raise ConfigurationError(msg)
    if options.as_recorded and not options.bags:
        msg = "--as-recorded needs a bag with a topic hands: name one."
        raise ConfigurationError(msg)
    require_at_least(options, jobs=1, threads=0, budget=0.1, picojoules_per_mac=0)


def _replay_options(options: argparse.Namespace) -> ReplayOptions:
    return ReplayOptions(
        bank=(options.bank or default_bank()).resolve(),
        runtime=RuntimeOptions(backend=options.backend, precision=options.precision, threads=options.threads),
        tracker=TrackerOptions(
            max_hands=options.max_hands, smoothing=not options.no_smoothing, mirrored=options.mirrored
        ),
        budget_ms=options.budget,
        realtime=options.realtime,
        agreement=options.agreement,
        picojoules_per_mac=options.picojoules_per_mac,
        worst=_WORST,
    )


def _settings(options: argparse.Namespace, bank: Manifest) -> list[Setting]:
    levels = range(len(bank.levels)) if options.all_levels else dict.fromkeys(options.level)
    for level in levels:
        if not 0 <= level < len(bank.levels):
            msg = f"There is no level {level}: the bank {bank.name} has levels 0 to {len(bank.levels) - 1}."
            raise ConfigurationError(msg)
    settings = [Setting(f"level {level}", level=level) for level in levels]
    policies = list(dict.fromkeys(options.policy))
    names = distinct_names([Path(policy) for policy in policies])
    settings += [
        Setting(f"policy {name}", policy=policy) for name, policy in zip(names, policies, strict=True)
    ]
    if options.as_recorded:
        settings.append(Setting("as recorded", as_recorded=True))
    return settings or [Setting("level 0", level=0)]


def _materials(options: argparse.Namespace) -> list[Material]:
    """Name the recordings, each by a name of its own."""
    paths = list(dict.fromkeys(path.resolve() for path in options.bags))
    materials = [
        Material(name, path, options.topic) for name, path in zip(distinct_names(paths), paths, strict=True)
    ]
    if options.images:
        folder = options.images.resolve()
        materials.append(Material(f"{folder.name} (photos)", folder, truth=options.truth, photos=True))
    return materials


def _counted(materials: Sequence[Material]) -> tuple[dict[Material, int], dict[Material, str]]:
    """Return the recordings that can be opened, with their number of images, and why the others cannot."""
    counts: dict[Material, int] = {}
    left_out: dict[Material, str] = {}
    for material in materials:
        try:
            counts[material] = material.open().count()
        except SourceError as error:
            left_out[material] = str(error)
    if not counts:
        _tell_left_out(left_out.values(), everything=True)
    return counts, left_out


def _make(folder: Path) -> None:
    """Make the folder of the report before all is evaluated, not when there is no place for it.

    Raises:
        OutputError: Nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"The folder {folder} cannot be made ({error.strerror}): give another one with --out."
        raise OutputError(msg) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        msg = f"Nothing can be written in the folder {folder}: give another one with --out."
        raise OutputError(msg)


def _tell_left_out(reasons: Collection[str], *, everything: bool) -> None:
    """Print why recordings are left out.

    Raises:
        SourceError: All are.
    """
    if everything and len(reasons) == 1:
        raise SourceError(*reasons)
    for reason in reasons:
        print(f"hand-tracking-dsp evaluate: left out: {reason}", file=sys.stderr)
    if everything:
        msg = f"None of the {len(reasons)} recordings can be read; see above."
        raise SourceError(msg)


def _run(
    units: Sequence[Unit], counts: Mapping[Material, int], jobs: int, cluster: str | None, console: Console
) -> list[UnitResult | LeftOut]:
    """Run all units under a progress bar; return what came of them in their order."""
    with _progress(console) as progress:
        total = sum(counts[unit.material] for unit in units)
        task = progress.add_task(f"{len(units)} runs", total=total)

        def advance(frames: int) -> None:
            progress.advance(task, frames)

        if cluster:
            found = run_on_cluster(units, cluster, advance, lambda unit: counts[unit.material])
        else:
            found = run_here(units, jobs, advance)
        return sorted(found, key=lambda one: units.index(one.unit))


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("frames"),
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
    }


def _about_settings(options: argparse.Namespace, replay: ReplayOptions, jobs: int) -> dict[str, Any]:
    return {
        "budget_ms": replay.budget_ms,
        "realtime": replay.realtime,
        "agreement": replay.agreement,
        "jobs": jobs,
        "cluster": options.cluster or "",
        "picojoules_per_mac": replay.picojoules_per_mac,
        **{f"runtime.{name}": value for name, value in asdict(replay.runtime).items()},
        **{f"tracker.{name}": value for name, value in asdict(replay.tracker).items()},
    }


def _write(evaluation: Evaluation, about: dict[str, Any], out: Path) -> dict[str, Any]:
    for old in out.glob("worst/[0-9][0-9].jpg"):
        old.unlink()
    pictures = []
    for place, frame in enumerate(evaluation.worst(_WORST), start=1):
        file = f"worst/{place:02}.jpg"
        write_bytes(out / file, frame.jpeg)
        pictures.append((frame, file))
    evaluation.frames.write(out / "frames.csv")
    report = evaluation.report(about, pictures)
    write_json(out / "report.json", report)
    write_page(report, evaluation.frames, out)
    return report


def _print(console: Console, report: dict[str, Any], out: Path) -> None:
    runs = report["runs"]
    table = Table("measure", "unit", *map(escape, runs))
    for column in table.columns[2:]:
        column.justify = "right"
    for metric in (*METRICS, *RUN_METRICS):
        values = [run["metrics"][metric.name] for run in runs.values()]
        if not all(map(math.isnan, values)):
            table.add_row(metric.label, metric.unit, *map(number, values))
    console.print(table)
    for recording in report["recordings"]:
        for sentence, count in recording["problems"].items():
            print(f"{recording['name']}: {sentence}{f' ({count} times)' if count > 1 else ''}")
    for note in report["notes"]:
        print(note)
    print(f"Report: {out / 'report.html'}")
