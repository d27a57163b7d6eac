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

"""Evaluations of runs that never were, as `evaluate` writes them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hand_tracking_dsp.evaluation.measures.catalogue import ALL_METRICS, measured
from hand_tracking_dsp.evaluation.measures.frame_row import HANDLED, FrameRow
from hand_tracking_dsp.evaluation.measures.frames import FrameRows, Frames, read_frames


def run_frames(
    run: str = "level 0",
    bag: str = "first",
    seconds: float = 20,
    rate_hz: float = 15,
    seed: int = 0,
    **constants: float,
) -> Frames:
    """Make the frames of a run of which all that belongs to the hands is the same for the same seed.

    How hard a frame is wanders, as hands do: an autoregressive process that forgets within half a second.

    Args:
        run: Name of the run.
        bag: Name of the recording.
        seconds: Its length.
        rate_hz: Frames a second.
        seed: Of the hands.
        constants: error_px and latency_ms are added to what the seed gives; other columns are set.
    """
    random = np.random.default_rng(seed)
    own = np.random.default_rng([seed, *run.encode()])
    error_px, latency_ms = constants.pop("error_px", 0.0), constants.pop("latency_ms", 0.0)
    rows, hard, latency = FrameRows(), 0.0, math.nan
    for frame in range(round(seconds * rate_hz)):
        hard = 0.87 * hard + random.normal(0, 0.25)
        found = random.random() > 0.03
        error = 3 + hard**2 + abs(own.normal(0, 0.2)) + error_px
        before, latency = latency, 10 + own.gamma(2, 1) + latency_ms
        known: dict[str, Any] = {
            "interval_s": 1 / rate_hz if frame else math.nan,
            "level": 0,
            "sparsity": 0,
            "switched": 0,
            "hands": float(found),
            "total_ms": latency,
            "latency_ms": latency,
            "latency_step_ms": abs(latency - before),
            "late": float(latency > 20),
            "energy_mj": 6.5,
            "true_hands": 1,
            "found": float(found),
            "true_boxes": 1,
            "boxes": float(found),
            "boxes_hit": float(found),
            "resting": 0,
        }
        if found:
            known |= {"error_px": error, "error_palm_percent": error, "pck_005": float(error < 4)}
            known |= {"pck_010": 0.9, "pck_020": 1.0, "resting": 1, "jitter_px": error / 4}
            known["jitter_palm_percent"] = error / 4
        else:
            known |= {"pck_005": 0, "pck_010": 0, "pck_020": 0}
        known |= {"run": run, "bag": bag, "outcome": HANDLED, "frame": frame, "stamp_s": frame / rate_hz}
        rows.add(FrameRow(**known | constants))
    return rows.frames()


def _values(frames: Frames) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in measured(frames).items()}


def evaluation_report(frames: Frames, **changes: Any) -> dict[str, Any]:
    """Make what report.json holds of frames; changes replace fields of it."""
    runs = {}
    for run in frames.names("run"):
        own = frames.where(run=run)
        levels, counts = np.unique(own["level"], return_counts=True)
        runs[run] = {
            "metrics": {**_values(own), "rate_hz": 55.5, "cpu_share": 1.5},
            "levels": {f"{level:.0f}": count / len(own) for level, count in zip(levels, counts, strict=True)},
            "provider": "onnxruntime/CPUExecutionProvider",
            "meter": "",
            "by_recording": {bag: _values(own.where(bag=bag)) for bag in own.names("bag")},
        }
    report = {
        "version": 1,
        "package": "0.1.0",
        "command": "hand-tracking-dsp evaluate first --out out",
        "machine": {"cpu": "a processor", "cores": 2},
        "bank": {"name": "a bank", "fingerprint": "0123456789abcdef", "levels": []},
        "settings": {"budget_ms": 20.0, "realtime": False, "agreement": False, "jobs": 1},
        "notes": [],
        "recordings": [
            {
                "name": bag,
                "path": f"/{bag}",
                "frames": 300,
                "photos": False,
                "seconds": 20,
                "truth": "joints",
                "problems": {},
            }
            for bag in frames.names("bag")
        ],
        "runs": runs,
        "units": {metric.name: metric.unit for metric in ALL_METRICS},
        "not_measured": ["World landmarks: no true joints in metres."],
        "worst": [],
    }
    return report | changes


@pytest.fixture(scope="session")
def made_run() -> Callable[..., Frames]:
    """Give a maker of the frames of an evaluated run; see run_frames."""
    return run_frames


@pytest.fixture(scope="session")
def made_report() -> Callable[..., dict[str, Any]]:
    """Give a maker of what report.json holds; see evaluation_report."""
    return evaluation_report


@pytest.fixture
def made_folder(tmp_path: Path) -> Callable[..., Path]:
    """Give a maker of folders as evaluate writes them, without the page: its name and its frames."""

    def write(name: str, frames: Frames, **changes: Any) -> Path:
        folder = tmp_path / name
        frames_path = folder / "frames.csv"
        frames.write(frames_path)
        (folder / "report.json").write_text(
            json.dumps(evaluation_report(read_frames(frames_path), **changes))
        )
        return folder

    return write
