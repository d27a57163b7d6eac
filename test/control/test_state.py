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

"""What is made of samples in any order."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from support.points import figures_of

from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.samples import BatterySample, LatencySample
from hand_tracking_dsp.control.state import StateBuffer

OPTIONS = ControllerOptions(min_samples=3, settle_s=0.0)


def heard(*samples: LatencySample | BatterySample, points: int = 2) -> StateBuffer:
    buffer = StateBuffer(OPTIONS, figures_of(points))
    for sample in samples:
        buffer.add(sample)
    return buffer


def frame(stamp_s: float, total_ms: float = 10.0, operating_point: int = 0, hands: int = 1) -> LatencySample:
    return LatencySample(
        stamp_s, total_ms, math.nan, operating_point, sparsity=0.25, presence=0.9, hands=hands
    )


def test_frames_of_another_level_are_heard_but_not_judged() -> None:
    buffer = heard(*(frame(1.0 + index * 0.1, 90.0, operating_point=1) for index in range(9)))
    situation = buffer.situation(2.0, point=0, switched_s=-math.inf)
    assert situation.latency_received
    assert math.isnan(situation.summary.p95_ms)
    assert math.isnan(situation.observation()["sparsity"])
    assert situation.observation()["hands"] == 1


def test_frames_that_ran_sparser_for_want_of_time_count_as_they_were_without_their_drift() -> None:
    sparser = replace(frame(1.0, 8.0), reflex=True, commanded_ms=40.0, drift=9.0)
    buffer = heard(*(replace(sparser, stamp_s=1.0 + index * 0.1) for index in range(9)))
    situation = buffer.situation(2.0, point=0, switched_s=-math.inf)
    assert situation.summary.p50_ms == 8.0
    assert math.isnan(situation.drift_percent)
    assert math.isnan(situation.observation()["sparsity"])


def test_the_observation_is_of_the_level_in_use() -> None:
    buffer = heard(*(frame(1.0 + index * 0.1, 16.5) for index in range(5)), BatterySample(1.0, 0.5, 7.0))
    observation = buffer.situation(2.0, point=0, switched_s=0.5).observation()
    assert observation["latency_p50_budgets"] == 0.5
    assert observation["sparsity"] == 0.25
    assert observation["battery_charge"] == 0.5
    assert observation["power_w"] == 7.0
    assert observation["time_since_switch_s"] == 0.0, "it counts from the start at least"


def test_the_latest_stamp_counts_in_whatever_order_it_comes() -> None:
    buffer = heard(frame(1.9, hands=2), frame(1.5, hands=1), BatterySample(1.9, 0.4), BatterySample(1.2, 0.9))
    situation = buffer.situation(2.0, point=0, switched_s=-math.inf)
    assert situation.frame is not None
    assert situation.frame.hands == 2
    assert situation.charge == 0.4


def test_a_stamp_of_the_future_counts_as_now_and_not_for_ever() -> None:
    buffer = heard(frame(1e12), BatterySample(1e12, 0.4))
    assert buffer.situation(2.0, 0, -math.inf).latency_silent_s == 0.0
    situation = buffer.situation(50.0, 0, -math.inf)
    assert situation.latency_silent_s == 48.0
    assert situation.battery_stale


def test_a_stamp_that_is_no_number_is_not_heard() -> None:
    situation = heard(frame(math.nan), BatterySample(math.inf, 0.4)).situation(2.0, 0, -math.inf)
    assert not situation.latency_received
    assert situation.battery is None


def test_slow_frames_of_a_start_and_after_a_silence_do_not_count() -> None:
    buffer = StateBuffer(ControllerOptions(min_samples=3, settle_s=1.0), figures_of(2))

    def hear(start_s: float, slow_s: float) -> float:
        """Hear three seconds of frames, slow at first; return the 95th percentile then known."""
        for index in range(30):
            buffer.add(frame(start_s + index * 0.1, 90.0 if index * 0.1 < slow_s else 10.0))
        situation = buffer.situation(start_s + 2.9, point=0, switched_s=-math.inf)
        return situation.summary.p95_ms

    assert hear(5.0, slow_s=0.9) == 10.0
    assert hear(8.0, slow_s=3.0) == 90.0, "without a silence every frame counts"
    assert hear(50.0, slow_s=0.9) == 10.0


def seen(stamp_s: float, drift: float = math.nan, sparser: float = math.nan, **more: Any) -> LatencySample:
    return replace(frame(stamp_s), drift=drift, drift_sparser=sparser, **more)


def drift_missing_s(*samples: LatencySample) -> float:
    return heard(*samples).situation(100.0, 0, -math.inf).drift_missing_s


def test_frames_on_which_no_hand_was_measured_are_not_judged() -> None:
    """Of a hand at rest, which the gate holds: frames without a network are fast at every point."""
    held = (replace(frame(1.0 + index * 0.05, 2.0), predicted=1) for index in range(10))
    measured = (frame(1.02 + index * 0.2, 30.0) for index in range(3))
    situation = heard(*held, *measured).situation(2.0, point=0, switched_s=-math.inf)
    assert situation.summary.p50_ms == 30.0


def test_frames_without_a_hand_are_heard_but_not_judged() -> None:
    buffer = heard(*(frame(1.0 + index * 0.1, 90.0, hands=0) for index in range(9)))
    situation = buffer.situation(2.0, point=0, switched_s=-math.inf)
    assert situation.latency_received
    assert situation.latency_silent_s < 0.5
    assert math.isnan(situation.summary.p95_ms)
    assert situation.observation()["hands"] == 0


def test_frames_without_a_hand_do_not_hide_those_with_one() -> None:
    buffer = heard(
        *(frame(1.0 + index * 0.1, (10.0, 90.0)[index % 2], hands=index % 2) for index in range(9))
    )
    assert buffer.situation(2.0, 0, -math.inf).summary.p50_ms == 90.0


def test_drift_is_the_mean_of_what_was_measured_lately() -> None:
    buffer = heard(seen(1.0, 90.0, 9.0), seen(5.0, 2.0, 1.0), seen(6.0), seen(7.0, 4.0, 3.0))
    observation = buffer.situation(8.0, 0, -math.inf).observation()
    assert observation["drift_percent"] == 3.0
    assert observation["drift_sparser_percent"] == 2.0
    later = buffer.situation(30.0, 0, -math.inf).observation()
    assert math.isnan(later["drift_percent"])
    assert math.isnan(later["drift_sparser_percent"])


def test_the_drift_of_the_former_level_is_forgotten() -> None:
    buffer = heard(seen(1.0, 2.0, 1.0))
    assert buffer.situation(1.0, 0, -math.inf).drift_percent == 2.0
    buffer.forget_latency()
    buffer.add(seen(1.1, 2.0, 1.0))
    situation = buffer.situation(1.2, point=1, switched_s=1.0)
    assert math.isnan(situation.drift_percent)
    assert math.isnan(situation.drift_sparser_percent)


def test_smoothing_and_the_accelerator_are_observed_as_means_of_what_is_known() -> None:
    buffer = heard(
        seen(1.0, smoothing_residual=1.0, accelerator_utilization=0.5),
        seen(1.1, smoothing_residual=3.0),
        seen(1.2, smoothing_residual=math.inf),
    )
    observation = buffer.situation(1.2, 0, -math.inf).observation()
    assert observation["smoothing_residual_percent"] == 2.0
    assert observation["accelerator_utilization"] == 0.5


def test_drift_is_missed_from_its_last_measurement_on() -> None:
    assert drift_missing_s(seen(1.0, 2.0), seen(1.5), seen(2.25)) == 1.25
    assert drift_missing_s(seen(1.0, 2.0), seen(1.5), seen(2.25, 2.0)) == 0.0
    assert drift_missing_s(seen(1.0, 2.0), seen(1.5, math.inf), seen(2.0, -1.0)) == 1.0


def test_drift_measured_at_another_level_is_measured() -> None:
    assert drift_missing_s(seen(1.0, 2.0), seen(2.0), seen(2.5, 2.0, operating_point=1)) == 0.0


def test_drift_that_was_never_heard_is_not_missed() -> None:
    assert drift_missing_s(seen(1.0), seen(2.0), seen(3.0)) == 0.0


def test_drift_is_not_missed_without_hands_nor_across_a_gap() -> None:
    assert drift_missing_s(seen(1.0, 2.0), seen(1.5, hands=0), seen(2.0, hands=0), seen(2.25)) == 0.25
    assert drift_missing_s(seen(1.0, 2.0), seen(50.0)) == 1.0, "nobody looked in between"
    assert drift_missing_s(seen(2.0, 2.0), seen(1.0), seen(2.5)) == 0.5, "in whatever order they come"


def test_drift_missed_so_far_outlasts_other_options() -> None:
    buffer = heard(seen(1.0, 2.0), seen(1.5))
    buffer.situation(1.5, 0, -math.inf)
    buffer.set_options(replace(OPTIONS, drift_window_s=1.0))
    buffer.add(seen(2.0))
    assert buffer.situation(2.0, 0, -math.inf).drift_missing_s == 1.0
