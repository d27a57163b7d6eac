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

"""An exported policy takes the actions that the trained one takes, and says what it was made for."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import onnx
import pytest

from hand_tracking_dsp import __version__
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.control.observation import OBSERVATION, OBSERVATION_NAMES, Observation
from hand_tracking_dsp.control.policy_file import (
    ACTIONS_KIND,
    METADATA_KEY,
    PolicyContract,
    read_policy,
)
from hand_tracking_dsp.errors import ModelError, OutputError
from hand_tracking_dsp.rl.simulation.episode import STEP_S
from hand_tracking_dsp.rl.training import export
from hand_tracking_dsp.rl.training.export import (
    PARITY,
    export_policy,
    parity,
    policy_network,
    random_goals,
    random_observations,
    without_points,
)

BLANK = tuple(map(OBSERVATION_NAMES.index, ("battery_charge", "power_w", "drift_percent")))


@pytest.fixture(autouse=True)
def needs_torch():
    pytest.importorskip("torch", reason="PyTorch is not installed; run make setup-lab")


@pytest.fixture
def contract(bank) -> PolicyContract:
    return PolicyContract.of(bank, ACTIONS_KIND, STEP_S, {"seed": 3})


@pytest.mark.parametrize("blank", [(), BLANK])
@pytest.mark.parametrize("seed", [0, 1])
def test_onnx_runtime_takes_the_actions_that_pytorch_takes(seed, blank, bank, contract, random_mlp) -> None:
    mlp = random_mlp(seed, blank)
    assert PARITY == 10_000
    assert parity(policy_network(mlp, contract), mlp, bank) == 0


def test_another_network_would_be_noticed(bank, contract, random_mlp) -> None:
    network = policy_network(random_mlp(0), contract)
    assert parity(network, random_mlp(1), bank, count=200) > 0
    assert parity(network, replace(random_mlp(0), blank=BLANK), bank, count=2000) > 0


def test_blank_entries_do_not_matter(bank, contract, random_mlp) -> None:
    policy = LearnedPolicy(policy_network(random_mlp(2, blank=BLANK), contract), bank)
    observations, masks = random_observations(3, 500, seed=4)
    hidden, shown = observations.copy(), observations.copy()
    hidden[:, list(BLANK)] = np.nan
    shown[:, list(BLANK)] = 0.9
    one, other = (policy.run(["point"], *without_points(seen, masks)) for seen in (hidden, shown))
    np.testing.assert_array_equal(one, other)


def test_a_changed_goal_changes_what_is_chosen(bank, contract, random_mlp) -> None:
    policy = LearnedPolicy(policy_network(random_mlp(0), contract), bank)
    observations, masks = random_observations(3, 500, seed=4)
    one, same, other = (
        policy.run(["point"], *without_points(observations, masks, random_goals(500, seed)))[0]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_a_point_that_is_masked_is_never_chosen(bank, contract, random_mlp) -> None:
    policy = LearnedPolicy(policy_network(random_mlp(3), contract), bank)
    observations, _ = random_observations(3, 500, seed=5)
    observations[:, 0] = 1
    chosen = set()
    for point in range(3):
        alone = np.zeros((500, 3), dtype=bool)
        alone[:, point] = True
        assert set(policy.run(["point"], *without_points(observations, alone))[0].tolist()) == {point}
        others = set(policy.run(["point"], *without_points(observations, ~alone))[0].tolist())
        assert point not in others
        chosen |= others
    assert chosen == {0, 1, 2}


def test_no_more_than_a_neighbour_is_chosen(bank, contract, random_mlp) -> None:
    policy = LearnedPolicy(policy_network(random_mlp(3), contract), bank)
    observations, masks = random_observations(3, 500, seed=6)
    points, scores = policy.run(["point", "scores"], *without_points(observations, masks))
    assert np.abs(points - observations[:, 0]).max() == 1
    assert (scores[np.abs(np.arange(3) - observations[:, [0]]) > 1] < -1e8).all()


def test_the_random_observations_meet_all_cases() -> None:
    observations, masks = random_observations(3, 2000, seed=0)
    assert observations.shape == (2000, len(OBSERVATION))
    assert observations.dtype == np.float32
    assert set(observations[:, 0].tolist()) == {0.0, 1.0, 2.0}
    assert 0.05 < np.isnan(observations[:, 1:]).mean() < 0.15
    assert masks[np.arange(2000), observations[:, 0].astype(int)].all()
    assert 0.7 < masks.mean() < 0.9


def test_a_policy_is_written_with_its_manifest_and_read_through_it(bank, random_mlp, tmp_path) -> None:
    path = tmp_path / "new" / "one.json"
    export_policy(random_mlp(0), bank, path, {"seed": 7})
    assert sorted(file.name for file in path.parent.iterdir()) == ["one.json", "one.onnx"]
    assert read_policy(path) == path.with_suffix(".onnx").read_bytes()
    contract = LearnedPolicy.load(path, bank).contract
    assert contract == PolicyContract.of(bank, ACTIONS_KIND, STEP_S, {"package": __version__, "seed": 7})
    model = onnx.load(path.with_suffix(".onnx"))
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(metadata[METADATA_KEY])["kind"] == "ppo"


def test_an_exported_policy_decides(bank, random_mlp, tmp_path) -> None:
    export_policy(random_mlp(0), bank, tmp_path / "one.json", {})
    policy = LearnedPolicy.load(tmp_path / "one.json", bank)
    for second in range(50):
        level = second % 3
        seen = Observation.build(
            float(second), 3, {"operating_point": level, "latency_p95_budgets": second / 25}
        )
        assert policy.decide(seen) in range(max(level - 1, 0), min(level + 2, 3))


def test_a_policy_that_came_out_different_is_not_written(bank, random_mlp, tmp_path, monkeypatch) -> None:
    other = random_mlp(1)
    whole = policy_network
    monkeypatch.setattr(export, "policy_network", lambda _, contract: whole(other, contract))
    with pytest.raises(ModelError, match="takes another action on"):
        export_policy(random_mlp(0), bank, tmp_path / "one.json", {})
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_a_file_is_told_of(bank, random_mlp, tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        export_policy(random_mlp(0), bank, tmp_path / "file" / "one.json", {})
