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

"""The image in the form that a network takes: floats or bytes, whatever the order of its channels."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from hand_tracking_dsp.tracking.contract import BYTE_INPUT, FLOAT_INPUT, LANDMARKS
from hand_tracking_dsp.tracking.network_input import NetworkInput, network_input
from hand_tracking_dsp.tracking.types import Image


def make_input(version: int) -> NetworkInput:
    return NetworkInput(SimpleNamespace(inputs=(LANDMARKS.input(version),)))  # type: ignore[arg-type]


@pytest.fixture
def bgr() -> Image:
    image: Image = np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8)
    return image


def test_network_input_is_rgb_within_0_and_1() -> None:
    image = np.zeros((4, 6, 3), dtype=np.uint8)
    image[..., 0] = 255
    from_rgb, from_bgr = network_input(image, "rgb"), network_input(image, "bgr")
    assert from_rgb.shape == (1, 3, 4, 6)
    assert from_rgb.dtype == np.float32
    np.testing.assert_array_equal(from_rgb[0, :, 0, 0], [1, 0, 0])
    np.testing.assert_array_equal(from_bgr[0, :, 0, 0], [0, 0, 1])


@pytest.mark.parametrize("version", [FLOAT_INPUT, BYTE_INPUT])
def test_every_order_and_number_of_channels_gives_the_same_input(version: int, bgr: Image) -> None:
    fourth = np.full((224, 224, 1), 7, np.uint8)
    expected = np.array(make_input(version).fill(bgr, "bgr"))
    rgb = np.ascontiguousarray(bgr[..., ::-1])
    assert np.array_equal(make_input(version).fill(rgb, "rgb"), expected)
    for image, order in ((bgr, "bgr"), (rgb, "rgb")):
        with_fourth = np.concatenate([image, fourth], axis=2)
        assert np.array_equal(make_input(version).fill(with_fourth, order), expected)  # type: ignore[arg-type]


def test_bytes_are_the_image_in_bgr(bgr: Image) -> None:
    tensor = make_input(BYTE_INPUT).fill(bgr, "bgr")
    assert tensor.dtype == np.uint8
    assert np.array_equal(tensor, bgr[None])


@pytest.mark.parametrize("version", [FLOAT_INPUT, BYTE_INPUT])
def test_one_buffer_is_written_again(version: int, bgr: Image) -> None:
    one = make_input(version)
    first = one.fill(bgr, "rgb")
    assert np.shares_memory(first, one.fill(bgr[::-1].copy(), "rgb"))
