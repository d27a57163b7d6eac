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

"""Adversarial missions, and policies in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_tracking_dsp.control.goal_policy import GoalPolicy
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.control.policies import FixedPolicy
from hand_tracking_dsp.evaluation.executor import Executor
from hand_tracking_dsp.resources import default_bank, default_device_model, default_policy
from hand_tracking_dsp.rl.benchmark.adversarial import (
    BUDGET_MS,
    RATE_HZ,
    AdversarialMission,
    AdversarialScore,
    adversarial_missions,
    play_adversarial,
    with_reflex,
)
from hand_tracking_dsp.rl.benchmark.adversarial_table import adversarial_table
from hand_tracking_dsp.rl.benchmark.candidates import Candidate, without_deadline_shield
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.reward import JUDGED
from hand_tracking_dsp.tracking.manifest import read_manifest

BANK = read_manifest(default_bank())
FIGURES = PointFigures.of(BANK)
DEVICE = replace(
    DeviceModel.from_json(default_device_model()), bank_points=tuple(BANK.operating_points or ())
)
PLAIN = adversarial_missions(150.0, 600.0)
MISSIONS = {one.name: one for one in [*PLAIN, *with_reflex(PLAIN[1:5])]}
# More late frames in a minute than the sparsest point's, or than are accepted. 1.2 is aimed at, which is
# reached with the reflex, as shipped; what is reached without it stands in docs/controller.md.
MOST, MOST_WITH_REFLEX = 1.35, 1.2
# An onset of load is noticed, and the point changed, within so many seconds.
NOTICED_S = 0.5


def play(mission: AdversarialMission, kind: str = "learned") -> AdversarialScore:
    candidate = Candidate(kind, kind, file=default_policy())
    return play_adversarial(mission, candidate.online_policy(BANK), DEVICE, FIGURES)


def fixed(mission: AdversarialMission, point: int) -> AdversarialScore:
    options = without_deadline_shield(ControllerOptions())
    return play_adversarial(mission, FixedPolicy(point), DEVICE, FIGURES, options)


@pytest.mark.parametrize("name", MISSIONS)
def test_no_minute_has_many_more_late_frames_than_the_sparsest_points(name: str) -> None:
    most = MOST_WITH_REFLEX if name.endswith("reflex") else MOST
    assert play(MISSIONS[name]).against_sparsest <= most


def test_missions_are_hard_for_points_that_stay() -> None:
    bursts = MISSIONS["bursts of 200 ms each second"]
    assert fixed(bursts, FIGURES.densest).against_sparsest > 5
    assert fixed(bursts, FIGURES.count - 1).against_sparsest < MOST
    hard = MISSIONS["drift lost in a hard scene"]
    assert fixed(hard, FIGURES.count - 1).usable < 0.7


def test_drift_that_is_lost_in_a_hard_scene_leads_to_no_sparser_point() -> None:
    assert play(MISSIONS["drift lost in a hard scene"]).error < 0.02


@pytest.mark.parametrize("name", ["battery told each 10 s", "four-hour drain"])
def test_a_battery_of_most_of_what_the_densest_needs_lasts(name: str) -> None:
    score = play(MISSIONS[name])
    assert score.charge_left > 0
    assert fixed(MISSIONS[name], FIGURES.densest).charge_left == 0
    assert score.error < fixed(MISSIONS[name], FIGURES.count - 1).error


def test_with_a_quiet_machine_and_a_full_battery_the_densest_point_runs() -> None:
    score = play(MISSIONS["quiet, full battery"])
    assert score.last == FIGURES.densest
    assert score.error < 0.01


STRETCH = st.tuples(st.floats(0.2, 40.0), st.floats(1.0, 4.0), st.floats(0.0, 1.0))
CHANGE = st.none() | st.tuples(st.floats(0.0, 1.0), st.floats(0.5, 2.0))


def drawn_mission(
    stretches: list[tuple[float, float, float]], change: tuple[float, float] | None
) -> AdversarialMission:
    """Make a mission of stretches (seconds, slow-down, difficulty); the budget changes at a share of it."""
    lengths = [max(round(seconds * RATE_HZ), 1) for seconds, _, _ in stretches]
    frames = sum(lengths)
    slower, difficulty = (np.repeat([one[index] for one in stretches], lengths) for index in (1, 2))
    budget_ms = np.full(frames, BUDGET_MS)
    if change is not None:
        budget_ms[int(change[0] * (frames - 1)) :] *= change[1]
    return replace(
        MISSIONS["throttling"],
        name="drawn",
        slower=slower,
        budget_ms=budget_ms,
        difficulty=difficulty,
        hands=np.ones(frames, dtype=np.int64),
        told=np.ones(frames, dtype=np.bool_),
    )


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(STRETCH, min_size=1, max_size=8), CHANGE)
def test_whatever_comes_no_minute_has_many_more_late_frames_than_the_sparsest_points(
    stretches: list[tuple[float, float, float]], change: tuple[float, float] | None
) -> None:
    """Each onset of load costs a few frames before it is noticed, which the accepted share is for."""
    mission = drawn_mission(stretches, change)
    onsets = len(stretches) + (change is not None)
    minute = min(len(mission.slower), 60 * RATE_HZ)
    allowed = MOST + onsets * NOTICED_S * RATE_HZ / max(0.01 * minute, 1.0)
    for policy in (GoalPolicy(), Candidate("learned", "learned", file=default_policy()).online_policy(BANK)):
        assert play_adversarial(mission, policy, DEVICE, FIGURES).against_sparsest <= allowed


def test_a_table_has_a_row_for_each_mission_and_a_worst_minute_for_each_policy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short = [replace(MISSIONS[name], name=name) for name in ("throttling", "budget halved")]
    monkeypatch.setattr(
        "hand_tracking_dsp.rl.benchmark.adversarial_table.adversarial_missions", lambda: short
    )
    told: list[tuple[int, int]] = []
    candidates = [
        Candidate("sparsest", "fixed", {"level": 5}, options=without_deadline_shield(ControllerOptions())),
        Candidate("index", "index"),
    ]
    table = adversarial_table(
        Benchmark(DEVICE, BANK, JUDGED), candidates, Executor(2), lambda *reported: told.append(reported)
    )
    assert [row[0] for row in table.rows()] == ["throttling", "budget halved", "throttling; reflex"]
    assert table.headings() == ["mission", "sparsest", "index"]
    assert table.scores["throttling"]["index"].late == play(MISSIONS["throttling"], "index").late
    assert table.worst("index") == max(found["index"].against_sparsest for found in table.scores.values())
    assert f"index {table.worst('index'):.2f}" in table.note
    assert told == [(1, 3), (2, 3), (3, 3)]
