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

"""Folders of evaluate, read back and checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hand_tracking_dsp.documents import read_json
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.measures.frames import Frames, read_frames
from hand_tracking_dsp.evaluation.report.version import REPORT_VERSION

# Setting that evaluate --all-measured turns off.
_GATE = "tracker.gate.enabled"


@dataclass(frozen=True, slots=True)
class EvaluationFolder:
    """Folder that evaluate wrote: its path, the value of report.json, and the rows of frames.csv."""

    folder: Path
    report: Mapping[str, Any]
    frames: Frames

    @property
    def runs(self) -> list[str]:
        """Names of the runs, in the order of the report."""
        return list(self.report["runs"])

    def value(self, run: str, metric: str) -> float:
        """Return a measure of a whole run as the report has it; NaN where it was not measured."""
        found = self.report["runs"][run]["metrics"].get(metric)
        return math.nan if found is None else float(found)


def read_evaluation(folder: Path) -> EvaluationFolder:
    """Read report.json and frames.csv.

    Raises:
        SourceError: One is missing, damaged, of another version, or they are not of one evaluation.
    """
    path = folder / "report.json"
    try:
        report = read_json(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
        msg = f"{path} cannot be read ({reason}): give a folder that 'hand-tracking-dsp evaluate' wrote."
        raise SourceError(msg) from error
    if not _is_report(report):
        msg = f"{path} is not a report of an evaluation of version {REPORT_VERSION}: run evaluate again."
        raise SourceError(msg)
    frames = read_frames(folder / "frames.csv")
    if not set(frames.names("run")) <= set(report["runs"]):
        msg = f"report.json and frames.csv in {folder} are not of one evaluation: run evaluate again."
        raise SourceError(msg)
    return EvaluationFolder(folder, report, frames)


def setting_differences(a: EvaluationFolder, b: EvaluationFolder) -> list[str]:
    """List in sentences where two evaluations were not made alike."""
    notes = []
    one, other = a.report, b.report
    of_each = (one["bank"], other["bank"])
    banks = [f"{bank.get('name')} {str(bank.get('fingerprint'))[:12]}" for bank in of_each]
    if banks[0] != banks[1]:
        notes.append(f"The banks differ: A {banks[0]}, B {banks[1]}.")
    if changed := _changed(one["machine"], other["machine"]):
        notes.append(f"The machines differ ({changed}): times and energy compare the machines, too.")
    if changed := _changed(one["settings"], other["settings"]):
        notes.append(f"The settings differ ({changed}).")
    gates = [side["settings"].get(_GATE) for side in (one, other)]
    if set(gates) == {True, False}:
        notes.append(
            f"In {'AB'[gates.index(False)]} alone every hand is measured on every frame (--all-measured): "
            "evaluate both alike."
        )
    elif True in gates and _other_points(one["bank"], other["bank"]):
        notes.append(
            "The operating points differ, so that levels leave out other work in A than in B: evaluate both "
            "with --all-measured to compare the networks alone."
        )
    first, second = ({found["name"] for found in side["recordings"]} for side in (one, other))
    for side, names in (("A", first - second), ("B", second - first)):
        if names:
            notes.append(f"Recordings of {side} alone, which are left out: {', '.join(sorted(names))}.")
    return notes


def _other_points(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Return whether the banks' operating points differ; older reports do not say them."""
    points = [bank.get("operating_points") for bank in (a, b)]
    return None not in points and points[0] != points[1]


def _changed(a: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    names = [name for name in dict.fromkeys((*a, *b)) if a.get(name) != b.get(name)]
    return ", ".join(f"{name}: A {a.get(name)}, B {b.get(name)}" for name in names)


def _is_report(value: Any) -> bool:  # noqa: ANN401 (whatever JSON can hold)
    return (
        isinstance(value, dict)
        and value.get("version") == REPORT_VERSION
        and all(isinstance(value.get(name), dict) for name in ("bank", "machine", "settings"))
        and _all(value.get("recordings"), lambda one: isinstance(one.get("name"), str))
        and isinstance(value.get("notes", []), list)
        and all(isinstance(note, str) for note in value.get("notes", []))
        and isinstance(value.get("runs"), dict)
        and _all(list(value["runs"].values()), lambda run: _is_metrics(run.get("metrics")))
    )


def _all(values: Any, check: Callable[[dict[str, Any]], bool]) -> bool:  # noqa: ANN401
    return isinstance(values, list) and all(isinstance(one, dict) and check(one) for one in values)


def _is_metrics(value: Any) -> bool:  # noqa: ANN401
    numbers = (int, float, type(None))
    return isinstance(value, dict) and all(isinstance(one, numbers) for one in value.values())
