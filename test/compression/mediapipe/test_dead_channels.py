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

"""Removing dead channels changes nothing that a network says."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from hand_tracking_dsp.compression.bank.model_size import count_macs, count_parameters
from hand_tracking_dsp.compression.mediapipe.dead_channels import remove_dead_channels

HIDDEN = 48


def block(dead: int, head: str) -> onnx.ModelProto:
    """A small inverted-residual block whose first hidden channels are dead, with biases that are not zero."""
    rng = np.random.default_rng(0)

    def weight(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.5, shape).astype(np.float32)

    weights = {
        "e.w": weight(HIDDEN, 8, 1, 1), "e.b": weight(HIDDEN),
        "d.w": weight(HIDDEN, 1, 3, 3), "d.b": weight(HIDDEN) + 1,
        "p.w": weight(8, HIDDEN, 1, 1), "p.b": weight(8),
        "g.w": weight(5, HIDDEN), "g.b": weight(5),
        "zero": np.float32(0), "six": np.float32(6),
    }  # fmt: skip
    weights["d.w"][:dead] = 0
    node = helper.make_node
    nodes = [
        node("Conv", ["image", "e.w", "e.b"], ["e"], name="block01.expand", kernel_shape=[1, 1]),
        node("Clip", ["e", "zero", "six"], ["e6"]),
        node("Conv", ["e6", "d.w", "d.b"], ["d"], name="block01.depthwise", group=HIDDEN,
             kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Clip", ["d", "zero", "six"], ["d6"]),
    ]  # fmt: skip
    if head == "project":
        nodes.append(node("Conv", ["d6", "p.w", "p.b"], ["out"], kernel_shape=[1, 1]))
        shape = [1, 8, 6, 6]
        del weights["g.w"], weights["g.b"]
    else:
        nodes.append(node("GlobalAveragePool", ["d6"], ["m"]))
        nodes.append(node("Flatten", ["m"], ["f"]))
        nodes.append(node("Gemm", ["f", "g.w", "g.b"], ["out"], transB=1))
        shape = [1, 5]
        del weights["p.w"], weights["p.b"]
    graph = helper.make_graph(
        nodes,
        "block",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 8, 6, 6])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)


def run(model: onnx.ModelProto) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString())
    image = np.random.default_rng(1).normal(0, 1, (1, 8, 6, 6)).astype(np.float32)
    return np.asarray(session.run(None, {"image": image})[0])


@pytest.mark.parametrize("head", ["project", "heads"])
@pytest.mark.parametrize(("dead", "removed"), [(0, 0), (10, 0), (16, 16), (30, 16), (HIDDEN, 32)])
# With nothing alive one group stays: a convolution cannot have no channel.
def test_the_output_stays_and_whole_groups_of_16_go(head: str, dead: int, removed: int) -> None:
    model = block(dead, head)
    before, parameters, macs = run(model), count_parameters(model), count_macs(model)
    assert remove_dead_channels(model) == removed
    np.testing.assert_allclose(run(model), before, atol=1e-5)
    assert (count_parameters(model) < parameters) == (removed > 0)
    assert (count_macs(model) < macs) == (removed > 0)


def test_a_second_time_there_is_nothing_left_to_remove() -> None:
    model = block(30, "project")
    remove_dead_channels(model)
    assert remove_dead_channels(model) == 0
