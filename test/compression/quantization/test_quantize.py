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

"""INT8 networks that say nearly what their originals say."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from hand_tracking_dsp.compression.bank.deviation import Predictions, predict
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.onnx_graph import read_weights, write_weights
from hand_tracking_dsp.compression.quantization.quantize import quantize
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session
from hand_tracking_dsp.tracking.composition.onnx_changes import copied

CPU = RuntimeOptions("onnxruntime", ("cpu",))


@pytest.fixture(scope="module")
def quantized(network: onnx.ModelProto, crops: Crops) -> onnx.ModelProto:
    return quantize(network, crops.images)


def said(model: onnx.ModelProto, crops: Crops) -> Predictions:
    return predict(open_session(model.SerializeToString(), "small", CPU), crops.images)


def error(model: onnx.ModelProto, network: onnx.ModelProto, crops: Crops) -> float:
    """Mean error of the landmarks, in shares of how they vary."""
    found, expected = said(model, crops).landmarks, said(network, crops).landmarks
    return float(np.abs(found - expected).mean() / expected.std(axis=0).mean())


def test_inputs_and_outputs_stay_float(network: onnx.ModelProto, quantized: onnx.ModelProto) -> None:
    onnx.checker.check_model(quantized, full_check=True)
    for was, now in zip(
        (*network.graph.input, *network.graph.output),
        (*quantized.graph.input, *quantized.graph.output),
        strict=True,
    ):
        assert (was.name, was.type) == (now.name, now.type)


def test_every_convolution_has_8_bit_weights(quantized: onnx.ModelProto) -> None:
    kinds = {tensor.name: tensor.data_type for tensor in quantized.graph.initializer}
    for layer in ("stem.conv", "stem.depthwise", "block01.expand", "block02.depthwise"):
        assert kinds[f"{layer}.weight_quantized"] == TensorProto.INT8


def test_the_image_loses_nothing(quantized: onnx.ModelProto) -> None:
    weights = read_weights(quantized)
    assert weights["image_scale"] == np.float32(1 / 255)
    assert weights["image_zero_point"] == 0


def test_it_says_what_the_original_says(
    network: onnx.ModelProto, quantized: onnx.ModelProto, held_back: Crops
) -> None:
    assert error(quantized, network, held_back) < 0.08


def test_what_tensorrt_takes_has_zero_points_of_0_throughout(
    network: onnx.ModelProto, crops: Crops, held_back: Crops
) -> None:
    made = quantize(network, crops.images, symmetric=True)
    assert {node.op_type for node in made.graph.node}.isdisjoint({"DynamicQuantizeLinear", "MatMulInteger"})
    weights = read_weights(made)
    zeros = [
        weights[node.input[2]]
        for node in made.graph.node
        if node.op_type in ("QuantizeLinear", "DequantizeLinear") and len(node.input) == 3
    ]
    assert {zero.dtype for zero in zeros} <= {np.dtype(np.int8), np.dtype(np.int32)}  # int32: biases
    assert not any(zero.any() for zero in zeros)
    assert weights["image_scale"] == np.float32(1 / 127)
    made_by = {name: node.op_type for node in made.graph.node for name in node.output}
    clips = [made_by[node.input[0]] for node in made.graph.node if node.op_type == "Clip"]
    assert set(clips) == {"Conv"}  # rounded once, behind both
    assert error(made, network, held_back) < 0.16


def test_care_pays(
    network: onnx.ModelProto, quantized: onnx.ModelProto, crops: Crops, held_back: Crops
) -> None:
    # Ranges that are given switch off scaling, rounding by moments and the correction of biases.
    plain = quantize(network, crops.images, {"stem.conv.out.relu6": (0.0, 6.0)})
    assert error(quantized, network, held_back) < 0.5 * error(plain, network, held_back)


def test_the_same_bytes_come_again(
    network: onnx.ModelProto, quantized: onnx.ModelProto, crops: Crops
) -> None:
    first, again = (
        model.SerializeToString(deterministic=True) for model in (quantized, quantize(network, crops.images))
    )
    assert first == again


def test_learnt_ranges_and_weights_are_taken_as_they_are(network: onnx.ModelProto, crops: Crops) -> None:
    made = quantize(network, crops.images, {"added": (-1.0, 3.0), "stem.conv.out.relu6": (0.0, 5.1)})
    weights = read_weights(made)
    assert weights["added_scale"] == np.float32(4 / 255)
    assert weights["added_zero_point"] == round(255 / 4)
    assert weights["stem.conv.out.relu6_scale"] == np.float32(5.1 / 255)
    kernel = read_weights(network)["block01.expand.weight"]
    steps = np.abs(kernel).max(axis=(1, 2, 3)) / 127
    stored = weights["block01.expand.weight_quantized"][: len(kernel)]
    np.testing.assert_array_equal(stored, np.round(kernel / steps[:, None, None, None]))


def test_a_channel_without_weights_keeps_its_bias(
    network: onnx.ModelProto, crops: Crops, held_back: Crops
) -> None:
    changed = copied(network)
    weights = read_weights(changed)
    kernel = weights["block01.project.weight"].copy()
    kernel[2] = 0
    write_weights(changed, {"block01.project.weight": kernel})
    made = quantize(changed, crops.images)
    biases = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in made.graph.initializer
        if tensor.name.startswith("block01.project.bias_quantized")
    }
    told = biases["block01.project.bias_quantized"] * biases["block01.project.bias_quantized_scale"]
    assert np.abs(told[2]) > 0
    assert error(made, changed, held_back) < 0.08


def test_relu_cuts_off_at_0_though_its_channels_stay_above(network: onnx.ModelProto, crops: Crops) -> None:
    changed = copied(network)
    (node,) = [node for node in changed.graph.node if node.output[0] == "stem.conv.out.relu6"]
    node.op_type = "Relu"
    del node.input[1:], node.attribute[:]
    weights = read_weights(quantize(changed, crops.images))
    assert weights["stem.conv.out.relu6_zero_point"] == 0
