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

"""Results of all units as one: the value of report.json."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hand_tracking_dsp.evaluation.measures.catalogue import ALL_METRICS, measured
from hand_tracking_dsp.evaluation.measures.frame_row import HANDLED
from hand_tracking_dsp.evaluation.measures.frames import Frames, joined
from hand_tracking_dsp.evaluation.replay.run import UnitResult
from hand_tracking_dsp.evaluation.replay.worst import WorstFrame
from hand_tracking_dsp.evaluation.report.version import REPORT_VERSION

SYNTHETIC = "joints of a synthetic source"
"""The truth of a recording whose hand is synthetic."""

_ALWAYS = (
    "Robots: what is measured is the replay of recordings on the machine named here.",
    "Energy of the networks is estimated from multiply-accumulates (energy_mj), not measured.",
)


class Evaluation:
    """Results of all units of an evaluation, at least one, and sentences why recordings were left out."""

    def __init__(self, results: Sequence[UnitResult], left_out: Sequence[str] = ()) -> None:
        self.results = list(results)
        self._left_out = list(left_out)
        self.frames: Frames = joined([result.frames for result in self.results])

    def worst(self, count: int) -> list[WorstFrame]:
        """Return the worst frames of all, the worst first; of each image one."""
        frames = [frame for result in self.results for frame in result.worst]
        frames.sort(key=lambda frame: frame.badness)
        worst_of_image = {(frame.row.bag, frame.row.frame): frame for frame in frames}
        return sorted(worst_of_image.values(), key=lambda frame: frame.badness, reverse=True)[:count]

    def report(self, about: Mapping[str, Any], pictures: Sequence[tuple[WorstFrame, str]]) -> dict[str, Any]:
        """Return the value of report.json.

        Args:
            about: Facts known from outside: package, command, machine, bank, settings.
            pictures: The worst frames, and the file of each, below the report's folder.
        """
        runs = {name: self._run(name) for name in self.frames.names("run")}
        units = {metric.name: metric.unit for metric in ALL_METRICS}
        recordings = self._recordings()
        return {
            "version": REPORT_VERSION,
            **about,
            "notes": self._notes(recordings),
            "recordings": recordings,
            "runs": runs,
            "units": units,
            "not_measured": [*_not_measured(runs), *_ALWAYS],
            "worst": [
                {
                    "run": frame.row.run,
                    "bag": frame.row.bag,
                    "frame": frame.row.frame,
                    "stamp_s": frame.row.stamp_s,
                    "measure": frame.measure,
                    "value": frame.value,
                    "picture": file,
                }
                for frame, file in pictures
            ],
        }

    def _notes(self, recordings: Sequence[Mapping[str, Any]]) -> list[str]:
        """List what a reader must know of all figures."""
        notes = [f"Left out: {reason}" for reason in self._left_out]
        if synthetic := [one["name"] for one in recordings if one["truth"] == SYNTHETIC]:
            notes.append(
                f"The hand in {', '.join(synthetic)} is synthetic: errors are exact, but those of no person."
            )
        if damaged := [one["name"] for one in recordings if one["problems"]]:
            notes.append(f"Problems were met in {', '.join(damaged)}.")
        return notes

    def _run(self, name: str) -> dict[str, Any]:
        frames = self.frames.where(run=name)
        results = [result for result in self.results if result.unit.setting.name == name]
        levels = frames["level"][np.isfinite(frames["level"])].astype(int)
        histogram = Counter(levels.tolist())
        return {
            "metrics": measured(frames) | _of_run(results),
            "levels": {str(level): histogram[level] / len(levels) for level in sorted(histogram)},
            "provider": ", ".join(sorted({result.provider for result in results})),
            "meter": ", ".join(sorted({result.usage.meter for result in results} - {""})),
            "by_recording": {
                result.unit.recording.name: measured(result.frames) | _of_run([result]) for result in results
            },
        }

    def _recordings(self) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for result in self.results:
            recording, frames = result.unit.recording, result.frames
            if recording.name not in found:
                stamps = frames["stamp_s"]
                found[recording.name] = {
                    "name": recording.name,
                    "path": str(recording.path),
                    "frames": len(frames),
                    "photos": recording.photos,
                    "seconds": float(np.ptp(stamps)) if len(stamps) and not recording.photos else 0.0,
                    "truth": _truth(frames, photos=recording.photos),
                    "problems": dict(result.problems),
                }
        return list(found.values())


def truth_note(report: Mapping[str, Any], bag: str = "") -> str:
    """Return the end of an error's label: a remark where the true joints are a synthetic hand's.

    Of one recording, or of all of them where the name is "".
    """
    truths = {one["truth"] for one in report["recordings"] if bag in ("", one["name"])} - {"none", "boxes"}
    if SYNTHETIC not in truths:
        return ""
    return "\n(synthetic hand)" if truths == {SYNTHETIC} else "\n(synthetic hands among them)"


def _truth(frames: Frames, *, photos: bool) -> str:
    if np.isfinite(frames["true_hands"]).any():
        # Nothing else than a synthetic source knows them while it films.
        return "joints" if photos else SYNTHETIC
    return "boxes" if np.isfinite(frames["true_boxes"]).any() else "none"


def _of_run(results: Sequence[UnitResult]) -> dict[str, float]:
    """Return RUN_METRICS of some units together."""
    frames = joined([result.frames for result in results])
    handled = int((frames["outcome"] == HANDLED).sum())
    networks_s = 1e-3 * float(np.nansum(frames["detection_ms"]) + np.nansum(frames["landmarks_ms"]))
    wall_s = sum(result.usage.wall_s for result in results)
    busy = [result.usage.busy for result in results if math.isfinite(result.usage.busy)]
    return {
        "energy_measured_mj": 1e3 * sum(result.usage.joules for result in results) / handled
        if handled
        else math.nan,
        "memory_mb": max(result.usage.memory_mb for result in results),
        "cpu_share": sum(result.usage.cpu_s for result in results) / wall_s if wall_s > 0 else math.nan,
        "accelerator_utilization": sum(busy) / len(busy) if busy else math.nan,
        "rate_hz": handled / wall_s if handled and wall_s > 0 else math.nan,
        "network_rate_hz": handled / networks_s if networks_s > 0 else math.nan,
    }


def _not_measured(runs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Name every measure that no run has or only some have, and what it needs."""
    sentences = []
    for metric in ALL_METRICS:
        missing = [name for name, run in runs.items() if math.isnan(run["metrics"][metric.name])]
        if missing:
            where = "" if len(missing) == len(runs) else f" for {', '.join(missing)}"
            sentences.append(f"{metric.name}{where}: it needs {metric.needs}.")
    return sentences
