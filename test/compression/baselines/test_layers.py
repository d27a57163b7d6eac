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

"""A landmark network made of PyTorch's own layers."""

import numpy as np
import onnx
import pytest
import torch

from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.baselines.layers import LayeredNetwork
from hand_tracking_dsp.errors import ModelError


def test_says_what_the_onnx_network_says(model):
    image = np.random.default_rng(0).random((1, 3, 224, 224), dtype=np.float32)
    expected = open_exact(model).run(image)
    with torch.no_grad():
        found = LayeredNetwork(model)(torch.from_numpy(image))
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-3)


def test_comes_back_as_it_went(model):
    again = LayeredNetwork(model).to_onnx()
    for ours, theirs in zip(again.graph.initializer, model.graph.initializer, strict=True):
        assert ours.SerializeToString(deterministic=True) == theirs.SerializeToString(deterministic=True)


def test_an_unknown_operator_is_named(lite):
    strange = onnx.ModelProto()
    strange.CopyFrom(lite)
    strange.graph.node[0].op_type = "Einsum"
    with pytest.raises(ModelError, match=r"\(Einsum\) cannot be handed to other tools"):
        LayeredNetwork(strange)
