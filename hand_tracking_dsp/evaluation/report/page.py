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

"""Report of an evaluation as one page that works offline."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from hand_tracking_dsp.evaluation.measures.catalogue import ALL_METRICS, METRICS
from hand_tracking_dsp.evaluation.measures.frames import Frames
from hand_tracking_dsp.evaluation.measures.metric import RunMetric
from hand_tracking_dsp.evaluation.measures.wording import number
from hand_tracking_dsp.evaluation.report import html
from hand_tracking_dsp.evaluation.report.plots import draw_plots, known

_BY_RECORDING = (
    "mde_palm_percent",
    "pck_010",
    "detection_recall",
    "detection_precision",
    "error_3d_mm",
    "hands_within_20_mm",
    "jitter_palm_percent",
    "drift_palm_percent",
    "latency_p50_ms",
    "latency_p95_ms",
    "deadline_misses",
    "frames_dropped",
)
_TEMPLATE = Path(__file__).with_name("templates") / "evaluation.html"


def write_page(report: Mapping[str, Any], frames: Frames, folder: Path) -> None:
    """Write report.html of the value of report.json (NaN and null are alike) into its folder.

    Raises:
        OutputError: The page cannot be written.
    """
    plots = [
        {"title": plot.title, "caption": plot.caption, "source": html.data_uri(plot.png)}
        for plot in draw_plots(report, frames)
    ]
    html.write_page(
        _TEMPLATE,
        folder / "report.html",
        title="Evaluation of hand tracking",
        intro=_intro(report),
        runs=list(report["runs"]),
        groups=_groups(report),
        levels=_levels(report),
        plots=plots,
        recordings=[_recording(one) for one in report["recordings"]],
        by_recording=_by_recording(report),
        worst=[_worst(one, report["units"], folder) for one in report["worst"]],
        not_measured=report["not_measured"],
        how=_how(report),
        metrics=[metric for metric in ALL_METRICS if _measured(report, metric)],
    )


def _intro(report: Mapping[str, Any]) -> list[str]:
    recordings, bank, settings = report["recordings"], report["bank"], report["settings"]
    frames = sum(one["frames"] for one in recordings)
    seconds = sum(known(one["seconds"]) for one in recordings)
    how = "frame by frame, nothing dropped"
    if settings["realtime"]:
        how = "in real time, frames dropped as the live node would"
    length = f" ({number(seconds)} s)" if seconds else ""
    counts = f"{frames} frames{length}, recordings: {len(recordings)}"
    machine = report["machine"].get("cpu", "a machine without a name")
    lines = [f"{counts}, {how}, with the bank {bank['name']} ({bank['fingerprint'][:12]}) on {machine}."]
    return [*lines, *report["notes"]]


def _value(about: Mapping[str, Any], metric: str) -> float:
    return known(about["metrics"].get(metric))


def _measured(report: Mapping[str, Any], metric: RunMetric) -> bool:
    return not all(math.isnan(_value(about, metric.name)) for about in report["runs"].values())


def _groups(report: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    measured = [metric for metric in ALL_METRICS if _measured(report, metric)]
    return [
        (group.capitalize(), [_row(report, metric) for metric in metrics])
        for group, metrics in groupby(measured, key=lambda metric: metric.group)
    ]


def _row(report: Mapping[str, Any], metric: RunMetric) -> dict[str, Any]:
    """Return the row of one measure over all runs."""
    values = [_value(about, metric.name) for about in report["runs"].values()]
    there = [value for value in values if not math.isnan(value)]
    best = math.nan
    if metric.better != "neither" and len(set(there)) > 1:
        best = min(there) if metric.better == "lower" else max(there)
    cells = [{"text": number(value), "best": value == best} for value in values]
    return {"label": metric.label, "unit": metric.unit, "cells": cells}


def _levels(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the histogram of levels as a table; empty where every run kept to one."""
    runs = report["runs"]
    if all(len(about["levels"]) < 2 for about in runs.values()):
        return {}
    names = sorted({level for about in runs.values() for level in about["levels"]}, key=float)
    rows = [
        (
            run,
            *(number(100 * about["levels"].get(name, 0.0)) for name in names),
            number(_value(about, "switches_per_min")),
        )
        for run, about in runs.items()
    ]
    headings = ["run", *(f"level {name}" for name in names), "switches a minute"]
    return {"headings": headings, "rows": rows}


def _recording(one: Mapping[str, Any]) -> dict[str, Any]:
    problems = [f"{count} x {sentence}" for sentence, count in one["problems"].items()]
    seconds = "photos" if one["photos"] else number(known(one["seconds"]))
    return {**one, "seconds": seconds, "problems": problems}


def _by_recording(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the main measures of every recording and run as a table; empty for one recording."""
    if len(report["recordings"]) < 2:
        return {}
    chosen = [metric for metric in METRICS if metric.name in _BY_RECORDING and _measured(report, metric)]
    rows = [
        (one["name"], run, *(number(known(found.get(metric.name))) for metric in chosen))
        for one in report["recordings"]
        for run, about in report["runs"].items()
        if (found := about["by_recording"].get(one["name"])) is not None
    ]
    return {"headings": ["recording", "run", *(metric.label for metric in chosen)], "rows": rows}


def _worst(one: Mapping[str, Any], units: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return a picture and its caption; without the picture where its file is gone."""
    where = f"{one['bag']}, frame {one['frame']:.0f} at {number(one['stamp_s'])} s, {one['run']}"
    said = f"{one['measure']} {number(known(one['value']))} {units.get(one['measure'], '')}".rstrip()
    path = folder / one["picture"]
    try:
        source = html.data_uri(path.read_bytes(), path.suffix)
    except OSError:
        source = ""
    return {"caption": f"{where}: {said}" + ("" if source else " (the picture is missing)"), "source": source}


def _how(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    providers = {run: about["provider"] for run, about in report["runs"].items() if about["provider"]}
    meters = {run: about["meter"] for run, about in report["runs"].items() if about["meter"]}
    levels = (
        f"{level['index']} {level['name']} (sparsity {number(known(level['sparsity']))})"
        for level in report["bank"]["levels"]
    )
    lines = [
        ("Command", report["command"]),
        ("Package", f"hand_tracking_dsp {report['package']}"),
        ("Machine", _listed(report["machine"])),
        ("Bank", f"{report['bank']['name']} {report['bank']['fingerprint']}"),
        ("Levels of the bank", ", ".join(levels)),
        ("Inference", _listed(providers)),
        ("Energy meter", _listed(meters)),
        ("Settings", _listed(report["settings"])),
    ]
    return [(name, text) for name, text in lines if text]


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in values.items())
