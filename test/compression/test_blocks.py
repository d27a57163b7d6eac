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

"""A network is read as blocks, which can be cut and removed."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from support.networks import original_network

from hand_tracking_dsp.compression.bank.deviation import predict
from hand_tracking_dsp.compression.bank.model_size import count_parameters
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.blocks import (
    cut_channels,
    find_blocks,
    keep_channels,
    mixing_matrix,
    read_blocks,
    remove_block,
)
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.onnx_graph import cut_out, read_weights
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.onnx_changes import copied


def test_finds_stem_blocks_and_heads(network: onnx.ModelProto) -> None:
    blocks = read_blocks(network)
    assert [block.name for block in blocks] == ["stem", "block01", "block02", "block03"]
    assert [block.removable for block in blocks] == [False, True, False, False]
    assert [block.heads for block in blocks] == [False, False, False, True]
    assert len(blocks[-1].mixers) == 4
    assert {block.channels for block in blocks} == {32}
    assert sum(block.parameters for block in blocks) == count_parameters(network)


@pytest.mark.parametrize("name", ["hand_full.onnx", "hand_lite.onnx"])
def test_finds_sixteen_blocks_in_mediapipes_networks(name: str) -> None:
    model = original_network(name)
    blocks = read_blocks(model)
    assert len(blocks) == 16
    assert sum(block.removable for block in blocks) == 9
    assert sum(block.parameters for block in blocks) == count_parameters(model)


def test_a_pool_on_the_shortcut_makes_a_block_stay() -> None:
    blocks = {block.name: block for block in read_blocks(original_network("hand_lite.onnx"))}
    assert blocks["block01"].shortcut not in {None, blocks["block01"].source}
    assert not blocks["block01"].removable


def test_cutting_channels_that_say_nothing_changes_nothing(network: onnx.ModelProto, crops: Crops) -> None:
    block = read_blocks(network)[1]
    keep = np.arange(block.channels) % 4 != 0
    matrix, bias = mixing_matrix(network, block)
    keep_channels(network, block, np.ones_like(keep), np.where(keep[:, None], matrix, 0), bias)
    before = predict(open_exact(network), crops.images).landmarks
    each, parameters = read_blocks(network)[1].parameters_each, count_parameters(network)
    cut_channels(network, block, keep)
    onnx.checker.check_model(network, full_check=True)
    np.testing.assert_allclose(predict(open_exact(network), crops.images).landmarks, before, atol=1e-4)
    assert count_parameters(network) == parameters - each * int((~keep).sum())


def test_a_removed_block_leaves_its_shortcut(network: onnx.ModelProto, crops: Crops) -> None:
    block = read_blocks(network)[1]
    silent = copied(network)
    matrix, bias = mixing_matrix(network, block)
    keep_channels(silent, block, np.ones(block.channels, dtype=bool), matrix * 0, bias * 0)
    remove_block(network, block)
    assert [item.name for item in read_blocks(network)] == ["stem", "block02", "block03"]
    assert not any(name.startswith("block01") for name in read_weights(network))
    np.testing.assert_allclose(
        predict(open_exact(network), crops.images).landmarks,
        predict(open_exact(silent), crops.images).landmarks,
        atol=1e-4,
    )


def test_refuses_to_remove_a_block_without_shortcut(network: onnx.ModelProto) -> None:
    with pytest.raises(ModelError, match="block02 cannot be removed"):
        remove_block(network, read_blocks(network)[2])


def test_refuses_a_network_without_blocks(network: onnx.ModelProto) -> None:
    heads = cut_out(network, ("flat",), ("landmarks",))
    assert find_blocks(heads) == ()
    with pytest.raises(ModelError, match="no inverted-residual block"):
        read_blocks(heads)
