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

"""Pruning in closed form."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from hand_tracking_dsp.compression.bank.deviation import deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.onnx_graph import read_weights, write_weights
from hand_tracking_dsp.compression.pruning.criteria import random_choice
from hand_tracking_dsp.compression.pruning.prune import cut, prepare, prune
from hand_tracking_dsp.errors import ConfigurationError


def deviation(model: onnx.ModelProto, reference: onnx.ModelProto, crops: Crops) -> float:
    found, expected = (predict(open_exact(item), crops.images) for item in (model, reference))
    return float(deviation_palm_percent(found, expected).mean())


def test_keeping_everything_changes_nothing(network: onnx.ModelProto, crops: Crops) -> None:
    pruned = prune(network, prepare(network, crops), {})
    assert deviation(pruned, network, crops) < 0.05


def test_channels_that_repeat_others_leave_without_loss(network: onnx.ModelProto, crops: Crops) -> None:
    weights = read_weights(network)
    for layer in ("expand", "depthwise"):
        for part in ("w", "b"):
            name = f"block02.{layer}.{part}"
            copy = weights[name].copy()
            copy[16:] = copy[:16]
            write_weights(network, {name: copy})
    pruned = prune(network, prepare(network, crops), {"block02": 0.5})
    assert {block.name: block.channels for block in read_blocks(pruned)}["block02"] == 16
    assert deviation(pruned, network, crops) < 0.1


def test_reconstruction_beats_cutting(network: onnx.ModelProto, crops: Crops, held_back: Crops) -> None:
    keep = dict.fromkeys(("stem", "block01", "block02"), 0.5)
    relevance = random_choice(network, crops)
    lesson = prepare(network, crops)
    only_cut = deviation(cut(network, keep, relevance), network, held_back)
    refitted = deviation(prune(network, lesson, keep, relevance=relevance), network, held_back)
    chosen = deviation(prune(network, lesson, keep), network, held_back)
    assert refitted < 0.7 * only_cut
    assert chosen < refitted


def test_a_block_may_go_altogether(network: onnx.ModelProto, crops: Crops) -> None:
    pruned = prune(network, prepare(network, crops), {"block01": 0})
    assert [block.name for block in read_blocks(pruned)] == ["stem", "block02", "block03"]
    assert np.isfinite(deviation(pruned, network, crops))


def test_the_network_and_the_order_of_crops_stay_as_they_are(network: onnx.ModelProto, crops: Crops) -> None:
    before = network.SerializeToString(deterministic=True)
    lesson = prepare(network, crops, seed=3)
    first, second = (prune(network, lesson, {"block02": 0.5}) for _ in range(2))
    assert network.SerializeToString(deterministic=True) == before
    assert first.SerializeToString(deterministic=True) == second.SerializeToString(deterministic=True)


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        ({"block09": 0.5}, "no block 'block09'"),
        ({"block02": 0}, "block02 cannot keep 0"),
        ({"block01": 1.5}, "from 0 to 1"),
        ({"stem": float("nan")}, "above 0 to 1"),
    ],
)
def test_refuses_impossible_shares(
    network: onnx.ModelProto, crops: Crops, keep: dict[str, float], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        prune(network, prepare(network, crops), keep)
