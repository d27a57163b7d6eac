"""What is made of samples in any order."""

from __future__ import annotations

import math

from hand_tracking_dsp.control.hearing import Hearing
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.samples import BatterySample, LatencySample

OPTIONS = ControllerOptions(min_samples=3, settle_s=0.0)


def heard(*samples: LatencySample | BatterySample) -> Hearing:
    hearing = Hearing(OPTIONS)
    for sample in samples:
        hearing.add(sample)
    return hearing


def frame(stamp_s: float, total_ms: float = 10.0, level: int = 0, hands: int = 1) -> LatencySample:
    return LatencySample(stamp_s, total_ms, math.nan, level, sparsity=0.25, presence=0.9, hands=hands)


def test_frames_of_another_level_are_heard_but_not_judged() -> None:
    hearing = heard(*(frame(1.0 + index * 0.1, 90.0, level=1) for index in range(9)))
    situation = hearing.situation(2.0, level=0, levels=2, switched_s=-math.inf)
    assert situation.latency_heard
    assert math.isnan(situation.summary.p95_ms)
    assert math.isnan(situation.observation()["sparsity"])
    assert situation.observation()["hands"] == 1


def test_the_observation_is_of_the_level_in_use() -> None:
    hearing = heard(*(frame(1.0 + index * 0.1, 16.5) for index in range(5)), BatterySample(1.0, 0.5, 7.0))
    observation = hearing.situation(2.0, level=0, levels=2, switched_s=0.5).observation()
    assert observation["latency_p50_budgets"] == 0.5
    assert observation["sparsity"] == 0.25
    assert observation["battery_charge"] == 0.5
    assert observation["power_w"] == 7.0
    assert observation["time_since_switch_s"] == 0.0, "it counts from the start at least"


def test_the_latest_stamp_counts_in_whatever_order_it_comes() -> None:
    hearing = heard(
        frame(1.9, hands=2), frame(1.5, hands=1), BatterySample(1.9, 0.4), BatterySample(1.2, 0.9)
    )
    situation = hearing.situation(2.0, level=0, levels=2, switched_s=-math.inf)
    assert situation.frame is not None
    assert situation.frame.hands == 2
    assert situation.charge == 0.4


def test_a_stamp_of_the_future_counts_as_now_and_not_for_ever() -> None:
    hearing = heard(frame(1e12), BatterySample(1e12, 0.4))
    assert hearing.situation(2.0, 0, 2, -math.inf).latency_silent_s == 0.0
    situation = hearing.situation(50.0, 0, 2, -math.inf)
    assert situation.latency_silent_s == 48.0
    assert situation.battery_stale


def test_a_stamp_that_is_no_number_is_not_heard() -> None:
    situation = heard(frame(math.nan), BatterySample(math.inf, 0.4)).situation(2.0, 0, 2, -math.inf)
    assert not situation.latency_heard
    assert situation.battery is None


def test_slow_frames_of_a_start_and_after_a_silence_do_not_count() -> None:
    hearing = Hearing(ControllerOptions(min_samples=3, settle_s=1.0))

    def hear(start_s: float, slow_s: float) -> float:
        """Hear three seconds of frames, slow at first; return the 95th percentile then known."""
        for index in range(30):
            hearing.add(frame(start_s + index * 0.1, 90.0 if index * 0.1 < slow_s else 10.0))
        situation = hearing.situation(start_s + 2.9, level=0, levels=2, switched_s=-math.inf)
        return situation.summary.p95_ms

    assert hear(5.0, slow_s=0.9) == 10.0
    assert hear(8.0, slow_s=3.0) == 90.0, "without a silence every frame counts"
    assert hear(50.0, slow_s=0.9) == 10.0
