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

"""Heads refitted from a few pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest

from hand_tracking_dsp.compression.adapt.heads import refit_heads
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.onnx_graph import read_weights, write_weights
from hand_tracking_dsp.tracking.composition.onnx_changes import copied


def test_shaken_heads_are_put_right_on_scenes_not_learned_from(shaken, parts) -> None:
    before = parts.held_back.measure(open_exact(shaken)).deviation
    refitted = refit_heads(shaken, parts.fit)
    after = parts.held_back.measure(open_exact(refitted)).deviation
    assert before > 1.0
    assert after < 0.2 * before


def test_world_landmarks_are_put_right_too(dense, shaken, parts) -> None:
    refitted = read_weights(refit_heads(shaken, parts.fit))["head.world_landmarks.b"]
    right, wrong = (read_weights(model)["head.world_landmarks.w"] for model in (dense, shaken))
    found = read_weights(refit_heads(shaken, parts.fit))["head.world_landmarks.w"]
    assert np.isfinite(refitted).all()
    assert np.linalg.norm(found - right) < np.linalg.norm(wrong - right)


def test_presence_and_handedness_stay(shaken, parts) -> None:
    before, after = read_weights(shaken), read_weights(refit_heads(shaken, parts.fit))
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {f"head.{name}.{part}" for name in ("landmarks", "world_landmarks") for part in "wb"}


def test_the_network_given_stays_as_it_is(shaken, parts) -> None:
    before = shaken.SerializeToString()
    refit_heads(shaken, parts.fit)
    assert shaken.SerializeToString() == before


def test_it_is_deterministic(shaken, parts) -> None:
    first, again = (refit_heads(shaken, parts.fit).SerializeToString() for _ in range(2))
    assert first == again


def test_a_network_that_is_right_is_left_alone(dense, parts) -> None:
    assert refit_heads(dense, parts.fit) is None


def test_what_the_features_do_not_show_is_not_learned(dense, parts) -> None:
    """Labels of pure chance must not spoil a network: cross-validation sees through them."""
    labels = parts.fit.labels
    noise = np.random.default_rng(0).normal(0, 20, labels.landmarks.shape).astype(np.float32)
    noise[:, [0, 9]] = 0
    labelled = replace(parts.fit, labels=replace(labels, landmarks=labels.landmarks + noise))
    refitted = refit_heads(dense, labelled)
    if refitted is not None:
        assert parts.held_back.measure(open_exact(refitted)).deviation < 2.0


def test_crops_without_hands_do_not_count(shaken, parts) -> None:
    """Nonsense where there is no hand changes nothing."""
    hands = np.arange(len(parts.fit.crops)) % 4 != 0
    wild = parts.fit.labels.landmarks.copy()
    wild[~hands] = 999.0
    plain = refit_heads(shaken, replace(parts.fit, hands=hands))
    with_nonsense = replace(parts.fit, hands=hands, labels=replace(parts.fit.labels, landmarks=wild))
    assert refit_heads(shaken, with_nonsense).SerializeToString() == plain.SerializeToString()


def test_weights_that_lie_the_other_way_round_are_refitted_alike(shaken, parts) -> None:
    turned = copied(shaken)
    weights = read_weights(shaken)
    for node in turned.graph.node:
        if node.op_type == "Gemm":
            del node.attribute[:]
    names = [name for name in weights if name.startswith("head.") and name.endswith(".w")]
    write_weights(turned, {name: weights[name].T for name in names})
    first, second = (read_weights(refit_heads(model, parts.fit)) for model in (shaken, turned))
    assert np.allclose(first["head.landmarks.w"], second["head.landmarks.w"].T, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("form", ["identity", "half", "no bias"])
def test_heads_of_another_form_are_left_alone(shaken, parts, form: str) -> None:
    other = copied(shaken)
    node = next(node for node in other.graph.node if node.name == "head.landmarks")
    if form == "identity":
        node.output[0] = "raw"
        other.graph.node.append(onnx.helper.make_node("Identity", ["raw"], ["landmarks"]))
    elif form == "half":
        node.input[1] = "elsewhere"
    else:
        del node.input[2]
    assert refit_heads(other, parts.fit) is None
