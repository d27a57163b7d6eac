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

"""Networks between a network and what training has made of it."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from hand_tracking_dsp.compression.distillation.blend import blended
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.onnx_changes import copied


def weights(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


@pytest.fixture
def start() -> onnx.ModelProto:
    graph = onnx.parser.parse_graph(
        "g (float[1, 4] x) => (float[4] y) <float[4] w = {1, 2, 3, 4}, int64[1] s = {4}>"
        "{ z = Reshape(x, s) y = Mul(z, w) }"
    )
    return onnx.helper.make_model(graph)


def changed(model: onnx.ModelProto, name: str, values: np.ndarray) -> onnx.ModelProto:
    model = copied(model)
    (tensor,) = (tensor for tensor in model.graph.initializer if tensor.name == name)
    tensor.CopyFrom(numpy_helper.from_array(values, name))
    return model


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, [1, 2, 3, 4]), (0.25, [2, 2, 3, 3]), (1.0, [5, 2, 3, 0])]
)
def test_weights_lie_between_both(start: onnx.ModelProto, share: float, expected: list[float]) -> None:
    trained = changed(start, "w", np.array([5, 2, 3, 0], np.float32))
    np.testing.assert_allclose(weights(blended(start, trained, share))["w"], expected)
    assert weights(start)["w"][0] == 1
    assert weights(trained)["w"][0] == 5


@pytest.mark.parametrize(
    ("name", "values"),
    [("w", np.ones(3, np.float32)), ("s", np.array([1], np.int64))],
    ids=["shape", "integer"],
)
def test_refuses_networks_that_are_not_one(start: onnx.ModelProto, name: str, values: np.ndarray) -> None:
    with pytest.raises(ModelError, match=f"cannot be blended: {name} differs"):
        blended(start, changed(start, name, values), 0.5)
