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

"""Criteria of relevance, and their comparison."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.onnx_graph import read_weights, write_weights
from hand_tracking_dsp.compression.pruning.comparison import AS_PRUNED, compare, spearman
from hand_tracking_dsp.compression.pruning.criteria import CRITERIA, Criterion


@pytest.fixture
def with_silent_channels(network: onnx.ModelProto) -> onnx.ModelProto:
    """Channels 0 to 7 of a block have no weights at all."""
    weights = read_weights(network)
    for layer in ("expand", "depthwise"):
        for part in ("w", "b"):
            value = weights[f"block02.{layer}.{part}"].copy()
            value[:8] = 0
            write_weights(network, {f"block02.{layer}.{part}": value})
    mixer = weights["block02.project.w"].copy()
    mixer[:, :8] = 0
    write_weights(network, {"block02.project.w": mixer})
    return network


@pytest.mark.parametrize("name", ["l1", "magnitude", "closed-form"])
def test_silent_channels_are_the_least_relevant(
    with_silent_channels: onnx.ModelProto, crops: Crops, name: str
) -> None:
    scores = CRITERIA[name](with_silent_channels, crops)["block02"]
    assert set(np.argsort(scores, kind="stable")[:8]) == set(range(8))


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
def test_every_channel_has_a_score_and_the_seed_decides(
    network: onnx.ModelProto, crops: Crops, criterion: Criterion
) -> None:
    first, second = (criterion(network, crops, 5) for _ in range(2))
    for block in read_blocks(network):
        assert first[block.name].shape == (block.channels,)
        assert np.isfinite(first[block.name]).all()
        np.testing.assert_array_equal(first[block.name], second[block.name])


def test_the_comparison_ranks_and_prunes(network: onnx.ModelProto, crops: Crops, held_back: Crops) -> None:
    found = compare(network, crops, held_back, keep=[0.5], criteria=CRITERIA)
    assert all(found.correlation(name, name) == pytest.approx(1) for name in CRITERIA)
    assert found.correlation("l1", "magnitude") > found.correlation("l1", "random")
    effects = {effect.criterion: effect for effect in found.effects}
    assert effects["random"].cut is not None
    assert effects["random"].reconstructed < effects["random"].cut
    assert effects[AS_PRUNED].reconstructed < effects["random"].reconstructed
    assert found.figures()["spearman"]["overall"]["l1, l1"] == pytest.approx(1)


def test_rank_correlation_sees_order_alone() -> None:
    values = np.array([1.0, 5.0, 2.0, 9.0])
    assert spearman(values, np.exp(values)) == pytest.approx(1)
    assert spearman(values, -values) == pytest.approx(-1)
    assert spearman(np.array([1.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0])) == pytest.approx(0.866, abs=1e-3)
    assert spearman(np.ones(3), values[:3]) == 0
