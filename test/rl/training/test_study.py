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

"""Which trainings there are, and which policy is the best."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hand_tracking_dsp.control.observation import OBSERVATION_NAMES
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.executor import THIS_PROCESS
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark, evaluate
from hand_tracking_dsp.rl.benchmark.paired_tests import mean_of
from hand_tracking_dsp.rl.simulation.episode import TRAINING
from hand_tracking_dsp.rl.simulation.reward import JUDGED
from hand_tracking_dsp.rl.training import study
from hand_tracking_dsp.rl.training.study import (
    ablations,
    choose,
    provenance,
    run_jobs,
    seeds,
)
from hand_tracking_dsp.rl.training.train import PolicyTrainingOptions

PLAN = PolicyTrainingOptions(episodes=2, seed=3)


def test_trainings_differ_by_the_seed_alone() -> None:
    jobs = seeds(PLAN, 3)
    assert [job.name for job in jobs] == ["ppo_3", "ppo_4", "ppo_5"]
    assert [job.options for job in jobs] == [replace(PLAN, seed=seed) for seed in (3, 4, 5)]
    assert [job.name for job in seeds(replace(PLAN, algorithm="dqn"), 1)] == ["dqn_3"]


def test_ablations_take_one_thing_away() -> None:
    jobs = {job.name: job.options for job in ablations(PLAN)}
    assert set(jobs) == {"without_battery", "without_drift"}
    blank = {name: {OBSERVATION_NAMES[index] for index in options.blank} for name, options in jobs.items()}
    assert blank["without_battery"] == {"battery_charge", "power_w", "power_trend_w_per_s"}
    assert blank["without_drift"] == {"drift_percent", "drift_sparser_percent"}
    for options in jobs.values():
        assert replace(options, blank=()) == PLAN


def test_a_policy_that_lies_there_is_not_trained_again(device, bank, write_policy, tmp_path) -> None:
    write_policy("ppo_3", **provenance(PLAN, device))
    before = (tmp_path / "policies" / "ppo_3.onnx").read_bytes()
    reported = []
    run_jobs(
        seeds(PLAN, 1),
        device,
        bank,
        tmp_path / "policies",
        tmp_path / "work",
        1,
        lambda *news: reported.append(news),
    )
    assert reported == []
    assert not (tmp_path / "work").exists()
    assert (tmp_path / "policies" / "ppo_3.onnx").read_bytes() == before


def test_another_trainings_policy_is_not_passed_over(device, bank, write_policy, tmp_path) -> None:
    write_policy("ppo_3", **provenance(replace(PLAN, episodes=5), device))
    with pytest.raises(ConfigurationError, match="missions differ"):
        run_jobs(seeds(PLAN, 1), device, bank, tmp_path / "policies", tmp_path / "work", 1, print)


def test_another_trainings_checkpoint_is_refused(device, bank, tmp_path) -> None:
    folder = tmp_path / "work" / "ppo_3"
    folder.mkdir(parents=True)
    (folder / "options.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="is another training's"):
        run_jobs(seeds(PLAN, 1), device, bank, tmp_path / "policies", tmp_path / "work", 1, print)


def test_the_policy_that_gains_most_on_episodes_of_its_own_is_chosen(
    device, bank, write_policy, monkeypatch
) -> None:
    monkeypatch.setattr(study, "VALIDATION", (1, 2))
    policies = [write_policy(str(seed), seed) for seed in range(3)]
    best, gains = choose(policies, device, bank, THIS_PROCESS)
    scores = evaluate(Benchmark(device, bank, JUDGED, TRAINING), policies, (1, 2), THIS_PROCESS)
    assert gains == pytest.approx({name: mean_of(found, "gain") for name, found in scores.items()})
    assert gains[best] == max(gains.values())
