"""A controller on a mission meets what the mission holds."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.policies import FixedLevelPolicy, ThresholdPolicy
from hand_tracking_dsp.rl.benchmark.candidates import without_deadline_shield
from hand_tracking_dsp.rl.simulation.episode import STEP_S, Mission, MissionOptions, draw_mission
from hand_tracking_dsp.rl.simulation.reward import Weights, reward
from hand_tracking_dsp.rl.simulation.simulation import Simulation

WEIGHTS = Weights(0.35)
OPTIONS = without_deadline_shield(ControllerOptions())


@pytest.fixture(scope="module")
def on_mains(device) -> Mission:
    return draw_mission(device, 1, MissionOptions(mains=1.0), steps=80)


@pytest.fixture(scope="module")
def on_battery(device) -> Mission:
    mission = draw_mission(device, 2, MissionOptions(mains=0.0), steps=80)
    return replace(mission, charge=0.9)


def play(mission, policy, sparsities, options=OPTIONS):
    simulation = Simulation(mission, policy, options, WEIGHTS, sparsities)
    played = []
    while not simulation.done:
        played.append(simulation.advance())
    return played


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("power", ["on_mains", "on_battery"])
def test_a_constant_level_gains_what_was_drawn_for_it(power, level, sparsities, request) -> None:
    mission = request.getfixturevalue(power)
    played = play(mission, FixedLevelPolicy(level), sparsities)
    moments = [moment for _, moment in played]
    assert {moment.level for moment in moments} == {level}
    used = mission.drained()[level]
    charge = np.nan if power == "on_mains" else mission.charge - (np.cumsum(used) - used)
    gained = reward(WEIGHTS, mission.accuracy, mission.time, mission.energy, charge)
    assert [moment.reward for moment in moments] == pytest.approx(gained[level])
    assert [moment.mean_reward for moment in moments] == pytest.approx(gained.mean(axis=0))
    assert [moment.late for moment in moments] == mission.late[level].sum(axis=1).tolist()
    drifts = [moment.drift_percent for moment in moments]
    np.testing.assert_array_equal(drifts, mission.drift_percent[level])
    assert sum(one.tracker_j for one in moments) == pytest.approx(mission.tracker_w[level].sum() * STEP_S)


def test_the_battery_drains_and_is_never_below_empty(on_battery, sparsities) -> None:
    charges = [moment.charge for _, moment in play(on_battery, FixedLevelPolicy(0), sparsities)]
    assert charges == pytest.approx(on_battery.charge - np.cumsum(on_battery.drained()[0]))
    nearly_empty = replace(on_battery, charge=0.001)
    last = play(nearly_empty, FixedLevelPolicy(0), sparsities)[-1][1].charge
    assert last == 0.0


def test_mains_power_stays_unknown(on_mains, sparsities) -> None:
    played = play(on_mains, FixedLevelPolicy(0), sparsities)
    assert all(math.isnan(moment.charge) for _, moment in played)
    assert all(math.isnan(decision.observation["battery_charge"]) for decision, _ in played)


def test_the_controller_hears_what_the_mission_says(on_battery, sparsities, monkeypatch) -> None:
    mission, level = on_battery, 1
    simulation = Simulation(mission, FixedLevelPolicy(level), OPTIONS, WEIGHTS, sparsities)
    frames, batteries = [], []
    hear_frame, hear_battery = simulation.controller.add_latency, simulation.controller.add_battery
    monkeypatch.setattr(simulation.controller, "add_latency", lambda s: (frames.append(s), hear_frame(s)))
    monkeypatch.setattr(
        simulation.controller, "add_battery", lambda s: (batteries.append(s), hear_battery(s))
    )
    begin_s = simulation.now_s
    charges = [simulation.advance()[1].charge for _ in range(mission.steps)]
    count = mission.latency_ms.shape[2]
    assert [frame.end_to_end_ms for frame in frames] == mission.latency_ms[level].ravel().tolist()
    assert [frame.hands for frame in frames[::count]] == mission.hands.tolist()
    assert {frame.sparsity for frame in frames} == {sparsities[level]}
    np.testing.assert_array_equal([frame.presence for frame in frames[::count]], mission.presence[level])
    np.testing.assert_array_equal([frame.input_mean for frame in frames[::count]], mission.input_mean)
    stamps = np.array([frame.stamp_s for frame in frames]) - begin_s
    assert (np.diff(stamps) > 0).all()
    assert stamps[-1] == pytest.approx(mission.steps * STEP_S, abs=mission.frame_s + 1e-6)
    # A measurement of drift a second, with one frame.
    drifts = np.array([frame.drift for frame in frames]).reshape(mission.steps, count)
    assert np.isnan(drifts[:, 1:]).all()
    each = round(1 / STEP_S)
    np.testing.assert_array_equal(drifts[::each, 0], mission.measured_percent[level, ::each])
    assert np.isnan(drifts[1::each]).all()
    assert np.isnan([frame.drift_sparser for frame in frames]).all()
    # A gauge shows less under load.
    assert all(
        one.charge <= charge + 1e-12 and one.discharging
        for one, charge in zip(batteries, charges, strict=True)
    )
    watts = mission.base_w + mission.tracker_w[level]
    assert [one.power_w for one in batteries] == pytest.approx(watts, rel=0.06)


def test_what_is_heard_is_what_the_policy_sees(on_battery, sparsities) -> None:
    played = play(on_battery, FixedLevelPolicy(2), sparsities)
    for step in range(1, on_battery.steps):
        observation = played[step][0].observation
        assert observation["hands"] == on_battery.hands[step - 1]
        assert observation["sparsity"] == np.float32(sparsities[2])
        assert observation.levels == on_battery.levels
        assert observation["battery_charge"] == pytest.approx(played[step - 1][1].charge, abs=0.1)


def test_the_budget_is_the_mission_s(on_mains, sparsities) -> None:
    impossible = replace(on_mains, budget_ms=0.1, hands=np.ones_like(on_mains.hands))
    late = [moment.late / moment.frames for _, moment in play(impossible, FixedLevelPolicy(0), sparsities)]
    assert set(late) == {1.0}
    levels = [moment.level for _, moment in play(impossible, ThresholdPolicy(), sparsities)]
    assert levels[-1] == on_mains.levels - 1


def test_the_same_mission_is_played_alike_twice(on_battery, sparsities) -> None:
    first, again = (play(on_battery, ThresholdPolicy(), sparsities) for _ in range(2))
    assert repr(first) == repr(again)


def test_a_controller_may_begin_at_another_level(on_mains, sparsities) -> None:
    options = replace(OPTIONS, initial_level=2)
    simulation = Simulation(on_mains, FixedLevelPolicy(2), options, WEIGHTS, sparsities)
    assert simulation.observe()["sparsity"] == np.float32(sparsities[2])
    decision, _ = simulation.advance()
    assert decision.level_before == decision.level == 2
