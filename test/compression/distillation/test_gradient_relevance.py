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

"""R(c) by autograd."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from support.networks import original_network

from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.distillation.gradient_relevance import gradient_relevance, weight_relevance
from hand_tracking_dsp.compression.onnx_graph import read_weights
from hand_tracking_dsp.compression.pruning.criteria import channel_sums


@pytest.fixture(scope="module")
def lite() -> onnx.ModelProto:
    return original_network("hand_lite.onnx")


@pytest.fixture(scope="module")
def crops() -> Crops:
    images = np.random.default_rng(0).integers(0, 256, (2, 28, 28, 3), np.uint8)
    return Crops(images.repeat(8, axis=1).repeat(8, axis=2), ("a", "a"), ("a/0", "a/1"))


def test_every_weight_has_a_relevance(lite: onnx.ModelProto, crops: Crops) -> None:
    found = weight_relevance(lite, crops)
    for name, value in read_weights(lite).items():
        if value.ndim:
            assert found[name].shape == value.shape
            assert (found[name] >= 0).all()
    # The other heads say nothing of the landmarks.
    assert found["head.world_landmarks.weight"].max() == 0
    assert found["head.landmarks.weight"].max() > 0


def test_channels_have_the_sum_of_their_weights(lite: onnx.ModelProto, crops: Crops) -> None:
    found = gradient_relevance(lite, crops)
    expected = channel_sums(lite, weight_relevance(lite, crops))
    for block in read_blocks(lite):
        assert found[block.name].shape == (block.channels,)
        np.testing.assert_allclose(found[block.name], expected[block.name])


def test_the_seed_decides(lite: onnx.ModelProto, crops: Crops) -> None:
    one, two, other = (gradient_relevance(lite, crops, seed)["block05"] for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)
