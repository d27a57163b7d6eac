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

"""Areas pruned in every granularity."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from support.crops import smooth_crops

from hand_tracking_dsp.compression.bank.deviation import predict
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.granularity.patterns import PATTERNS
from hand_tracking_dsp.compression.granularity.variants import (
    AREAS,
    BLOCK,
    CHANNEL,
    DENSE,
    GRANULARITIES,
    GranularPruner,
    areas_of,
)
from hand_tracking_dsp.compression.onnx_graph import Graph, read_weights


def test_areas_divide_the_blocks_in_their_order(narrow: onnx.ModelProto) -> None:
    areas = areas_of(read_blocks(narrow))
    assert tuple(areas) == AREAS
    assert [len(blocks) for blocks in areas.values()] == [1, 5, 4, 5, 1]
    assert [block for blocks in areas.values() for block in blocks] == list(read_blocks(narrow))
    with pytest.raises(ValueError, match="fewer than 5 areas"):
        areas_of(read_blocks(narrow)[:4])


def test_a_dense_plan_changes_nothing_but_rounding(pruner: GranularPruner, narrow: onnx.ModelProto) -> None:
    for plan in ({}, dict.fromkeys(AREAS, DENSE)):
        found, dense = read_weights(pruner.network(plan)), read_weights(narrow)
        assert found.keys() == dense.keys()
        assert all(np.allclose(found[name], dense[name], rtol=1e-3, atol=1e-3) for name in dense)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_are_in_layers_of_1x1_of_their_area_alone(
    pruner: GranularPruner, narrow: onnx.ModelProto, pattern: str
) -> None:
    weights, graph = read_weights(pruner.network({"late": pattern})), Graph(narrow)
    for area, blocks in pruner.areas.items():
        for block in blocks:
            for name in (block.expand, *block.mixers):
                zeros = (weights[graph.nodes[name].input[1]] == 0).mean()
                assert zeros == pytest.approx(0.5, abs=0.1) if area == "late" else zeros < 0.2
            assert (weights[graph.nodes[block.depthwise].input[1]] == 0).mean() < 0.2


def test_channels_and_blocks_make_the_network_smaller(pruner: GranularPruner) -> None:
    fewer = {block.name: block.channels for block in read_blocks(pruner.network({"middle": CHANNEL}))}
    assert {fewer[block.name] for block in pruner.areas["middle"]} == {8, 16} & set(fewer.values())
    shares = pruner.keep({"middle": CHANNEL})
    assert all(fewer[name] == round(share * 24) for name, share in shares.items())
    gone = pruner.removed("middle")
    left = {block.name for block in read_blocks(pruner.network({"middle": BLOCK}))}
    assert len(gone) == 2
    assert not left & {block.name for block in gone}
    assert pruner.keep({"middle": BLOCK}) == {block.name: 0.0 for block in gone}


def test_blocks_that_must_stay_are_no_choice(pruner: GranularPruner) -> None:
    assert [area for area in AREAS if not pruner.possible(area, BLOCK)] == ["stem", "heads"]
    assert all(pruner.possible(area, CHANNEL) for area in AREAS)


def test_the_blocks_go_that_matter_least(narrow: onnx.ModelProto) -> None:
    pruner = GranularPruner(narrow, smooth_crops(2, 0), 0.5)
    names = {block.name for block in read_blocks(narrow)}

    def deviation(network: onnx.ModelProto) -> float:
        (gone,) = names - {block.name for block in read_blocks(network)}
        return -float(gone.removeprefix("block"))

    pruner.choose_blocks(deviation)
    assert [block.name for block in pruner.removed("late")] == ["block14", "block13"]


def test_any_granularities_go_together(pruner: GranularPruner) -> None:
    random = np.random.default_rng(0)
    for _ in range(6):
        plan = {
            area: str(random.choice([one for one in GRANULARITIES if pruner.possible(area, one)]))
            for area in AREAS
        }
        network = pruner.network(plan)
        onnx.checker.check_model(network, full_check=True)
        assert np.isfinite(predict(open_exact(network), smooth_crops(1, 3).images).landmarks).all()
