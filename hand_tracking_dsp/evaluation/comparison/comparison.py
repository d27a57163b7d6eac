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

"""Comparison of two evaluations, run by run, and its JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from hand_tracking_dsp.evaluation.comparison.findings import Finding, compare_frames, compare_runs
from hand_tracking_dsp.evaluation.comparison.pairing import PairedFrames, pair_frames, pair_runs
from hand_tracking_dsp.evaluation.comparison.reading import EvaluationFolder, setting_differences
from hand_tracking_dsp.evaluation.comparison.regression import Regression, error_on_sparsity
from hand_tracking_dsp.evaluation.measures.catalogue import METRICS, measure_names
from hand_tracking_dsp.evaluation.measures.frames import joined
from hand_tracking_dsp.evaluation.statistics import Resampling

VERSION = 1
"""Version of the JSON."""


@dataclass(frozen=True, slots=True)
class RunPair:
    """Comparison of two runs, A's and B's: the frames that both have, and the finding of every measure."""

    runs: tuple[str, str]
    frames: PairedFrames
    findings: Sequence[Finding]

    @property
    def name(self) -> str:
        """The name of both runs, or the two names."""
        a, b = self.runs
        return a if a == b else f"{a} against {b}"

    def finding(self, metric: str) -> Finding:
        """Return the finding of a measure, by its name."""
        return next(one for one in self.findings if one.metric.name == metric)

    def notes(self, metrics: Collection[str]) -> list[str]:
        """Say in sentences what was left out, and what is missing or doubtful of some measures."""
        findings = [one for one in self.findings if one.metric.name in metrics]
        frames, notes = self.frames, []
        if frames.only_a or frames.only_b:
            notes.append(
                f"Left out: {frames.only_a} frames that A alone has, {frames.only_b} that B alone has."
            )
        if frames.handled[0] != frames.handled[1]:
            notes.append(
                f"Of the shared frames A handled {frames.handled[0]} and B {frames.handled[1]}: measures "
                "of handled frames are not of the same images throughout."
            )
        if frames.unlike:
            notes.append(
                f"{frames.unlike} frames have other stamps in B: recordings of the same name may not be "
                "the same."
            )
        if alike := [one.metric.name for one in findings if one.blocks_alike]:
            notes.append(
                f"Neighbouring blocks resemble each other in {', '.join(alike)}: their intervals are too "
                "narrow, choose a longer --block."
            )
        if missing := [one.metric.name for one in findings if not one.measured_anywhere]:
            notes.append(f"Measured on neither side: {', '.join(missing)}.")
        return notes


@dataclass(frozen=True, slots=True)
class Comparison:
    """Comparison of two evaluations, A before and B after a change, and of their runs.

    Attributes:
        notes: Differences in how the two were made, and what their reports say of all their figures.
        lines: Error on sparsity within A, within B and over both, where there are two sparsities.
    """

    a: EvaluationFolder
    b: EvaluationFolder
    notes: Sequence[str]
    pairs: Sequence[RunPair]
    lines: Mapping[str, Regression]
    resampling: Resampling

    def value(self) -> dict[str, Any]:
        """Return the value of the JSON file."""
        return {
            "version": VERSION,
            "a": _about(self.a),
            "b": _about(self.b),
            "notes": list(self.notes),
            "resampling": asdict(self.resampling),
            "pairs": [_pair_value(pair) for pair in self.pairs],
            "error_on_sparsity": {name: asdict(line) for name, line in self.lines.items()},
        }


def compare_evaluations(
    a: EvaluationFolder,
    b: EvaluationFolder,
    runs: tuple[str, str] = ("", ""),
    resampling: Resampling | None = None,
) -> Comparison:
    """Compare two evaluations: all their runs, or those asked for (see pair_runs).

    Raises:
        ConfigurationError: Nothing says which runs belong together.
        SourceError: Two runs have no frame in common.
    """
    resampling = resampling or Resampling()
    pairs = []
    for one, other in pair_runs(a.runs, b.runs, *runs):
        frames = pair_frames(a.frames.where(run=one), b.frames.where(run=other), resampling)
        findings = [*compare_frames(frames, METRICS, resampling), *compare_runs(a, b, (one, other))]
        pairs.append(RunPair((one, other), frames, findings))
    sides = {"A": a.frames, "B": b.frames, "A and B": joined([a.frames, b.frames])}
    if a.folder.resolve() == b.folder.resolve():
        # Two runs of one evaluation: no frame counts twice.
        sides = {"A and B": a.frames}
    lines = {name: error_on_sparsity(frames, resampling) for name, frames in sides.items()}
    known = {name: line for name, line in lines.items() if line is not None}
    said = dict.fromkeys([*a.report.get("notes", ()), *b.report.get("notes", ())])
    return Comparison(a, b, [*setting_differences(a, b), *said], pairs, known, resampling)


def _about(evaluation: EvaluationFolder) -> dict[str, Any]:
    known = ("package", "command", "machine", "bank", "settings")
    return {"folder": str(evaluation.folder), **{name: evaluation.report.get(name) for name in known}}


def _pair_value(pair: RunPair) -> dict[str, Any]:
    frames = pair.frames
    return {
        "runs": pair.runs,
        "frames": {
            "shared": len(frames.a),
            "only_a": frames.only_a,
            "only_b": frames.only_b,
            "handled": frames.handled,
            "blocks": frames.count,
        },
        "notes": pair.notes(measure_names()),
        "measures": {finding.metric.name: _finding_value(finding) for finding in pair.findings},
    }


def _finding_value(finding: Finding) -> dict[str, Any]:
    metric = finding.metric
    intervals = ("a", "b", "difference", "change")
    plain = [field.name for field in fields(finding) if field.name not in ("metric", *intervals)]
    return {
        "unit": metric.unit,
        "better": metric.better,
        "note": metric.note,
        **{name: asdict(getattr(finding, name)) for name in intervals},
        **{name: getattr(finding, name) for name in plain},
    }
