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

import itertools
import math
from dataclasses import fields

import pytest

from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.control.policies import ThresholdOptions
from hand_tracking_dsp.rl.benchmark import grid_search as tuning
from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark, EpisodeScore, evaluate
from hand_tracking_dsp.rl.benchmark.grid_search import (
    STAGES,
    TUNING,
    at_error,
    tune,
)
from hand_tracking_dsp.rl.benchmark.paired_tests import mean_of
from hand_tracking_dsp.rl.benchmark.pi_policy import PiOptions
from hand_tracking_dsp.rl.benchmark.results import HELD_OUT_SEEDS
from hand_tracking_dsp.rl.simulation.episode import TRAINING
from hand_tracking_dsp.rl.training.study import VALIDATION

FEW = (1, 2)
SMALL = {
    "threshold": (
        {"upper": (0.7, 1.2), "lower": (0.5,)},
        {"hold_s": (1.0, 3.0), "retry_s": (10.0,)},
    ),
}


def score(gain: float, error: float) -> EpisodeScore:
    nothing = dict.fromkeys((field.name for field in fields(EpisodeScore)), 0)
    return EpisodeScore(**{**nothing, "gain": gain, "error": error, "drift_percent": 10 * error})


def test_every_setting_of_the_grids_can_be_made() -> None:
    for kind, make in (("threshold", ThresholdOptions), ("pi", PiOptions)):
        settings: dict = {}
        for stage in STAGES[kind]:
            for values in itertools.product(*stage.values()):
                make(**{**settings, **dict(zip(stage, values, strict=True))})
            settings |= {name: values[0] for name, values in stage.items()}
    assert set(STAGES) == {"threshold", "pi"}


def test_episodes_of_different_use_never_meet() -> None:
    assert not set(TUNING) & set(VALIDATION)
    assert not set(TUNING) & set(HELD_OUT_SEEDS)
    assert not set(VALIDATION) & set(HELD_OUT_SEEDS)


def test_the_best_of_all_that_was_tried_is_found(device, bank, monkeypatch) -> None:
    monkeypatch.setattr(tuning, "STAGES", SMALL)
    monkeypatch.setattr(tuning, "TUNING", FEW)
    benchmark = Benchmark(device, bank, GoalWeights.without_energy(0.4))
    progress = []
    best, tried = tune("threshold", benchmark, 1, lambda *reported: progress.append(reported))
    assert progress == [(1, 2), (2, 2)]
    assert len(tried) == 4
    gains = [mean_of(scores, "gain") for _, scores in tried]
    assert best.settings == tried[gains.index(max(gains))][0].settings
    assert best.name == "threshold, tuned"
    assert best.policy  # it can play
    # The second stage goes on from the best of the first.
    first = max(tried[:2], key=lambda pair: mean_of(pair[1], "gain"))[0].settings
    assert all({**candidate.settings, **first} == candidate.settings for candidate, _ in tried[2:])
    # On the episodes that policies are trained on, not on those of the report.
    again = evaluate(Benchmark(device, bank, benchmark.weights, TRAINING), [tried[0][0]], FEW, 1)
    assert again[tried[0][0].name] == tried[0][1]


def test_the_best_of_those_of_the_same_error_is_found() -> None:
    tried = [
        (Candidate(name, "threshold"), [score(gain, error)])
        for name, gain, error in (
            ("denser", 0.9, 0.39),
            ("same", 0.6, 0.4),
            ("near", 0.7, 0.49),
            ("sparser", 0.95, 0.51),
        )
    ]
    assert at_error(tried, 0.4, "at its error") == Candidate("at its error", "threshold")
    settings = [
        (Candidate(one.name, "threshold", {"upper": number}), found)
        for number, (one, found) in enumerate(tried)
    ]
    assert at_error(settings, 0.4, "x").settings == {"upper": 2}
    assert at_error(settings, 0.9, "x").settings == {"upper": 3}
    assert at_error(settings, 0.01, "x").settings == {"upper": 0}


def test_episodes_without_a_hand_have_no_error_to_count() -> None:
    scores = [score(0.5, 0.2), score(0.7, math.nan), score(0.6, 0.4)]
    assert mean_of(scores, "error") == pytest.approx(0.3)
    assert mean_of(scores, "gain") == pytest.approx(0.6)
