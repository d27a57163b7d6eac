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

"""An ONNX network as a PyTorch module."""

import numpy as np
import onnx
import pytest
import torch
from support.networks import original_network

from hand_tracking_dsp.compression.distillation.network import FEATURES, OnnxNetwork
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session

CLOSE_PX = 1e-3


@pytest.fixture(scope="module", params=["hand_full", "hand_lite"])
def model(request):
    return original_network(f"{request.param}.onnx")


@pytest.fixture(scope="module")
def picture():
    # Smooth, as pictures are: noise alone drives no channel as far as a hand does.
    small = np.random.default_rng(0).random((1, 3, 14, 14), dtype=np.float32)
    return np.ascontiguousarray(small.repeat(16, axis=2).repeat(16, axis=3))


def run(model, picture):
    session = open_session(model.SerializeToString(), "network", RuntimeOptions(precision="fp32"))
    return dict(zip([output.name for output in session.outputs], session.run(picture), strict=True))


def test_agrees_with_onnx_runtime(model, picture):
    expected = run(model, picture)
    with torch.no_grad():
        found = OnnxNetwork(model)(torch.from_numpy(picture))
    assert np.abs(found["landmarks"].numpy() - expected["landmarks"]).max() < CLOSE_PX
    for name in ("presence", "handedness", "world_landmarks"):
        assert np.abs(found[name].numpy() - expected[name]).max() < 1e-5


def test_agrees_while_training_too(model, picture):
    student = OnnxNetwork(model).train()
    found = student(torch.from_numpy(picture).requires_grad_())["landmarks"].detach().numpy()
    assert np.abs(found - run(model, picture)["landmarks"]).max() < CLOSE_PX


def test_gives_the_features_that_the_heads_read(model, picture):
    student = OnnxNetwork(model)
    with torch.no_grad():
        found = student(torch.from_numpy(picture))
    assert found[FEATURES].shape == (1, student.feature_width)


def test_comes_back_as_it_went(model):
    again = OnnxNetwork(model).to_onnx()
    assert again.SerializeToString(deterministic=True) == model.SerializeToString(deterministic=True)


def test_what_was_learned_is_written_back(model, picture):
    student = OnnxNetwork(model)
    with torch.no_grad():
        for parameter in student.parameters():
            parameter.mul_(1.01)
        expected = student(torch.from_numpy(picture))["landmarks"].numpy()
    assert np.abs(run(student.to_onnx(), picture)["landmarks"] - expected).max() < CLOSE_PX


def test_every_weight_gets_a_gradient(model, picture):
    student = OnnxNetwork(model)
    found = student(torch.from_numpy(picture))
    sum(value.square().sum() for value in found.values()).backward()
    assert all(parameter.grad is not None for parameter in student.parameters())


@pytest.mark.parametrize("name", ["palm_full", "palm_lite"])
def test_palm_detectors_agree_and_come_back_too(name):
    model = original_network(f"{name}.onnx")
    small = np.random.default_rng(0).random((2, 3, 12, 12), dtype=np.float32)
    pictures = np.ascontiguousarray(small.repeat(16, axis=2).repeat(16, axis=3))
    student = OnnxNetwork(model)
    student.freeze_constants()
    found = student(torch.from_numpy(pictures))
    for number in range(2):
        for output, expected in run(model, pictures[number : number + 1]).items():
            assert np.abs(found[output][number].detach().numpy() - expected[0]).max() < 1e-2, output
    sum(value.square().mean() for value in found.values()).backward()
    frozen = {name for name, weight in student.weights.items() if not weight.requires_grad}
    assert frozen == {name for name, weight in student.weights.items() if weight.grad is None}
    assert frozen == {key for key in student.weights if key.endswith(("slope", "zero", "scales"))}
    assert student.to_onnx().SerializeToString(deterministic=True) == model.SerializeToString(
        deterministic=True
    )


def test_an_unknown_operator_is_named(model):
    strange = onnx.ModelProto()
    strange.CopyFrom(model)
    strange.graph.node[0].op_type = "Einsum"
    with pytest.raises(ModelError, match="its operators Einsum are not supported"):
        OnnxNetwork(strange)
