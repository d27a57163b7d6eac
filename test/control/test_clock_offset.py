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

"""Offsets of clocks against latency, with recorded-like distributions and a clock of the test's own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.points import figures_of

from hand_tracking_dsp.control.clock_offset import ClockOffset
from hand_tracking_dsp.control.controller import Controller
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.policies import ThresholdPolicy
from hand_tracking_dsp.control.reasons import Reason
from hand_tracking_dsp.control.samples import LatencySample


def feed(offset_ms, seconds=30.0, rate_hz=30.0, queue_ms=None, clocks=None, start_s=100.0, seed=0):
    """Give an estimate frames of 5 to 12 ms, 2 to 9 ms of transport, and now and then a hiccup.

    Args:
        offset_ms: Offset of the clocks, a number or a function of the seconds since the start.
        seconds: Length.
        rate_hz: Frames a second, a number or a function of the seconds since the start.
        queue_ms: Function of these seconds: further time in queues.
        clocks: Estimate to go on with.
        start_s: Time of the first frame.
        seed: Of what is random.
    """
    random = np.random.default_rng(seed)
    clocks = clocks or ClockOffset()
    found, passed_s, arrival_s = [], 0.0, 0.0
    while passed_s < seconds:
        total_ms = 5 + random.gamma(2, 1.5)
        transport_ms = 2 + random.gamma(2, 1) + (40 if random.random() < 0.01 else 0)
        offset = offset_ms(passed_s) if callable(offset_ms) else offset_ms
        queued = queue_ms(passed_s) if queue_ms else 0.0
        # Frames arrive in order: a queue cannot fill faster than time passes.
        arrival_s = max(arrival_s, passed_s + (total_ms + transport_ms + queued) * 1e-3)
        clocks.add(start_s + arrival_s, total_ms, (arrival_s - passed_s) * 1e3 + offset)
        found.append((passed_s, clocks.offset_ms))
        passed_s += 1 / (rate_hz(passed_s) if callable(rate_hz) else rate_hz)
    return clocks, found


@pytest.mark.parametrize("offset_s", [0.06, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 1e6])
def test_an_offset_is_found_within_a_second_and_named(offset_s):
    clocks, found = feed(offset_s * 1e3)
    assert all(value == pytest.approx(offset_s * 1e3, abs=15) for passed_s, value in found if passed_s > 1)
    assert f"{offset_s:.1f}"[:2] in clocks.warning()
    assert "behind the clock here" in clocks.warning()


@pytest.mark.parametrize("offset_s", [-0.05, -0.5, -5.0, -60.0])
def test_a_clock_that_is_ahead_is_found_too(offset_s):
    clocks, _ = feed(offset_s * 1e3)
    assert clocks.offset_ms == pytest.approx(offset_s * 1e3, abs=30)
    assert "ahead of the clock here" in clocks.warning()


@pytest.mark.parametrize("seed", range(5))
def test_transport_and_hiccups_are_no_offset(seed):
    clocks, found = feed(0.0, seconds=120, seed=seed)
    assert all(math.isnan(value) for _, value in found)
    assert clocks.warning() == ""


@pytest.mark.parametrize(
    "queue_ms",
    [
        lambda s: 200 * (0.5 - 0.5 * math.cos(s)),
        lambda s: min(100 * s, 2000.0),
        lambda s: 1000.0 * (s % 5) / 5,
        lambda s: 333.0 if s > 5 else 0.0,
        lambda s: 500.0 if int(s) % 2 else 20.0,
    ],
)
def test_waiting_in_queues_is_latency_and_no_offset(queue_ms):
    _, found = feed(0.0, seconds=50, queue_ms=queue_ms)
    assert all(math.isnan(value) for _, value in found)


@pytest.mark.parametrize("slope_ms_per_s", [0.5, -0.5, 5.0, -20.0, -80.0])
def test_a_drifting_offset_stays_one(slope_ms_per_s):
    _, found = feed(lambda s: 5000 + slope_ms_per_s * s, seconds=50)
    assert all(not math.isnan(value) for passed_s, value in found if passed_s > 1)


@pytest.mark.parametrize(("before_ms", "after_ms"), [(0, 5000), (5000, 9000), (5000, 0), (-3000, 4000)])
def test_a_clock_that_is_set_begins_a_new_estimate(before_ms, after_ms):
    _, found = feed(lambda s: before_ms if s < 10 else after_ms, seconds=20)
    late = [value for passed_s, value in found if passed_s > 12]
    if after_ms:
        assert late == pytest.approx([after_ms] * len(late), abs=15)
    else:
        assert all(map(math.isnan, late))


def test_a_variable_frame_rate_is_no_offset_and_hides_none():
    def rate_hz(passed_s):
        return 15.0 if int(passed_s) % 3 else 30.0

    assert math.isnan(feed(0.0, rate_hz=rate_hz)[0].offset_ms)
    assert feed(800.0, rate_hz=rate_hz)[0].offset_ms == pytest.approx(800, abs=15)


@pytest.mark.parametrize("nonsense", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_left_out(nonsense):
    clocks = ClockOffset()
    for frame in range(100):
        clocks.add(frame / 30, 5.0, nonsense)
        clocks.add(frame / 30, nonsense, 5.0)
        clocks.add(nonsense, 5.0, 5.0)
    assert math.isnan(clocks.offset_ms)


@pytest.mark.parametrize("offset_ms", [60.0, 500.0, 5000.0, 60_000.0])
def test_the_controller_judges_by_the_trackers_time_while_clocks_differ(offset_ms):
    controller = Controller(figures_of(3), ThresholdPolicy(), ControllerOptions())
    for frame in range(600):
        now_s = 100 + frame / 30
        controller.add_latency(LatencySample(now_s, 5.0, 8.0 + offset_ms, operating_point=0, hands=1))
        if frame % 3 == 0:
            decision = controller.decide(now_s)
    assert (decision.point, decision.reason) == (0, Reason.POLICY)
    assert decision.observation["latency_p95_budgets"] == pytest.approx(5 / 33, abs=0.01)
    assert "total_ms is judged" in controller.clocks.warning()


@pytest.mark.parametrize(
    ("before_ms", "after_ms"), [(3000, 8000), (0, 5000), (8000, 3000), (5000, 0), (0, -3000), (-3000, 4000)]
)
def test_a_clock_that_is_set_while_the_controller_runs_is_at_no_time_latency(before_ms, after_ms):
    controller = Controller(figures_of(3), ThresholdPolicy(), ControllerOptions())
    judged = []
    for frame in range(600):
        now_s = 100 + frame / 30
        offset_ms = before_ms if frame < 300 else after_ms
        controller.add_latency(LatencySample(now_s, 5.0, 8.0 + offset_ms, operating_point=0, hands=1))
        decision = controller.decide(now_s)
        assert (decision.point, decision.reason) == (0, Reason.POLICY)
        judged.append(decision.observation["latency_p95_budgets"] * 33)
    assert not any(value > 8.01 for value in judged)
    assert judged[-1] == pytest.approx(5.0 if after_ms else 8.0, abs=0.01)


def test_frames_of_two_trackers_in_turn_are_no_clocks_that_are_set():
    controller = Controller(figures_of(3), ThresholdPolicy(), ControllerOptions())
    for frame in range(600):
        now_s = 100 + frame / 30
        controller.add_latency(
            LatencySample(now_s, 5.0, 400.0 if frame % 2 else 8.0, operating_point=0, hands=1)
        )
        decision = controller.decide(now_s)
    assert decision.point > 0
    assert not controller.clocks.differ
