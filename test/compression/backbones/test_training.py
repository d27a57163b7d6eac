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

"""Training of classifiers of signs."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab adds it")

import torch
from torch import nn

from hand_tracking_dsp.compression.backbones.sign_sets import SignPart
from hand_tracking_dsp.compression.backbones.training import (
    SignTrainingOptions,
    accuracy,
    augmented,
    renew_statistics,
    to_input,
    train_on_signs,
)


@pytest.fixture
def part():
    """Dark and bright images."""
    random = np.random.default_rng(0)
    labels = np.arange(32, dtype=np.int64) % 2
    noise = random.integers(0, 40, (32, 24, 24, 3))
    return SignPart((noise + 180 * labels[:, None, None, None]).astype(np.uint8), labels)


def small_network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 2),
    )


def test_training_learns_what_is_easy_and_leaves_the_network_given(part):
    network = small_network()
    before = [one.clone() for one in network.parameters()]
    done = []
    options = SignTrainingOptions(epochs=12, batch=8, learning_rate=0.02)
    trained = train_on_signs(network, part, options, lambda *how_far: done.append(how_far))
    assert accuracy(trained, part) == 1.0
    assert done[-1] == (12, 12)
    assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))


def test_the_same_seed_trains_the_same_network(part):
    options = SignTrainingOptions(epochs=2, batch=8, seed=4)
    one, other = (train_on_signs(small_network(), part, options) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_no_epochs_change_nothing(part):
    network = small_network()
    trained = train_on_signs(network, part, SignTrainingOptions(epochs=0))
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), trained.parameters(), strict=True))


def test_accuracy_is_the_share_of_right_answers(part):
    class First(nn.Module):
        def forward(self, inputs):
            return torch.tensor([[1.0, 0.0]]).expand(len(inputs), 2)

    assert accuracy(First(), part) == 0.5


def test_renewed_statistics_are_those_of_the_images(part):
    network = nn.Sequential(nn.BatchNorm2d(3))
    images = torch.from_numpy(part.images)
    renew_statistics(network, images)
    inputs = to_input(images)
    assert torch.allclose(network[0].running_mean, inputs.mean((0, 2, 3)), atol=1e-5)
    assert torch.allclose(network[0].running_var, inputs.var((0, 2, 3)), rtol=1e-3)
    assert not network.training


def test_inputs_are_between_minus_one_and_one():
    images = torch.tensor([[[[0, 255, 128]]]], dtype=torch.uint8)
    assert to_input(images).flatten().tolist() == pytest.approx([-1, 1, 0.004], abs=1e-3)


def test_augmentation_keeps_the_shape_and_changes_each_image_in_its_own_way():
    torch.manual_seed(0)
    image = np.random.default_rng(0).integers(0, 256, (1, 24, 24, 3), np.uint8)
    found = augmented(np.repeat(image, 4, axis=0))
    assert found.shape == (4, 3, 24, 24)
    assert found.dtype == torch.float32
    assert not torch.allclose(found[0], found[1])


def test_augmentation_leaves_things_about_where_they_were():
    torch.manual_seed(0)
    image = np.zeros((1, 24, 24, 3), np.uint8)
    image[:, 10:14, 10:14] = 255
    found = augmented(np.repeat(image, 64, axis=0)).mean(dim=(0, 1))
    row, column = divmod(int(found.argmax()), 24)
    assert abs(row - 11.5) < 3
    assert abs(column - 11.5) < 3
