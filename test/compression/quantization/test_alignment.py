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

"""Padding for fast kernels changes nothing that a network says."""

from __future__ import annotations

import numpy as np
import onnx

from hand_tracking_dsp.compression.bank.deviation import predict
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.onnx_graph import is_depthwise, read_weights
from hand_tracking_dsp.compression.quantization.alignment import ZERO_PLANES, align
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session

CPU = RuntimeOptions("onnxruntime", ("cpu",))


def test_channels_become_multiples_and_the_output_stays(network: onnx.ModelProto, held_back: Crops) -> None:
    before = network.SerializeToString()
    aligned = align(network)
    assert network.SerializeToString() == before
    weights = read_weights(aligned)
    for node in aligned.graph.node:
        if is_depthwise(node):
            assert len(weights[node.input[1]]) % 16 == 0
        elif node.op_type == "Conv":
            assert weights[node.input[1]].shape[1] % 4 == 0
    was, now = (
        predict(open_session(model.SerializeToString(), "small", CPU), held_back.images)
        for model in (network, aligned)
    )
    np.testing.assert_allclose(now.landmarks, was.landmarks, atol=1e-3)
    assert not weights[ZERO_PLANES].any()


def test_a_network_that_is_aligned_stays_as_it_is(network: onnx.ModelProto) -> None:
    aligned = align(network)
    assert align(aligned).SerializeToString() == aligned.SerializeToString()
