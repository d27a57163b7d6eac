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

"""The learned policy: steps and when they are taken, and what is refused before it ever decides."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper

from hand_tracking_dsp.control.actions import Action, allowed_actions
from hand_tracking_dsp.control.learned import GOALS, LearnedPolicy
from hand_tracking_dsp.control.observation import OBSERVATION, POINT_OBSERVATION, Observation
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.policy_file import METADATA_KEY, PolicyContract
from hand_tracking_dsp.control.reasons import Reason
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.manifest import Manifest

LEVELS = 3

MakeBench = Callable[..., Any]
MakeNetwork = Callable[..., bytes]


@pytest.fixture(scope="session")
def bank(make_bank: Callable[..., Manifest]) -> Manifest:
    return make_bank(LEVELS)


@pytest.fixture(scope="session")
def policies(policy_network: MakeNetwork, bank: Manifest) -> list[LearnedPolicy]:
    """Give policies of random weights, that is of whims."""
    return [LearnedPolicy(policy_network(bank, seed=seed), bank) for seed in range(5)]


def seen(point: int, now_s: float = 10.0, points: int = LEVELS, **values: float) -> Observation:
    return Observation.build(now_s, points, {"operating_point": point, **values})


def points(
    policy: LearnedPolicy, vectors: NDArray[np.floating[Any]], masks: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return what a policy chooses that looks at neither points nor goals."""
    unknown = np.full((*masks.shape, len(POINT_OBSERVATION)), np.nan, dtype=np.float32)
    goals = np.zeros((len(vectors), len(GOALS)), dtype=np.float32)
    return policy.run(["point"], vectors.astype(np.float32), unknown, goals, masks)[0]


def refused(network: bytes, bank: Manifest) -> str:
    with pytest.raises(ModelError) as caught:
        LearnedPolicy(network, bank, "/robot/policy.onnx")
    return str(caught.value)


@pytest.mark.parametrize(
    ("toward", "points"),
    [(Action.DENSER, [0, 0, 1]), (Action.KEEP, [0, 1, 2]), (Action.SPARSER, [1, 2, 2])],
)
def test_goes_one_step_and_never_beyond_the_bank(
    policy_network: MakeNetwork, bank: Manifest, toward: Action, points: list[int]
) -> None:
    network = policy_network(bank, toward=toward)
    assert [LearnedPolicy(network, bank).decide(seen(point)) for point in range(LEVELS)] == points


def test_levels_that_are_not_loaded_any_more_are_not_wanted(
    policy_network: MakeNetwork, bank: Manifest
) -> None:
    policy = LearnedPolicy(policy_network(bank, toward=Action.SPARSER), bank)
    assert policy.decide(seen(1, points=2)) == 1


def test_is_asked_as_often_as_it_was_trained_to_be_and_keeps_the_level_between(
    policy_network: MakeNetwork, bank: Manifest
) -> None:
    policy = LearnedPolicy(policy_network(bank, toward=Action.SPARSER, interval_s=0.5), bank)
    wanted = [policy.decide(seen(0, 10.0 + tick / 10)) for tick in range(11)]
    assert wanted == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]


def test_a_decision_that_comes_a_little_early_counts_as_on_time(
    policy_network: MakeNetwork, bank: Manifest
) -> None:
    policy = LearnedPolicy(policy_network(bank, toward=Action.SPARSER, interval_s=0.5), bank)
    assert [policy.decide(seen(0, now_s)) for now_s in (10.0, 10.47, 10.485)] == [1, 0, 1]


def test_a_clock_that_runs_back_does_not_silence_it(policy_network: MakeNetwork, bank: Manifest) -> None:
    policy = LearnedPolicy(policy_network(bank, toward=Action.SPARSER, interval_s=0.5), bank)
    assert [policy.decide(seen(0, now_s)) for now_s in (1000.0, 1.0, 1.1, 1.5)] == [1, 1, 0, 1]


def test_an_observation_of_which_nothing_is_measured_is_answered(policies: list[LearnedPolicy]) -> None:
    for policy in policies:
        for point in range(LEVELS):
            assert policy.decide(seen(point, now_s=math.nan)) in range(LEVELS)
    chosen = points(policies[0], np.full((4, len(OBSERVATION)), np.nan), np.ones((4, LEVELS), dtype=np.bool_))
    assert chosen.dtype == np.int64
    assert chosen.shape == (4,)
    assert set(chosen.tolist()) <= set(range(LEVELS))


numbers = st.one_of(st.just(math.nan), st.floats(0.0, 1.0), st.floats(width=32))
vectors = st.lists(numbers, min_size=len(OBSERVATION), max_size=len(OBSERVATION))
masks = st.lists(st.booleans(), min_size=LEVELS, max_size=LEVELS)


