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

import math
from pathlib import Path

import pytest

from hand_tracking_dsp.evaluation.measures.catalogue import METRICS, measured, metrics_table
from hand_tracking_dsp.evaluation.measures.frame_row import DROPPED, HANDLED, REJECTED, FrameRow
from hand_tracking_dsp.evaluation.measures.frames import FrameRows
from hand_tracking_dsp.evaluation.measures.run_catalogue import RUN_METRICS


def values(*rows):
    found = FrameRows()
    for number, row in enumerate(rows):
        outcome = row.pop("outcome", HANDLED)
        found.add(FrameRow(run="r", bag="b", outcome=outcome, frame=number, stamp_s=number / 10, **row))
    return measured(found.frames())


def test_errors_are_weighted_by_hands_and_pck_by_true_hands():
    found = values(
        {"error_px": 2.0, "error_palm_percent": 4.0, "found": 2, "true_hands": 2, "pck_005": 1.0},
        {"error_px": 8.0, "error_palm_percent": 10.0, "found": 1, "true_hands": 2, "pck_005": 0.5},
        {"found": 0, "true_hands": 1, "pck_005": 0.0},
    )
    assert found["mde_px"] == pytest.approx((2 * 2 + 8) / 3)
    assert found["mde_palm_percent"] == pytest.approx((2 * 4 + 10) / 3)
    assert found["pck_005"] == pytest.approx((2 * 1 + 2 * 0.5) / 5)


def test_recall_and_precision_are_of_all_boxes():
    found = values(
        {"true_boxes": 2, "boxes": 1, "boxes_hit": 1}, {"true_boxes": 2, "boxes": 3, "boxes_hit": 1}, {}
    )
    assert found["detection_recall"] == pytest.approx(2 / 4)
    assert found["detection_precision"] == pytest.approx(2 / 4)


def test_handedness_is_of_hands_whose_side_is_known():
    found = values({"true_sides": 1, "sides_right": 1}, {"true_sides": 2, "sides_right": 1})
    assert found["handedness_accuracy"] == pytest.approx(2 / 3)


def test_latency_percentiles_jitter_and_misses():
    found = values(
        *({"latency_ms": float(ms), "late": float(ms > 90), "latency_step_ms": 1.0} for ms in range(1, 101))
    )
    assert found["latency_p50_ms"] == pytest.approx(50.5)
    assert found["latency_p95_ms"] == pytest.approx(95.05)
    assert (found["latency_max_ms"], found["deadline_misses"]) == (100, 0.1)
    assert found["latency_jitter_ms"] == 1


def test_dropped_and_rejected_are_shares_of_all_frames():
    found = values({}, {}, {"outcome": DROPPED}, {"outcome": REJECTED})
    assert (found["frames_dropped"], found["frames_rejected"]) == (0.25, 0.25)


def test_switches_are_counted_per_minute_of_the_recording():
    found = values(
        {"level": 0},
        {"level": 1, "switched": 1, "interval_s": 0.5},
        {"level": 1, "switched": 0, "interval_s": 0.5},
    )
    assert found["switches_per_min"] == pytest.approx(60)
    assert found["level"] == pytest.approx(2 / 3)


def test_work_left_out_and_ids_are_weighted_by_hands():
    found = values(
        {"hands": 2, "predicted": 1, "measurement_age_ms": 20.0, "id_changes": 1, "searched": 1},
        {"hands": 1, "predicted": 1, "measurement_age_ms": 50.0, "id_changes": 0, "searched": 0},
        {"hands": 0, "predicted": 0, "id_changes": 0, "searched": 1},
    )
    assert found["predicted_share"] == pytest.approx(2 / 3)
    assert found["measurement_age_ms"] == pytest.approx((2 * 20 + 50) / 3)
    assert found["id_changes_per_1000"] == pytest.approx(1000 / 3)
    assert found["detector_share"] == pytest.approx(2 / 3)


def test_what_no_frame_has_is_not_measured_and_every_metric_has_a_value():
    found = values({})
    assert set(found) == {metric.name for metric in METRICS}
    unmeasured = {name for name, value in found.items() if math.isnan(value)}
    assert unmeasured == set(found) - {"frames_dropped", "frames_rejected"}


def test_names_are_unique_and_each_measure_says_what_it_is():
    everything = (*METRICS, *RUN_METRICS)
    assert len({metric.name for metric in everything}) == len(everything)
    assert all(metric.formula.endswith(".") and metric.needs for metric in everything)


def test_the_documents_table_is_the_catalogues():
    page = Path(__file__).parents[3] / "docs/evaluate.md"
    assert metrics_table() in page.read_text(encoding="utf-8")
