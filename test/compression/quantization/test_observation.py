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

"""Ranges and second moments are those of the tensors."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.onnx_graph import read_weights
from hand_tracking_dsp.compression.quantization.observation import (
    ChannelRange,
    observe_moments,
    observe_ranges,
    run_through,
)


def test_ranges_are_of_each_channel_in_each_picture(network: onnx.ModelProto, crops: Crops) -> None:
    ranges = observe_ranges(network, crops.images[:3])
    image = as_input(crops.images[2])[0].reshape(3, -1)
    np.testing.assert_allclose(ranges["image"].low[2], image.min(axis=1))
    np.testing.assert_allclose(ranges["image"].high[2], image.max(axis=1))
    assert ranges["stem.conv.out.relu6"].low.min() >= 0
    assert ranges["stem.conv.out.relu6"].high.shape == (3, 24)


def test_the_margin_follows_how_pictures_differ() -> None:
    steady = ChannelRange(np.zeros((2, 2), np.float32), np.array([[1, 1], [1, 3]], np.float32))
    np.testing.assert_allclose(steady.bounds(2)[1], [1, 5])


@pytest.mark.parametrize("layer", ["stem.conv", "stem.depthwise", "block01.expand"])
def test_moments_tell_how_large_a_layers_output_is(
    network: onnx.ModelProto, crops: Crops, layer: str
) -> None:
    # wᵀ H w is the mean square of the output without its bias: a check of patches, padding and strides.
    moments = observe_moments(network, crops.images)[f"{layer}.out"]
    weights = read_weights(network)
    kernel, bias = weights[f"{layer}.weight"], weights[f"{layer}.bias"]
    rows = kernel.reshape((len(kernel), 1, -1) if layer == "stem.depthwise" else (1, len(kernel), -1))
    expected = np.einsum("grk,gkl,grl->gr", rows, moments, rows).reshape(-1)
    outputs = [found[f"{layer}.out"] for found in run_through(network, crops.images, (f"{layer}.out",))]
    squares = np.mean([((out - bias[:, None, None]) ** 2).mean(axis=(0, 2, 3)) for out in outputs], axis=0)
    np.testing.assert_allclose(expected, squares, rtol=0.3)