@given(vector=vectors, mask=masks, own=st.integers(0, LEVELS - 1), index=st.integers(0, 4))
def test_a_point_that_is_not_possible_is_never_chosen(
    policies: list[LearnedPolicy], vector: list[float], mask: list[bool], own: int, index: int
) -> None:
    vector[0], mask[own] = own, True
    assert mask[points(policies[index], np.array([vector]), np.array([mask]))[0]]


@given(
    vector=vectors, point=st.integers(0, LEVELS - 1), points=st.integers(1, LEVELS), index=st.integers(0, 4)
)
def test_whatever_is_observed_it_wants_a_loaded_level_a_step_away_at_most(
    policies: list[LearnedPolicy], vector: list[float], point: int, points: int, index: int
) -> None:
    point = min(point, points - 1)
    values = dict(zip((field.name for field in OBSERVATION), vector, strict=True))
    # At a time that is no number it is asked every time.
    wanted = policies[index].decide(Observation.build(math.nan, points, {**values, "operating_point": point}))
    assert allowed_actions(point, points)[wanted - point + Action.KEEP]


def test_reads_a_policy_through_its_manifest(policy_file: Callable[..., Path], bank: Manifest) -> None:
    policy = LearnedPolicy.load(policy_file(bank, interval_s=2.0), bank)
    assert policy.name == "learned"
    assert policy.contract == PolicyContract.of(bank, "ppo", 2.0, {"made by": "a test"})


def test_a_file_that_was_exchanged_is_not_opened(policy_file: Callable[..., Path], bank: Manifest) -> None:
    path = policy_file(bank)
    path.with_suffix(".onnx").write_bytes(b"another network")
    with pytest.raises(ModelError, match=r"is not the one that policy\.json names"):
        LearnedPolicy.load(path, bank)


def test_a_policy_for_another_bank_is_refused(
    policy_network: MakeNetwork, make_bank: Callable[..., Manifest], bank: Manifest
) -> None:
    other = make_bank(LEVELS, "other")
    assert refused(policy_network(other), bank) == (
        f"The policy /robot/policy.onnx does not fit: it was trained for other networks (bank other "
        f"{other.fingerprint[:12]}…, not test {bank.fingerprint[:12]}…). Train one for this bank "
        f"(make policy), or choose the policy index."
    )
    more = policy_network(make_bank(LEVELS + 1))
    assert "does not fit: it knows 4 operating points, the bank test has 3. Train one" in refused(more, bank)


def entries_of(bank: Manifest) -> list[dict[str, Any]]:
    return [dict(entry) for entry in PolicyContract.of(bank, "ppo", 0.5, {}).observation]


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda entries: entries[:-1], "it does not know the observation 'battery_lasts'"),
        (
            lambda entries: [*entries, {**entries[0], "name": "humidity"}],
            "it needs the observation 'humidity', which does not exist",
        ),
        (lambda entries: entries[::-1], "its observations come in another order"),
        (
            lambda entries: [{**entries[0], "high": 5.0}, *entries[1:]],
            "the high of its observation 'operating_point' is 5.0 instead of 255.0",
        ),
        (
            lambda entries: [{**entries[0], "unit": "K"}, *entries[1:]],
            "the unit of its observation 'operating_point' is 'K' instead of '1'",
        ),
    ],
)
def test_a_policy_for_another_observation_is_refused(
    policy_network: MakeNetwork,
    bank: Manifest,
    change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
    difference: str,
) -> None:
    network = policy_network(bank, observation=tuple(change(entries_of(bank))))
    assert f"does not fit: {difference}. Train one" in refused(network, bank)


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"point_observation": ()}, "it does not know the observation 'late_0.5s'"),
        ({"schema": 9}, "its schema is 9, this version reads 3"),
        ({"interval_s": 0.001}, "its interval is 0.001 s, not 0.05 to 60"),
        ({"schema": 9, "interval_s": 99.0}, "this version reads 3; its interval is 99 s"),
    ],
)
def test_a_policy_of_another_contract_is_refused(
    policy_network: MakeNetwork, bank: Manifest, changes: dict[str, Any], difference: str
) -> None:
    assert difference in refused(policy_network(bank, **changes), bank)


