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

from __future__ import annotations

import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from hand_tracking_dsp.commands.output import write_json
from hand_tracking_dsp.depth.types import Hand3d, Hands3d, HandSource, JointState
from hand_tracking_dsp.evaluation.summary import count_switches, frames_lost, summarize, truth_error
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.recordings.run import ObservedRun


def test_summary_has_the_fields_that_a_reader_of_summary_json_relies_on(made: SimpleNamespace) -> None:
    summary = summarize(made.run())
    assert summary["frames"] == 60
    assert summary["frames_with_hands"] == 54
    assert summary["frames_dropped"] == 0
    assert summary["frames_lost"] == 0
    assert summary["switches"] == 1
    assert summary["levels_used"] == [0, 1]
    assert summary["frames_by_level"] == {"0": 30, "1": 30}
    assert summary["latency_ms"] == {"p50": 11.0, "p95": 12.0, "p99": 12.0}
    assert summary["end_to_end_ms"]["p50"] == pytest.approx(12.0)
    assert summary["transport_ms"]["p50"] == pytest.approx(2.0)
    assert summary["frame_rate_hz"] == pytest.approx(30.0, rel=1e-3)
    assert summary["backend"] == "onnxruntime/CPUExecutionProvider"
    assert summary["error_px"] == pytest.approx(3.0, abs=1e-3)
    assert summary["error_palm_percent"] == pytest.approx(3.0, abs=1e-3)
    assert (summary["truth_hands"], summary["truth_hands_found"]) == (60, 54)


def test_without_truth_there_is_no_error(made: SimpleNamespace) -> None:
    recording = made.run()
    recording.truth.clear()
    assert "error_px" not in summarize(recording)


def test_hands_in_space_are_compared_with_the_exact_ones_in_millimetres(made: SimpleNamespace) -> None:
    recording = made.run(10)
    assert "error_3d_mm" not in summarize(recording), "there was no depth"
    joints = np.random.default_rng(2).uniform(-0.1, 0.1, (21, 3)).astype(np.float32) + np.float32([0, 0, 1])
    states, zeros = np.full(21, JointState.MEASURED, np.uint8), np.zeros(21, np.float32)

    def space(track_id: int, z_m: float, source: HandSource) -> Hands3d:
        moved = joints + np.float32([0, 0, z_m])
        return Hands3d((Hand3d(track_id, Handedness.RIGHT, 0.9, 0.9, moved, states, zeros),), source)

    for number, stamp_ns in enumerate(sorted(recording.hands)):
        recording.truth_3d[stamp_ns] = space(0, 0.0, HandSource.TRUTH)
        if number < 6:
            recording.hands_3d[stamp_ns] = space(1, 0.004 if number % 2 else 0.008, HandSource.FUSED)
    recording.costs = [replace(cost, depth_ms=1.5) for cost in recording.costs]
    summary = summarize(recording)
    assert summary["error_3d_mm"] == summary["visible_error_3d_mm"] == pytest.approx(6, abs=1e-3)
    assert (summary["truth_hands_3d"], summary["truth_hands_3d_found"]) == (6, 6), "where depth came"
    assert summary["joints_measured"] == 1
    assert summary["depth_ms"]["p50"] == 1.5


def test_an_empty_run_can_be_summarized_and_written(tmp_path) -> None:
    write_json(tmp_path / "summary.json", summarize(ObservedRun()))
    written = json.loads((tmp_path / "summary.json").read_text())
    assert written["frames"] == 0
    assert written["latency_ms"] == {"p50": None, "p95": None, "p99": None}
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


def test_truth_that_no_hand_is_near_counts_as_not_found(made: SimpleNamespace) -> None:
    error = truth_error(made.run(error_px=150.0))
    assert math.isnan(error["error_px"])
    assert (error["truth_hands"], error["truth_hands_found"]) == (60, 0)


def test_an_image_that_was_published_and_never_handled_is_lost(made: SimpleNamespace) -> None:
    recording = made.run()
    missing = recording.costs.pop(20)
    assert frames_lost(recording) == 1
    recording.published.discard(missing.stamp_ns)
    assert frames_lost(recording) == 1, "truth alone tells that it was published"


def test_images_dropped_for_a_newer_one_are_not_lost(made: SimpleNamespace) -> None:
    recording = ObservedRun()
    for index in (0, 1, 3, 4):
        recording.costs.append(made.cost(index, dropped=int(index >= 3)))
    recording.published = {10**18 + index * made.frame_ns for index in range(5)}
    assert frames_lost(recording) == 0


def test_images_before_the_first_and_after_the_last_frame_do_not_count(made: SimpleNamespace) -> None:
    recording = made.run()
    recording.published |= {10**18 - made.frame_ns, 10**18 + 1000 * made.frame_ns}
    assert frames_lost(recording) == 0


def test_every_change_of_level_is_a_switch(made: SimpleNamespace) -> None:
    assert count_switches([made.cost(i, level) for i, level in enumerate((0, 0, 1, 1, 0, 2))]) == 3
