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

"""Rounding as the INT8 network will."""

import pytest
import torch

from hand_tracking_dsp.compression.distillation.fake_quantization import FakeQuantizer, RangeObserver
from hand_tracking_dsp.compression.distillation.network import OnnxNetwork


@pytest.fixture
def values():
    return torch.linspace(-3, 9, 5001)


@pytest.mark.parametrize("bounds", [(-1.0, 6.0), (0.0, 6.0), (-2.7, 0.3)])
def test_activations_take_at_most_256_values_within_their_range(values, bounds):
    found = FakeQuantizer({"x": bounds}).activation("x", values).detach()
    step = (bounds[1] - bounds[0]) / 255
    assert len(found.unique()) <= 256
    assert found.min() >= bounds[0] - step
    assert found.max() <= bounds[1] + step
    inside = (values > bounds[0]) & (values < bounds[1])
    assert (found - values)[inside].abs().max() <= step


@pytest.mark.parametrize("bounds", [(-1.234, 6.0), (0.5, 6.0), (-6.0, -0.5)])
def test_zero_stays_exact(bounds):
    rounding = FakeQuantizer({"x": bounds})
    assert rounding.activation("x", torch.zeros(3)).tolist() == [0.0, 0.0, 0.0]


def test_a_tensor_without_a_range_stays_as_it_is(values):
    assert FakeQuantizer({"x": (0.0, 1.0)}).activation("y", values) is values


def test_weights_take_at_most_255_values_in_every_output_channel():
    weight = torch.randn(4, 300, generator=torch.Generator().manual_seed(0)).view(4, 3, 10, 10)
    found = FakeQuantizer({}).weight("w", weight)
    for rounded, original in zip(found, weight, strict=True):
        assert len(rounded.unique()) <= 255
        step = float(original.abs().max()) / 127
        assert float((rounded - original).abs().max()) <= step / 2 + 1e-6


def test_gradients_pass_through_the_rounding():
    rounding = FakeQuantizer({"x": (-1.0, 6.0)})
    inside = torch.tensor([0.3, 2.2, 5.1], requires_grad=True)
    rounding.activation("x", inside).sum().backward()
    torch.testing.assert_close(inside.grad, torch.ones(3))
    weight = torch.randn(2, 5, requires_grad=True)
    rounding.weight("w", weight).sum().backward()
    torch.testing.assert_close(weight.grad, torch.ones(2, 5))


def test_ranges_are_learned_from_what_they_cut_off():
    rounding = FakeQuantizer({"x": (-1.0, 6.0)})
    rounding.activation("x", torch.tensor([9.0])).sum().backward()
    assert rounding.high.grad.item() > 0
    assert rounding.ranges() == {"x": (-1.0, 6.0)}


def test_the_observer_sees_what_rounding_will_round(small_network):
    network = OnnxNetwork(small_network(0))
    network.quantizer = observer = RangeObserver()
    image = torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        observed = network(image)["landmarks"]
    # Behind a Clip, not before it; the heads' outputs stay as they are.
    assert {"a", "b", "block.project"} <= set(observer.ranges)
    assert "block.expand" not in observer.ranges
    low, high = observer.ranges["a"]
    assert 0 <= low <= high <= 6
    network.quantizer = None
    torch.testing.assert_close(network(image)["landmarks"].detach(), observed)


def test_a_rounded_network_says_nearly_the_same(small_network):
    network = OnnxNetwork(small_network(0))
    image = torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        expected = network(image)["landmarks"]
        network.quantizer = observer = RangeObserver()
        network(image)
        network.quantizer = FakeQuantizer(observer.ranges)
        found = network(image)["landmarks"]
    assert 0 < float((found - expected).abs().max()) < 0.1 * float(expected.abs().max())