def with_metadata(network: bytes, metadata: dict[str, str]) -> bytes:
    model = onnx.load_from_string(network)
    del model.metadata_props[:]
    helper.set_model_props(model, metadata)
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({}, "lacks the metadata 'hand_tracking_dsp': export it with policy train."),
        ({"another": "{}"}, "lacks the metadata 'hand_tracking_dsp': export it with policy train."),
        ({METADATA_KEY: '{"schema": 1}'}, "cannot be opened (kind is missing): export it again."),
        ({METADATA_KEY: "{"}, "cannot be opened (it is not JSON from line 1"),
        ({METADATA_KEY: "[]"}, "cannot be opened ("),
        ({METADATA_KEY: json.dumps({"schema": None})}, "cannot be opened ("),
    ],
)
def test_a_network_that_does_not_say_what_it_was_made_for_is_refused(
    policy_network: MakeNetwork, bank: Manifest, metadata: dict[str, str], message: str
) -> None:
    assert message in refused(with_metadata(policy_network(bank), metadata), bank)


@pytest.mark.parametrize("network", [b"", b"not a network", b"\x08\x07" * 50])
def test_what_is_no_network_is_refused(bank: Manifest, network: bytes) -> None:
    message = refused(network, bank)
    assert message.startswith("The policy /robot/policy.onnx ")
    assert message.endswith(".")


INPUTS: dict[str, tuple[int, list[Any]]] = {
    "observation": (TensorProto.FLOAT, ["n", len(OBSERVATION)]),
    "points": (TensorProto.FLOAT, ["n", "p", len(POINT_OBSERVATION)]),
    "goals": (TensorProto.FLOAT, ["n", len(GOALS)]),
    "mask": (TensorProto.BOOL, ["n", "p"]),
}


def another_network(
    bank: Manifest,
    outputs: tuple[str, ...] = ("point", "scores"),
    **others: tuple[int, list[Any]],
) -> bytes:
    """Make a network with the metadata of a policy that passes its inputs on."""
    shapes = INPUTS | others
    inputs = [helper.make_tensor_value_info(name, *shape) for name, shape in shapes.items()]
    nodes = [helper.make_node("Identity", ["mask"], [name]) for name in outputs]
    results = [helper.make_tensor_value_info(name, *shapes["mask"]) for name in outputs]
    model = helper.make_model(
        helper.make_graph(nodes, "another", inputs, results),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    helper.set_model_props(model, {METADATA_KEY: PolicyContract.of(bank, "ppo", 0.5, {}).to_json()})
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"observation": (TensorProto.FLOAT, ["n", 12])}, "'observation': ('tensor(float)', None, 12)"),
        ({"observation": (TensorProto.DOUBLE, ["n", 17])}, "'observation': ('tensor(double)', None, 17)"),
        ({"observation": (TensorProto.FLOAT, [])}, "'observation': ('tensor(float)',)"),
        ({"points": (TensorProto.FLOAT, ["n", 6, 18])}, "'points': ('tensor(float)', None, 6, 18)"),
        ({"mask": (TensorProto.BOOL, ["n", 2])}, "'mask': ('tensor(bool)', None, 2)"),
        ({"outputs": ("point",)}, "its outputs are point instead of point, scores"),
        ({"outputs": ("level", "scores")}, "its outputs are level, scores instead of point, scores"),
    ],
)
def test_a_network_of_another_signature_is_refused(
    bank: Manifest, changes: dict[str, Any], difference: str
) -> None:
    assert difference in refused(another_network(bank, **changes), bank)


def test_the_controller_obeys_it_and_asks_it_no_more_often_than_it_was_trained(
    bench: MakeBench, policy_network: MakeNetwork, bank: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = LearnedPolicy(policy_network(bank, toward=Action.SPARSER, interval_s=0.5), bank)
    asked: list[int] = []
    answer = policy.run
    monkeypatch.setattr(policy, "run", lambda *inputs: asked.append(1) or answer(*inputs))
    room = bench(policy=policy)
    decisions = room.run(10.0)
    assert [(before, after) for _, before, after in room.changes()] == [(0, 1), (1, 2)]
    assert {decision.reason for decision in decisions} == {Reason.POLICY}
    assert len(decisions) == 100
    assert len(asked) == pytest.approx(20, abs=1)


def test_the_shield_goes_before_it(bench: MakeBench, policy_network: MakeNetwork, bank: Manifest) -> None:
    policy = LearnedPolicy(policy_network(bank, toward=Action.DENSER), bank)
    room = bench(latency_ms=(60.0, 20.0, 10.0), policy=policy, options=ControllerOptions(initial_level=1))
    room.point = 1
    room.run(20.0)
    assert Reason.SHIELD_DEADLINE in {decision.reason for _, decision in room.decisions}
    assert room.changes()[0][1:] == (1, 0), "it may try"
    assert room.changes()[1][1:] == (0, 1)
    tries_s = [stamp_s for stamp_s, before, after in room.changes() if after < before]
    pauses_s = [later - sooner for sooner, later in pairwise(tries_s)]
    assert len(pauses_s) >= 2, "it tries again"
    assert all(later > 1.5 * sooner for sooner, later in pairwise(pauses_s)), "after a longer time each time"
