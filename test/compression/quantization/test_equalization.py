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

"""Scaled channels say the same and use the whole range."""

from __future__ import annotations

import numpy as np
import onnx

from hand_tracking_dsp.compression.bank.deviation import predict
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.quantization.equalization import equalize
from hand_tracking_dsp.compression.quantization.observation import ChannelRange, observe_ranges
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session

CPU = RuntimeOptions("onnxruntime", ("cpu",))
HIDDEN = "block01.expand.out.relu6"


def highest(ranges: dict[str, ChannelRange], name: str) -> np.ndarray:
    return ranges[name].high.max(axis=0)


def test_the_output_stays(network: onnx.ModelProto, crops: Crops, held_back: Crops) -> None:
    scaled, _ = equalize(network, observe_ranges(network, crops.images))
    was, now = (
        predict(open_session(model.SerializeToString(), "small", CPU), held_back.images)
        for model in (network, scaled)
    )
    np.testing.assert_allclose(now.landmarks, was.landmarks, atol=0.02)


def test_small_channels_before_a_depthwise_layer_grow_and_large_ones_stay(
    network: onnx.ModelProto, crops: Crops
) -> None:
    before = observe_ranges(network, crops.images)
    scaled, expected = equalize(network, before)
    after = observe_ranges(scaled, crops.images)
    alive = highest(before, HIDDEN) > 0
    small = alive & (highest(before, HIDDEN) < 1)
    assert small.any()
    assert (highest(after, HIDDEN)[small] > 1.5 * highest(before, HIDDEN)[small]).all()
    assert (highest(after, HIDDEN)[alive] >= 0.99 * highest(before, HIDDEN)[alive]).all()
    assert highest(after, HIDDEN).max() <= 6
    np.testing.assert_allclose(highest(after, HIDDEN), highest(expected, HIDDEN), rtol=1e-3, atol=1e-5)


def test_tensors_that_are_added_are_scaled_alike(network: onnx.ModelProto, crops: Crops) -> None:
    before = observe_ranges(network, crops.images)
    _, after = equalize(network, before)
    factors = [
        (after[name].high / before[name].high)[0]
        for name in ("stem.project.out", "block01.project.out", "added")
    ]
    np.testing.assert_allclose(factors[0], factors[1], rtol=1e-5)
    np.testing.assert_allclose(factors[0], factors[2], rtol=1e-5)
    assert factors[0].max() > 1.5
