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

"""fp16 networks."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto

from hand_tracking_dsp.compression.bank.deviation import predict
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.quantization.half import halve
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session

CPU = RuntimeOptions("onnxruntime", ("cpu",))


def test_half_the_bits_say_nearly_the_same(network: onnx.ModelProto, held_back: Crops) -> None:
    before = network.SerializeToString()
    halved = halve(network)
    assert network.SerializeToString() == before
    assert [value.type for value in halved.graph.input] == [value.type for value in network.graph.input]
    assert [value.type for value in halved.graph.output] == [value.type for value in network.graph.output]
    kinds = {tensor.name: tensor.data_type for tensor in halved.graph.initializer}
    assert kinds["stem.conv.weight"] == TensorProto.FLOAT16
    was, now = (
        predict(open_session(model.SerializeToString(), "small", CPU), held_back.images)
        for model in (network, halved)
    )
    np.testing.assert_allclose(now.landmarks, was.landmarks, atol=0.2)
