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

"""The search for a rule's best settings."""

from __future__ import annotations

import math
from dataclasses import asdict, fields, replace

import pytest

from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.evaluation.executor import THIS_PROCESS
from hand_tracking_dsp.rl.benchmark import rule_search as tuning
from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark, EpisodeScore, evaluate
from hand_tracking_dsp.rl.benchmark.paired_tests import mean_of
from hand_tracking_dsp.rl.benchmark.results import HELD_OUT_SEEDS
from hand_tracking_dsp.rl.benchmark.rule_search import (
    FIRST,
    RULES,
    SETTINGS,
    STARTS,
    TUNING,
    best_of,
    draw_settings,
    search_ranges,
    try_settings,
)
from hand_tracking_dsp.rl.simulation.episode import TRAINING
from hand_tracking_dsp.rl.training.study import VALIDATION


def score(gain: float, error: float) -> EpisodeScore:
    nothing = dict.fromkeys((field.name for field in fields(EpisodeScore)), 0)
    return EpisodeScore(**{**nothing, "gain": gain, "error": error, "drift_percent": 10 * error})


def drawn_alone(kind: str, count: int, points: int = 6) -> list[dict]:
    return draw_settings(kind, points, count)[len(STARTS[kind]) :]


@pytest.fixture
def benchmark(device, bank) -> Benchmark:
    return Benchmark(device, bank, GoalWeights.without_energy(0.4))


@pytest.fixture
def _few(monkeypatch) -> None:
    """Have two settings of four go on from one episode to the second."""
    for name, value in (("TUNING", (1, 2)), ("FIRST", 1), ("SETTINGS", 2), ("FINALISTS", 2)):
        monkeypatch.setattr(tuning, name, value)


@pytest.mark.parametrize("kind", RULES)
def test_every_setting_of_a_rule_is_drawn_in_its_range(kind) -> None:
    ranges = search_ranges(kind, points=6)
    assert set(ranges) == {field.name for field in fields(RULES[kind])}
    for one in draw_settings(kind, 6, SETTINGS):
        RULES[kind](**one)
    assert asdict(RULES[kind]()) in draw_settings(kind, 6, 0), "its defaults"
    drawn = drawn_alone(kind, SETTINGS)
    assert len(drawn) == SETTINGS >= 200
    for one in drawn:
        for name, value in one.items():
            assert ranges[name].low <= value <= ranges[name].high, name
    for name, bounds in ranges.items():
        spread = max(one[name] for one in drawn) - min(one[name] for one in drawn)
        assert spread > 0.8 * (bounds.high - bounds.low), name


def test_the_same_settings_are_drawn_again() -> None:
    assert draw_settings("threshold", 6, 20) == draw_settings("threshold", 6, 20)
    assert drawn_alone("threshold", 20)[:10] == drawn_alone("threshold", 10)


def test_operating_points_are_those_of_the_bank() -> None:
    drawn = drawn_alone("threshold", 50, points=3)
    assert {one["battery_low_level"] for one in drawn} == {0, 1, 2}


def test_short_times_are_drawn_as_often_as_long_ones() -> None:
    drawn = sorted(one["retry_s"] for one in drawn_alone("threshold", SETTINGS))
    assert drawn[len(drawn) // 2] == pytest.approx(math.sqrt(3 * 600), rel=0.5)


def test_episodes_of_different_use_never_meet() -> None:
    assert not set(TUNING) & set(VALIDATION)
    assert not set(TUNING) & set(HELD_OUT_SEEDS)
    assert not set(VALIDATION) & set(HELD_OUT_SEEDS)


@pytest.mark.usefixtures("_few")
def test_all_settings_play_the_first_episodes_of_training(benchmark) -> None:
    progress = []
    tried = try_settings("threshold", benchmark, THIS_PROCESS, lambda *reported: progress.append(reported))
    assert progress == [(1, 1)]
    assert [len(scores) for _, scores in tried] == [1, 1, 1, 1]
    again = evaluate(replace(benchmark, episodes=TRAINING), [tried[1][0]], (1,), THIS_PROCESS)
    assert again[tried[1][0].name] == tried[1][1]


@pytest.mark.usefixtures("_few")
def test_the_best_on_all_episodes_of_those_best_on_the_first_is_found(benchmark) -> None:
    tried = try_settings("threshold", benchmark, THIS_PROCESS)
    best = best_of(tried, benchmark, "tuned", THIS_PROCESS)
    gains = [mean_of(scores, "gain") for _, scores in tried]
    finalists = [one for one, _ in sorted(tried, key=lambda pair: -mean_of(pair[1], "gain"))[:2]]
    whole = evaluate(replace(benchmark, episodes=TRAINING), finalists, (1, 2), THIS_PROCESS)
    winner = max(finalists, key=lambda one: mean_of(whole[one.name], "gain"))
    assert best == replace(winner, name="tuned")
    assert min(gains) < max(gains), "settings that differ play differently"


@pytest.fixture
def tried(monkeypatch) -> list[tuple[Candidate, list[EpisodeScore]]]:
    """Give settings that gain and err alike in every episode."""
    figures = {"denser": (0.9, 0.39), "same": (0.6, 0.4), "near": (0.7, 0.49), "sparser": (0.95, 0.51)}

    def play(_benchmark, candidates, seeds, *_others):
        return [(one, [score(*figures[one.name])] * len(seeds)) for one in candidates]

    monkeypatch.setattr(tuning, "_played", play)
    settings = [Candidate(name, "threshold", {"upper": 1 + i}) for i, name in enumerate(figures)]
    return play(None, settings, range(FIRST))


@pytest.mark.parametrize(
    ("error", "upper"), [(None, 4), (0.4, 3), (0.9, 4), (0.01, 1)], ids=["free", "near", "above", "below"]
)
def test_the_best_of_those_of_the_same_error_is_found(error, upper, tried, benchmark) -> None:
    ours = None if error is None else [score(0.0, error)] * len(TUNING)
    assert best_of(tried, benchmark, "x", at_error_of=ours).settings == {"upper": upper}


def test_episodes_without_a_hand_have_no_error_to_count() -> None:
    scores = [score(0.5, 0.2), score(0.7, math.nan), score(0.6, 0.4)]
    assert mean_of(scores, "error") == pytest.approx(0.3)
    assert mean_of(scores, "gain") == pytest.approx(0.6)
