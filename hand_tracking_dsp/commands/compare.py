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

"""hand-tracking-dsp compare: compare two evaluations, and fail where a change breaks a limit."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hand_tracking_dsp.commands.arguments import add_seed, require_at_least
from hand_tracking_dsp.commands.output import make_console, make_table, write_json
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.comparison.comparison import Comparison, RunPair, compare_evaluations
from hand_tracking_dsp.evaluation.comparison.findings import Finding
from hand_tracking_dsp.evaluation.comparison.limits import MetricLimit, parse_limit
from hand_tracking_dsp.evaluation.comparison.reading import read_evaluation
from hand_tracking_dsp.evaluation.measures.catalogue import measure_names
from hand_tracking_dsp.evaluation.measures.wording import number, with_interval
from hand_tracking_dsp.evaluation.statistics import MIN_BLOCKS, Resampling

_COLORS = {"better": "green", "worse": "red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("a", type=Path, metavar="A", help="folder of evaluate: the state before")
    parser.add_argument("b", type=Path, metavar="B", help="folder of evaluate: the state after")
    parser.add_argument("--run", default="", metavar="NAME", help="only this run of both, as 'level 0'")
    parser.add_argument("--run-a", default="", metavar="NAME", help="this run of A, with --run-b")
    parser.add_argument("--run-b", default="", metavar="NAME", help="this run of B, with --run-a")
    parser.add_argument("--metrics", nargs="+", metavar="NAME", help="show only these; all if not given")
    parser.add_argument(
        "--fail-if",
        action="append",
        default=[],
        metavar="LIMIT",
        help="exit with 1 where this holds of B: 'mde_px>+2%%' (2 %% above A), 'detection_recall<-0.01' "
        "(0.01 below A), 'latency_p99_ms>33' (itself); may be given several times",
    )
    parser.add_argument(
        "--confident", action="store_true", help="--fail-if counts only where the whole interval is beyond"
    )
    parser.add_argument(
        "--block", type=float, default=1.0, metavar="S", help="length of a resampled block of frames, seconds"
    )
    parser.add_argument("--resamples", type=int, default=2000, help="bootstrap repetitions")
    add_seed(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything as JSON, too")


def run(options: argparse.Namespace) -> int:
    """Compare, print, write; 1 where a limit is broken or cannot be checked.

    Raises:
        ConfigurationError: An option cannot be used.
        SourceError: A folder cannot be read, or the two have no frame in common.
        OutputError: The JSON cannot be written.
    """
    limits = _checked(options)
    resampling = Resampling(options.block, options.resamples, options.seed)
    runs = (options.run or options.run_a, options.run or options.run_b)
    comparison = compare_evaluations(read_evaluation(options.a), read_evaluation(options.b), runs, resampling)
    said = {
        f"{pair.name}: {limit.text}": limit.breach(pair.finding(limit.metric), confident=options.confident)
        for pair in comparison.pairs
        for limit in limits
    }
    _show(make_console(), comparison, options.metrics or measure_names())
    if options.json:
        checked = [
            {"limit": text, "kept": not sentence, "sentence": sentence} for text, sentence in said.items()
        ]
        write_json(options.json, {**comparison.value(), "limits": checked})
    for text, sentence in said.items():
        if sentence:
            print(f"hand-tracking-dsp compare: {text} {sentence}", file=sys.stderr)
        else:
            print(f"{text} does not hold.")
    return 1 if any(said.values()) else 0


def _checked(options: argparse.Namespace) -> list[MetricLimit]:
    """Check the options, and return the limits."""
    require_at_least(options, resamples=100, seed=0)
    if not (options.block > 0 and math.isfinite(options.block)):
        msg = f"--block is {options.block:g}: it must be a time above 0 seconds."
        raise ConfigurationError(msg)
    if options.run and (options.run_a or options.run_b):
        msg = "--run names one run of both sides: give either it or --run-a and --run-b."
        raise ConfigurationError(msg)
    for name in options.metrics or ():
        if name not in measure_names():
            msg = f"--metrics has no measure '{name}': choose of {', '.join(measure_names())}."
            raise ConfigurationError(msg)
    return [parse_limit(text) for text in options.fail_if]


def _show(console: Console, comparison: Comparison, names: Sequence[str]) -> None:
    def say(text: str) -> None:
        console.print(text, highlight=False)

    resampling = comparison.resampling
    say(f"A: {comparison.a.folder}\nB: {comparison.b.folder}")
    for note in comparison.notes:
        say(f"Note: {note}")
    for pair in comparison.pairs:
        console.print(_table(pair, names))
        for note in pair.notes(names):
            say(note)
    for name, line in comparison.lines.items():
        say(
            f"Error on sparsity, {name}: {with_interval(line.slope, sign=True)} % of palm size from none to "
            f"all parameters removed, from {number(line.intercept)} % at none (least squares over "
            f"{line.frames} frames in {line.blocks} blocks, r^2 = {line.r_squared:.3f})."
        )
    say(
        f"In brackets: 95 % intervals, by drawing blocks of {resampling.block_s:g} s of the recordings "
        f"{resampling.repetitions} times, the same for A and B; they need at least {MIN_BLOCKS} blocks. The "
        "verdict goes by the interval of B - A alone: of 20 measures that nothing changed, about one differs "
        "by chance. The p values are those of paired tests over blocks, in brackets corrected for the number "
        "of measures (Holm)."
    )


def _table(pair: RunPair, names: Sequence[str]) -> Table:
    frames = pair.frames
    recordings = len(frames.a.names("bag"))
    title = f"{pair.name}: {len(frames.a)} frames, recordings: {recordings}, blocks: {frames.count}"
    headings = ("measure", "unit", "A", "B", "B - A", "change, %", "t-test p", "Wilcoxon p", "verdict")
    shown = (one for one in pair.findings if one.metric.name in names and one.measured_anywhere)
    return make_table(title, headings, map(_cells, shown), ("unit", "verdict"))


def _cells(one: Finding) -> tuple[str | Text, ...]:
    verdict = f"{one.verdict}: {one.reason}" if one.reason else one.verdict
    return (
        one.metric.label,
        one.metric.unit,
        number(one.a.value),
        number(one.b.value),
        with_interval(one.difference, sign=True),
        with_interval(one.change, sign=True),
        _p_value(one.t_p, one.t_holm),
        _p_value(one.wilcoxon_p, one.wilcoxon_holm),
        Text(verdict, _COLORS.get(one.verdict, "")),
    )


def _p_value(p: float, corrected: float) -> str:
    return "-" if math.isnan(p) else f"{_small(p)} ({_small(corrected)})"


def _small(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"
