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

"""Latency and battery samples and the windows over them."""

from __future__ import annotations

import math

import pytest

from hand_tracking_dsp.control.samples import (
    NAN,
    BatterySample,
    DriftWindow,
    LatencySample,
    LatencyWindow,
    PowerWindow,
)


def frame(
    stamp_s: float, total_ms: float = 10.0, end_to_end_ms: float = NAN, presence: float = NAN
) -> LatencySample:
    return LatencySample(stamp_s, total_ms, end_to_end_ms, operating_point=0, presence=presence)


@pytest.mark.parametrize(
    ("total_ms", "end_to_end_ms", "budgeted_ms"),
    [
        (10.0, 14.0, 14.0),
        (10.0, NAN, 10.0),
        (10.0, math.inf, 10.0),
        (10.0, -3.0, 10.0),
        (10.0, 86_400_000.0, 10.0),
        (0.0, NAN, 0.0),
    ],
)
def test_judges_end_to_end_where_it_is_plausible_and_total_elsewhere(
    total_ms: float, end_to_end_ms: float, budgeted_ms: float
) -> None:
    assert frame(0.0, total_ms, end_to_end_ms).budgeted_ms == budgeted_ms


@pytest.mark.parametrize(
    ("commanded_ms", "reflex", "spared_ms"),
    [(25.0, True, 15.0), (25.0, False, 0.0), (0.0, True, 0.0), (NAN, True, 0.0), (math.inf, True, 0.0)],
)
def test_what_a_sparser_level_spared_is_known_beside_what_the_frame_took(
    commanded_ms: float, reflex: bool, spared_ms: float
) -> None:
    sample = LatencySample(
        0.0, 10.0, 14.0, operating_point=1, reflex=reflex, commanded_ms=commanded_ms, landmarks_ms=6.0
    )
    assert sample.budgeted_ms == 14.0
    assert sample.spared_ms == spared_ms
    assert sample.network_ms == 6.0 + spared_ms


@pytest.mark.parametrize("total_ms", [NAN, math.inf, -math.inf, -1.0])
def test_a_sample_without_a_number_has_no_latency(total_ms: float) -> None:
    assert math.isnan(frame(0.0, total_ms).budgeted_ms)


def test_a_window_can_forget_what_was_measured_between_two_clocks() -> None:
    window = LatencyWindow(window_s=2.0, min_samples=2, max_samples=4)
    for number, total_ms in enumerate((10.0, 20.0, NAN)):
        window.add(frame(number / 30, total_ms, 5000.0))
    window.forget_end_to_end()
    assert window.summary(0.1, 33.0).p50_ms == 15.0


@pytest.mark.parametrize("charge", [NAN, math.inf, -0.1, 55.0])
def test_a_charge_out_of_range_is_unknown(charge: float) -> None:
    assert math.isnan(BatterySample(0.0, charge).known_charge)


def test_a_charge_a_little_over_full_is_full() -> None:
    assert BatterySample(0.0, 1.02).known_charge == 1.0


def test_an_absent_battery_has_no_charge_unless_it_discharges() -> None:
    assert math.isnan(BatterySample(0.0, 0.0, present=False).known_charge)
    assert BatterySample(0.0, 0.4, present=False, discharging=True).known_charge == 0.4


def test_the_window_gives_quantiles_and_the_share_of_misses() -> None:
    window = LatencyWindow(window_s=10.0, min_samples=5, max_samples=100)
    for index in range(101):
        window.add(frame(index * 0.01, total_ms=float(index)))
    summary = window.summary(1.0, budget_ms=79.5)
    assert summary.p50_ms == pytest.approx(50.5)
    assert summary.p95_ms == pytest.approx(95.05)
    assert summary.miss_share == pytest.approx(0.21)


def test_the_window_forgets_by_time() -> None:
    window = LatencyWindow(window_s=1.0, min_samples=3, max_samples=100)
    for index in range(10):
        window.add(frame(0.0, total_ms=90.0))
        window.add(frame(2.0 + index * 0.01, total_ms=10.0))
    assert window.summary(2.5, budget_ms=33.0).p95_ms == 10.0


def test_rare_frames_are_judged_by_count() -> None:
    window = LatencyWindow(window_s=1.0, min_samples=3, max_samples=100)
    for index in range(5):
        window.add(frame(index * 1.5, total_ms=700.0 + index))
    assert window.summary(7.0, budget_ms=33.0).p50_ms == 703.0


def test_too_few_samples_give_no_latency_but_means_of_what_is_known() -> None:
    window = LatencyWindow(window_s=1.0, min_samples=3, max_samples=100)
    window.add(frame(0.0, presence=0.8))
    window.add(frame(0.1, presence=NAN))
    summary = window.summary(0.2, budget_ms=33.0)
    assert math.isnan(summary.p50_ms)
    assert math.isnan(summary.p95_ms)
    assert math.isnan(summary.miss_share)
    assert summary.presence == 0.8
    assert math.isnan(summary.input_mean)


def test_the_trend_of_power_is_its_slope() -> None:
    window = PowerWindow(window_s=10.0)
    for second in range(20):
        window.add(float(second), 5.0 if second < 10 else 5.0 + 0.5 * (second - 10))
    window.add(19.5, NAN)
    assert window.trend_w_per_s(19.9) == pytest.approx(0.5)


def test_the_trend_of_too_few_or_simultaneous_readings_is_unknown() -> None:
    window = PowerWindow(window_s=10.0)
    window.add(1.0, 5.0)
    window.add(1.0, 6.0)
    assert math.isnan(window.trend_w_per_s(1.0))
    window.add(1.0, 7.0)
    assert math.isnan(window.trend_w_per_s(1.0))


def test_drift_is_the_mean_of_the_measurements_that_are_not_too_old() -> None:
    window = DriftWindow(window_s=6.0)
    assert math.isnan(window.mean(0.0))
    for stamp_s, percent in ((0.0, 90.0), (5.0, 1.0), (8.0, 3.0)):
        window.add(stamp_s, percent)
    assert window.mean(11.0) == 2.0
    assert window.mean(14.0) == 3.0
    assert math.isnan(window.mean(14.5))
    window.clear()
    assert math.isnan(window.mean(8.0))


def test_drift_of_every_frame_of_a_fast_camera_counts_over_the_whole_window() -> None:
    window = DriftWindow(window_s=4.0)
    for frame_number in range(600):
        window.add(frame_number / 60, 8.0 if frame_number < 480 else 2.0)
    assert window.mean(599 / 60) == pytest.approx(5.0, abs=0.1)


@pytest.mark.parametrize("percent", [NAN, math.inf, -math.inf, -0.1])
def test_drift_that_cannot_be_is_no_measurement(percent: float) -> None:
    window = DriftWindow(window_s=6.0)
    window.add(1.0, percent)
    assert math.isnan(window.mean(1.0))
    window.add(1.0, 0.0)
    assert window.mean(1.0) == 0.0


def test_drift_keeps_a_bounded_number_of_measurements() -> None:
    window = DriftWindow(window_s=1e6)
    for index in range(10 * DriftWindow.MAX_MEASUREMENTS):
        window.add(float(index), float(index >= 9 * DriftWindow.MAX_MEASUREMENTS))
    assert window.mean(0.0) == 1.0
