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

import numpy as np
import onnx
import pytest

from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.bank.model_size import count_macs
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.onnx_graph import read_weights, write_weights
from hand_tracking_dsp.compression.palm.blocks import without_blocks
from hand_tracking_dsp.compression.palm.prune import prune_palm
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.onnx_changes import copied


def test_a_block_that_adds_nothing_can_go_and_nothing_changes(detector, images):
    idle = copied(detector)
    weights = read_weights(idle)
    empty = {
        name: np.zeros_like(weights[name]) for name in ("block01.project.weight", "block01.project.bias")
    }
    straight = {name: np.full_like(weights[name], slope) for name, slope in _SLOPES.items()}
    write_weights(idle, empty | straight)

    left = without_blocks(idle, ["block01"])

    onnx.checker.check_model(left)
    assert count_macs(left) < count_macs(idle)
    assert not any(name.startswith("block01") for name in read_weights(left))
    for found, expected in zip(
        *(open_exact(one).run(as_input(images[0])) for one in (left, idle)), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-4)


_SLOPES = {"block01.prelu.slope": 1.0, "block01.prelu.rest": 0.0}


def test_what_is_behind_makes_up_for_a_block(detector, images):
    pruned = prune_palm(detector, images[:8], without=["block01"])

    def off(model):
        pairs = (
            zip(*(open_exact(one).run(as_input(i)) for one in (model, detector)), strict=True)
            for i in images[24:]
        )
        return np.mean([np.abs(found - expected).mean() for pair in pairs for found, expected in pair])

    assert not any(name.startswith("block01") for name in read_weights(pruned))
    assert off(pruned) < 0.7 * off(without_blocks(detector, ["block01"]))


@pytest.mark.parametrize("name", ["block02", "stem", ""])
def test_refuses_what_is_no_residual_block(detector, name):
    with pytest.raises(ModelError, match="no residual block"):
        without_blocks(detector, [name])
