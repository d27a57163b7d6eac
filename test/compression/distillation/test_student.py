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

"""Students: inputs of other sizes, heads fitted to the teacher, and what is exported."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.distillation.network import FEATURES
from hand_tracking_dsp.compression.distillation.student import JointTrainingOptions, Student
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.errors import ConfigurationError


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(24, 3, 28, 28, generator=generator)
    images = torch.nn.functional.interpolate(coarse, size=(224, 224))
    landmarks = 60 + 100 * torch.rand(24, 63, generator=generator)
    return images, {
        "landmarks": landmarks,
        "world_landmarks": landmarks / 1000,
        "presence": torch.full((24,), 0.99),
        "handedness": torch.full((24,), 0.9),
        FEATURES: torch.rand(24, 12, generator=generator),
        "weight": torch.ones(24),
    }


def student(network, size, batch, input_size=None):
    sides = InputSize(size, input_size or size)
    return Student("one", network, sides, JointTrainingOptions(), batch)


def test_what_is_exported_is_what_is_trained_in_the_inputs_own_pixels(small_network, batch):
    one = student(small_network(1), 160, batch)
    one.step(batch, 1e-3, 0)
    model = one.to_onnx()
    session = open_exact(model)
    assert session.inputs[0].shape == (1, 3, 160, 160)
    small = one.seen(batch[0][:1]).numpy()
    outputs = session.run(np.ascontiguousarray(small))
    found = {spec.name: values for spec, values in zip(session.outputs, outputs, strict=True)}
    expected = {name: values[0].numpy() for name, values in one.predict(batch[0][:1]).items()}
    assert np.allclose(found["landmarks"][0], expected["landmarks"] * 160 / 224, rtol=1e-3, atol=1e-2)
    assert np.allclose(found["world_landmarks"][0], expected["world_landmarks"], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("size", "input_size"), [(192, 224), (160, 200)])
def test_a_level_that_sees_the_middle_takes_the_whole_crop(small_network, batch, size, input_size):
    one = student(small_network(1), size, batch, input_size)
    session = open_exact(one.to_onnx())
    assert session.inputs[0].shape == (1, 3, input_size, input_size)
    image = torch.nn.functional.interpolate(batch[0][:1], size=(input_size, input_size))
    around = image.clone()
    edge = (input_size - size) // 2
    around[..., :edge, :] = 0
    around[..., -edge:] = 1
    found, same = (session.run(np.ascontiguousarray(x.numpy()))[0] for x in (image, around))
    assert np.array_equal(found, same)
    if input_size == 224:
        expected = one.predict(image)["landmarks"].numpy()
        assert np.allclose(found, expected, rtol=1e-3, atol=1e-2)


def test_for_another_size_heads_are_fitted_to_the_teacher(small_network, batch):
    fitted, plain = (student(small_network(1), size, batch) for size in (160, 224))
    labels = batch[1]["landmarks"]
    errors = [(one.predict(batch[0])["landmarks"] - labels).abs().mean().item() for one in (fitted, plain)]
    assert errors[0] < 0.5 * errors[1]


def test_the_size_of_the_level_as_it_was_keeps_its_heads(small_network, batch):
    model = small_network(1)
    image = batch[0][:1]
    before = open_exact(model).run(image.numpy())[0]
    after = student(model, 224, batch).predict(image)["landmarks"].numpy()
    assert np.allclose(before, after, atol=1e-3)


def test_training_lowers_the_loss_and_moves_depthwise_kernels_too(small_network, batch):
    one = student(small_network(1), 224, batch)
    kernel = one.network.weights["block/depthwise/weight"].clone()
    for number in range(60):
        one.step(batch, 3e-3, number)
    losses = torch.stack(one.losses)
    assert losses[-5:].mean() < 0.95 * losses[:5].mean()
    assert not torch.equal(kernel, one.network.weights["block/depthwise/weight"])


def test_hands_that_the_teacher_is_unsure_of_fit_no_heads(small_network, batch):
    unsure = {**batch[1], "weight": torch.full((24,), 0.1)}
    with pytest.raises(ConfigurationError, match="sure of no hand"):
        student(small_network(1), 160, (batch[0], unsure))


@pytest.mark.parametrize("own", [(160, 192), (192, 224)])
def test_a_level_that_saw_less_is_fitted_anew_for_the_whole_crop(small_network, batch, own):
    fitted = student(InputSize(*own).of(small_network(1)), 224, batch)
    plain = student(small_network(1), 224, batch)
    labels = batch[1]["landmarks"]
    errors = [(one.predict(batch[0])["landmarks"] - labels).abs().mean().item() for one in (fitted, plain)]
    assert errors[0] < 0.5 * errors[1]
