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

"""Networks with inputs of other sizes, and such that see the middle of their input alone."""

from __future__ import annotations

import numpy as np
import pytest
from support.networks import make_small_network

from hand_tracking_dsp.compression.bank.byte_input import (
    largest_difference,
    with_byte_input,
    with_float_input,
)
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.input_size import (
    InputSize,
    input_side,
    middle_size,
    with_middle,
    without_middle,
)
from hand_tracking_dsp.compression.quantization.placeholder_ranges import with_any_ranges
from hand_tracking_dsp.compression.quantization.quantize import quantize
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized


@pytest.fixture
def image():
    return np.random.default_rng(0).random((1, 3, 224, 224), np.float32)


def run(model, image):
    return open_exact(model).run(np.ascontiguousarray(image))


@pytest.mark.parametrize("text", ["192", "192/224", "160/200"])
def test_a_size_is_read_and_written_alike(text):
    assert str(InputSize.parse(text)) == text


@pytest.mark.parametrize("text", ["", "190", "48", "232", "192/", "/224", "224/192", "192/210", "a/b", "1e2"])
def test_a_size_that_cannot_be_is_refused(text):
    with pytest.raises(ConfigurationError, match="cannot be had"):
        InputSize.parse(text)


def test_a_network_takes_an_input_of_another_size_and_gives_its_pixels(image):
    model = make_small_network(1)
    sized = InputSize(192, 192).of(model)
    assert open_exact(sized).inputs[0].shape == (1, 3, 192, 192)
    small = image[..., :192, :192]
    plain = InputSize(192, 224).of(model)
    whole = np.zeros_like(image)
    whole[..., 16:208, 16:208] = small
    assert np.allclose(run(sized, small)[0], run(plain, whole)[0] * 192 / 224, rtol=1e-4)


def test_the_middle_is_all_that_is_seen(image):
    model = InputSize(160, 160).of(make_small_network(1))
    larger = with_middle(model, 200)
    assert (input_side(larger), middle_size(larger)) == (200, 160)
    crop = image[..., :200, :200]
    expected = run(model, crop[..., 20:180, 20:180])
    assert all(np.array_equal(a, b) for a, b in zip(run(larger, crop), expected, strict=True))
    assert InputSize.read(larger) == InputSize(160, 200)
    assert InputSize.read(model) == InputSize(160, 160)
    assert serialized(without_middle(larger)) == serialized(model)
    assert without_middle(model) is model


def test_bytes_are_cut_before_they_become_floats_and_the_file_comes_back_as_it_was():
    floats = serialized(with_middle(InputSize(160, 160).of(make_small_network(1)), 200))
    taking_bytes = with_byte_input(floats, "small")
    assert open_exact(taking_bytes).inputs[0].shape == (1, 200, 200, 3)
    assert largest_difference(floats, taking_bytes, "small") == 0
    assert with_float_input(taking_bytes, "small") == floats
    assert with_byte_input(taking_bytes, "small") == taking_bytes


def test_int8_is_that_of_the_network_that_sees_the_middle():
    model = InputSize(160, 160).of(make_small_network(1))
    crops = np.random.default_rng(1).integers(0, 256, (12, 200, 200, 3), np.uint8)
    found = quantize(with_middle(model, 200), crops)
    assert (input_side(found), middle_size(found)) == (200, 160)
    assert serialized(without_middle(found)) == serialized(quantize(model, crops[:, 20:180, 20:180]))
    timed = with_any_ranges(with_middle(model, 200))
    assert (input_side(timed), middle_size(timed)) == (200, 160)
