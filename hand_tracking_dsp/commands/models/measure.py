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

"""hand-tracking-dsp models measure: a bank's levels on pictures that nothing is learned from."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np
from rich.table import Table

from hand_tracking_dsp.commands.arguments import require_at_least
from hand_tracking_dsp.commands.models.held_out import add_held_out, read_held_out, run_files
from hand_tracking_dsp.commands.models.output import NOTE
from hand_tracking_dsp.commands.output import (
    machine,
    machine_line,
    make_console,
    make_table,
    require_writable,
    write_json,
)
from hand_tracking_dsp.compression.bank.hold_out import (
    CLEAN,
    COVERED,
    EMPTY,
    RENDERED,
    FileOutputs,
    HoldOutCrops,
    dense_file,
)
from hand_tracking_dsp.compression.bank.hold_out_plots import save_presence_plot, save_reliability_plot
from hand_tracking_dsp.compression.bank.presence_threshold import PresenceSamples
from hand_tracking_dsp.compression.bank.reliability import EDGES, OFF_PERCENT, Reliability, reliability
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.bank.timing import grey_runs, time_in_turn
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_file import read_network
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import Floats

_RESULT = "measure.json"
_ALL = "all"
_KINDS = {
    CLEAN: "agreement, clean",
    COVERED: "agreement, covered and blurred",
    RENDERED: "truth, rendered",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Measures every file of every level on hold-out pictures: latency relative to the dense network, "
        "deviation from it, regions without a hand that are taken for one, and how well a level knows how "
        "far its landmarks are off (error_percent)."
    )
    add_held_out(parser)
    parser.add_argument("--runs", type=int, default=60, help="timed runs of each file (default: %(default)s)")


def run(options: argparse.Namespace) -> int:
    """Measure, print tables, and write the results if asked.

    Raises:
        ConfigurationError: There are no pictures, or the bank sees depth.
        ModelError: The bank cannot be used.
        SourceError: A folder is missing or holds no picture.
    """
    require_at_least(options, runs=1)
    require_writable(options.out, _RESULT)
    bank = read_manifest(options.bank or default_bank())
    console = make_console()
    held_out = read_held_out(options, bank)
    found = run_files(bank, held_out, console)
    rows = _rows(bank, found, held_out, _relative_times(bank, found, options.runs))
    console.print(_hold_out_table(rows, held_out))
    expected = {
        (kind, name): [(one, reliability(one, chosen)) for one in found]
        for (kind, name), chosen in _hand_sets(held_out).items()
    }
    if any(one.says_error for one in found):
        console.print(_auc_table(expected))
        console.print(_reliability_table(expected))
    else:
        console.print(
            "No level of this bank says error_percent: there is nothing to compare with what is met."
        )
    console.print(f"{machine_line()}\n{NOTE} Only rendered hands have exact joints.", highlight=False)
    if options.out:
        content = {"machine": machine(), "bank": bank.name, "levels": rows, "reliability": _as_json(expected)}
        write_json(options.out / _RESULT, content)
        save_presence_plot(found, held_out, options.out / "presence.png")
        save_reliability_plot(found, held_out, options.out / "reliability.png")
    return 0


def _relative_times(bank: Manifest, found: Sequence[FileOutputs], runs: int) -> list[float]:
    """Time the files in turn; return medians relative to the dense network in fp32."""
    sessions = [open_exact(read_network(bank, one.info), one.info.file) for one in found]
    times = time_in_turn(grey_runs(sessions), runs)
    dense = [one.info.file for one in found].index(dense_file(bank).file)
    return [one.p50_ms / times[dense].p50_ms for one in times]


def _rows(
    bank: Manifest, found: Sequence[FileOutputs], held_out: HoldOutCrops, times: Sequence[float]
) -> list[dict[str, Any]]:
    """Return what each file reached, as the JSON has it."""
    thresholds = TrackerOptions().presence_thresholds(bank.levels)
    everything = np.ones(len(held_out.kinds), bool)
    rows = []
    for one, relative in zip(found, times, strict=True):
        threshold = thresholds[one.info.index]
        accepted = one.presence >= threshold
        rows.append(
            {
                "level": one.info.index,
                "name": one.info.name,
                "file": one.info.file,
                "precision": one.info.precision,
                "latency": round(relative, 4),
                "presence_threshold": threshold,
                "unusable": one.unusable,
                "hands_kept_percent": PresenceSamples.of([one], held_out, everything).at(threshold).hands,
                "sets": [
                    {
                        "kind": kind,
                        "name": name,
                        "count": int(chosen.sum()),
                        "accepted_percent": _mean(100 * accepted[chosen]),
                        "deviation_percent": _mean(_known(one.deviation[chosen])),
                        "deviation_median_percent": _median(_known(one.deviation[chosen])),
                    }
                    for (kind, name), chosen in held_out.sets.items()
                ],
            }
        )
    return rows


def _hold_out_table(rows: Sequence[dict[str, Any]], held_out: HoldOutCrops) -> Table:
    shown = [key for kind in (CLEAN, EMPTY) for key in held_out.sets if key[0] == kind]
    cells = []
    for row in rows:
        sets = {(one["kind"], one["name"]): one for one in row["sets"]}
        values = (sets[key]["deviation_percent" if key[0] == CLEAN else "accepted_percent"] for key in shown)
        cells.append(
            (
                str(row["level"]),
                row["precision"],
                f"{row['latency']:.3f}",
                *(
                    _shown(value, 2 if key[0] == CLEAN else 1)
                    for key, value in zip(shown, values, strict=True)
                ),
                _shown(row["hands_kept_percent"], 1),
                f"{row['presence_threshold']:g}",
            )
        )
    title = (
        "Deviation of hands from the dense network, mean, % of palm; regions without a hand accepted, %"
        "\nlatency: of one run on one thread, relative to the dense network in fp32; (n): crops"
        "\nhands kept: of those that the dense network finds, clean and covered, %"
    )
    names = [
        f"{name}{': accepted' if kind == EMPTY else ''} ({held_out.sets[kind, name].sum()})"
        for kind, name in shown
    ]
    headings = ("level", "precision", "latency", *names, "hands kept", "threshold")
    return make_table(title, headings, cells, left=("precision",))


Expected = dict[tuple[str, str], list[tuple[FileOutputs, Reliability]]]


def _hand_sets(held_out: HoldOutCrops) -> dict[tuple[str, str], Any]:
    """Return the sets of hands, and all hands of each kind together."""
    sets = {key: chosen for key, chosen in held_out.sets.items() if key[0] != EMPTY}
    kinds = [kind for kind in _KINDS if any(key[0] == kind for key in sets)]
    return {**sets, **{(kind, _ALL): held_out.of(kind) for kind in kinds}}


def _auc_table(expected: Expected) -> Table:
    kinds = [kind for kind, _ in expected]
    rows = [
        (
            f"{one.info.index} {one.info.name}",
            one.info.precision,
            _KINDS[kind],
            name,
            *(str(figure) for figure in (found.count, found.off)),
            *(_shown(value, 1) for value in (found.said, found.met)),
            *(_shown(value, 2) for value in (found.auc, found.presence_auc)),
        )
        for (kind, name), files in expected.items()
        # All are those of the one set.
        if name != _ALL or kinds.count(kind) > 2
        for one, found in files
    ]
    title = (
        f"Hands more than {OFF_PERCENT:g} % of palm off, and how well they are told by error_percent and, to "
        "compare, by low presence (area under the curve, 0.5: not at all)"
    )
    headings = (
        "level",
        "precision",
        "of",
        "set",
        "hands",
        "off",
        "mean said",
        "mean met",
        "AUC",
        "of presence",
    )
    return make_table(title, headings, rows, left=("precision", "of", "set"))


def _reliability_table(expected: Expected) -> Table:
    headings = [
        f"{low:g} to {high:g} %" if math.isfinite(high) else f"from {low:g} %"
        for low, high in pairwise(EDGES)
    ]
    rows = []
    for (kind, name), files in expected.items():
        for one, found in files if name == _ALL else ():
            cells = {part.low: f"{part.said:.1f} → {part.met:.1f} ({part.count})" for part in found.bins}
            level = f"{one.info.index} {one.info.name}", one.info.precision, _KINDS[kind]
            rows.append((*level, *(cells.get(low, "") for low in EDGES[:-1])))
    title = "Reliability of error_percent, by what it says: mean said → mean met, % of palm (number of hands)"
    return make_table(title, ("level", "precision", "of", *headings), rows, left=("precision", "of"))


def _as_json(expected: Expected) -> list[dict[str, Any]]:
    return [
        {
            "level": one.info.index,
            "precision": one.info.precision,
            "kind": kind,
            "name": name,
            **asdict(found),
        }
        for (kind, name), files in expected.items()
        for one, found in files
    ]


def _known(values: Floats) -> Floats:
    """Leave out where a file's outputs cannot be used; the mean is of the others."""
    known: Floats = values[np.isfinite(values)]
    return known


def _median(values: Floats) -> float:
    return float(np.median(values)) if len(values) else math.nan


def _mean(values: Any) -> float:  # noqa: ANN401 (an array of any numbers)
    return float(np.mean(values)) if len(values) else math.nan


def _shown(value: float, digits: int) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"
