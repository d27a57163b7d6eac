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

"""What came of episodes, and that all policies meet the same ones."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from support.work import cluster  # noqa: F401

from hand_tracking_dsp.control.goal_policy import GoalPolicy
from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.control.options import ConstraintOptions, ControllerOptions
from hand_tracking_dsp.control.policies import FixedPolicy, ThresholdPolicy
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.executor import THIS_PROCESS, Executor
from hand_tracking_dsp.rl.benchmark.candidates import (
    KINDS,
    Candidate,
    fixed_points,
    without_shield,
)
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark, evaluate, play
from hand_tracking_dsp.rl.benchmark.oracle import OraclePolicy
from hand_tracking_dsp.rl.benchmark.pi_policy import PiPolicy
from hand_tracking_dsp.rl.simulation.draw_episode import draw_episode
from hand_tracking_dsp.rl.simulation.episode import STEP_S, EpisodeOptions
from hand_tracking_dsp.rl.simulation.reward import reward

WEIGHTS = GoalWeights.without_energy(0.4)


@pytest.fixture
def benchmark(device, bank) -> Benchmark:
    return Benchmark(device, bank, WEIGHTS)


def test_a_fixed_level_scores_what_was_drawn_for_it(benchmark, device) -> None:
    episode = draw_episode(device, 5, EpisodeOptions(mains=1.0), steps=100)
    for level, candidate in enumerate(fixed_points(3)):
        score = play(benchmark, episode, candidate)
        gained = reward(WEIGHTS, episode.accuracy, episode.time, episode.energy)[level]
        assert score.gain == pytest.approx(gained.mean())
        assert score.miss_share == pytest.approx(episode.late()[level].mean())
        assert score.drift_percent == pytest.approx(np.nanmean(episode.drift_percent[level]))
        assert score.error == pytest.approx(1 - episode.accuracy[level][episode.hands > 0].mean())
        assert score.energy_j == pytest.approx(episode.tracker_w[level].sum() * STEP_S)
        assert score.level == level
        assert score.switches == score.switches_per_min == (level > 0)
        assert score.breaches == 0


def test_a_episode_without_hands_has_no_drift(benchmark, device) -> None:
    episode = draw_episode(device, 5, steps=20)
    nothing = np.full_like(episode.drift_percent, math.nan)
    frames = replace(episode.cool, drift_percent=nothing)
    empty = replace(episode, cool=frames, hot=frames)
    score = play(benchmark, empty, fixed_points(3)[0])
    assert math.isnan(score.drift_percent)
    assert math.isnan(score.error)


def test_changes_of_level_are_counted_in_the_busiest_minute(benchmark, device) -> None:
    """A rule that swings between two levels, each for 3 s."""
    episode = draw_episode(device, 0, EpisodeOptions(mains=1.0, reflex=0.0), steps=240)
    shape = episode.latency_ms.shape
    latency_ms = np.broadcast_to(np.array([21.0, 1.0, 1.0])[:, None, None], shape).copy()
    frames = replace(episode.cool, latency_ms=latency_ms, commanded_ms=latency_ms)
    hands = np.ones_like(episode.hands)
    swinging = replace(episode, budget_ms=20.0, hands=hands, cool=frames, hot=frames)
    settings = {"upper": 0.9, "lower": 0.8, "hold_s": 0.0, "retry_s": 0.0}
    candidate = Candidate("swings", "threshold", settings, options=without_shield(ControllerOptions()))
    score = play(benchmark, swinging, candidate)
    assert score.switches > score.switches_per_min > 6
    calm = replace(candidate.options, mode="constrained", constraint=ConstraintOptions())
    score = play(benchmark, swinging, replace(candidate, options=calm))
    assert score.switches_per_min <= ConstraintOptions().max_switches_per_min


def test_in_constrained_mode_the_shield_is_obeyed(benchmark, device, write_policy) -> None:
    policy = replace(write_policy("any"), options=ControllerOptions(mode="constrained"))
    for seed in range(4):
        score = play(benchmark, draw_episode(device, seed, benchmark.episodes), policy)
        assert score.breaches == 0
        assert score.switches_per_min <= policy.options.constraint.max_switches_per_min


@pytest.mark.parametrize("workers", [1, 2])
def test_scores_come_in_the_order_of_the_seeds(workers, benchmark, device, write_policy) -> None:
    candidates = [fixed_points(3)[1], Candidate("rule", "threshold"), write_policy("learned one")]
    progress = []
    seeds = (12, 11)
    scores = evaluate(
        benchmark, candidates, seeds, Executor(workers), lambda *reported: progress.append(reported)
    )
    assert list(scores) == ["fixed point 1", "rule", "learned one"]
    for candidate in candidates:
        again = [play(benchmark, draw_episode(device, seed, benchmark.episodes), candidate) for seed in seeds]
        assert repr(scores[candidate.name]) == repr(again), "NaN is not equal to itself"
    assert progress == [(1, 2), (2, 2)]


def test_a_cluster_plays_the_same(cluster, benchmark, write_policy) -> None:  # noqa: F811
    candidates = [Candidate("rule", "threshold"), write_policy("learned one")]
    there = evaluate(benchmark, candidates, (12, 11), Executor(cluster=cluster.scheduler_address))
    assert repr(there) == repr(evaluate(benchmark, candidates, (12, 11), THIS_PROCESS))


def test_every_kind_plays(benchmark, device, bank, write_policy) -> None:
    episode = draw_episode(device, 0, steps=20)
    learned = write_policy("learned one")
    kinds = {
        "fixed": (Candidate("f", "fixed", {"level": 2}), FixedPolicy),
        "threshold": (Candidate("t", "threshold", {"upper": 0.8}), ThresholdPolicy),
        "index": (Candidate("i", "index", {"advantage": 0.02}), GoalPolicy),
        "pi": (Candidate("p", "pi", {"setpoint": 0.7}), PiPolicy),
        "learned": (learned, type(learned.policy(episode, WEIGHTS, bank))),
        "oracle": (Candidate("o", "oracle"), OraclePolicy),
    }
    assert set(kinds) == set(KINDS)
    for candidate, policy in kinds.values():
        assert isinstance(candidate.policy(episode, WEIGHTS, bank), policy)
        assert math.isfinite(play(benchmark, episode, candidate).gain)


def test_a_device_of_another_bank_is_refused(device, whole_bank) -> None:
    with pytest.raises(ConfigurationError, match=r"has 3 levels, the bank .*: fit a device with traces"):
        Benchmark(device, whole_bank, WEIGHTS)
