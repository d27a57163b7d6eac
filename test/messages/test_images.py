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

"""Images of 8 bits in every encoding become pixels, or are refused in a sentence."""

from __future__ import annotations

import array

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensor_msgs.msg import Image
from support.image_messages import message

from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.images.value_scale import ValueScale
from hand_tracking_dsp.messages.images import image_to_pixels


def picture(height: int = 8, width: int = 10) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@given(height=st.integers(1, 9), width=st.integers(1, 9), padding=st.integers(0, 5))
def test_rows_may_be_longer_than_their_pixels(height, width, padding):
    expected = picture(height, width)
    pixels, order = image_to_pixels(message("bgr8", expected, width, padding))
    assert order == "bgr"
    np.testing.assert_array_equal(pixels, expected)


def test_bgr8_and_rgb8_are_views_of_the_message():
    for encoding, order in (("bgr8", "bgr"), ("rgb8", "rgb")):
        image = message(encoding, picture(), 10)
        pixels, found = image_to_pixels(image)
        assert found == order
        assert np.shares_memory(pixels, np.frombuffer(image.data, np.uint8))


@pytest.mark.parametrize(
    ("encoding", "code"),
    [
        ("mono8", cv2.COLOR_BGR2GRAY),
        ("bgra8", cv2.COLOR_BGR2BGRA),
        ("rgba8", cv2.COLOR_BGR2RGBA),
    ],
)
def test_other_encodings_become_bgr(encoding, code):
    grey = np.repeat(picture()[:, :, :1], 3, axis=2)
    pixels, order = image_to_pixels(message(encoding, cv2.cvtColor(grey, code), 10))
    assert order == "bgr"
    np.testing.assert_array_equal(pixels, grey)


@pytest.mark.parametrize("encoding", ["yuv422", "uyvy", "yuv422_yuy2", "yuyv"])
def test_yuv_pairs_become_bgr(encoding):
    luma, neutral = 100, 128
    pair = [neutral, luma] if encoding in ("yuv422", "uyvy") else [luma, neutral]
    pixels, _ = image_to_pixels(message(encoding, np.tile(np.array(pair, np.uint8), (4, 6)), 6))
    assert pixels.shape == (4, 6, 3)
    assert np.ptp(pixels) == 0


@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
def test_bayer_patterns_keep_red_red(pattern):
    mosaic = np.zeros((8, 8), np.uint8)
    place = pattern.index("r")
    mosaic[place // 2 :: 2, place % 2 :: 2] = 200
    pixels, _ = image_to_pixels(message(f"bayer_{pattern}8", mosaic, 8))
    np.testing.assert_array_equal(pixels[3:5, 3:5].reshape(-1, 3), [[0, 0, 200]] * 4)


def broken(**changes) -> Image:
    image = message("bgr8", picture(), 10)
    for name, value in changes.items():
        setattr(image, name, value)
    return image


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (broken(width=0), "The image is 0x8 pixels: it needs at least one row and one column."),
        (broken(encoding="jpeg2000"), "The image's encoding is 'jpeg2000': use one of bgr8, rgb8,"),
        (broken(encoding="x" * 3_000_000), f"The image's encoding is '{'x' * 40}…': use one of bgr8, rgb8,"),
        (broken(step=29), "The image's step is 29 bytes, but 10 pixels of bgr8 need 30: fix its publisher."),
        (
            broken(data=array.array("B", bytes(100))),
            "The image is truncated: 8 rows of 30 bytes need 240 bytes, but it holds 100; fix",
        ),
        (broken(height=2**31), "The image is truncated: 2147483648 rows"),
        (
            broken(width=9, encoding="yuyv"),
            "An image of 9x8 pixels cannot be yuyv, whose pixels come in pairs.",
        ),
    ],
)
def test_refuses_a_bad_image_in_a_sentence(image, sentence):
    with pytest.raises(FrameError) as refusal:
        image_to_pixels(image)
    assert str(refusal.value).startswith(sentence)


@given(
    height=st.integers(0, 5),
    width=st.integers(0, 5),
    step=st.integers(0, 40),
    size=st.integers(0, 200),
    encoding=st.sampled_from(["bgr8", "rgba8", "mono8", "mono16", "yuyv", "bayer_rggb8", "32FC1", ""]),
)
def test_any_image_is_either_read_or_refused(height, width, step, size, encoding):
    image = Image(
        height=height, width=width, step=step, encoding=encoding, data=array.array("B", bytes(size))
    )
    try:
        pixels, _ = image_to_pixels(image)
    except FrameError:
        return
    assert pixels.shape == (height, width, 3)
    assert pixels.dtype == np.uint8


def yuv(colour: tuple[int, int, int]) -> tuple[int, ...]:
    """Give brightness, Cb and Cr of one colour, BGR, by ITU-R BT.601 as in nv12: 16 to 235 and 240."""
    blue, green, red = (value / 255 for value in colour)
    grey = 0.299 * red + 0.587 * green + 0.114 * blue
    cb, cr = (blue - grey) / 1.772, (red - grey) / 1.402
    return tuple(round(x) for x in (16 + 219 * grey, 128 + 224 * cb, 128 + 224 * cr))


@pytest.mark.parametrize(
    "colour", [(0, 0, 200), (200, 30, 0), (10, 180, 90), (128, 128, 128), (255, 255, 255)]
)
@pytest.mark.parametrize("step", [10, 16])
@pytest.mark.parametrize("encoding", ["nv12", "nv21", "nv24"])
def test_planes_of_brightness_and_colour_become_bgr(encoding, step, colour):
    height, width = 8, 10
    grey, cb, cr = yuv(colour)
    pair = (cr, cb) if encoding == "nv21" else (cb, cr)
    rows, row_bytes = (height, 2 * step) if encoding == "nv24" else (height // 2, step)
    colours = np.full((rows, row_bytes), 77, np.uint8)
    count = 2 * width if encoding == "nv24" else width
    colours[:, :count] = np.tile(np.array(pair, np.uint8), count // 2)
    planes = np.full((height, step), 77, np.uint8)
    planes[:, :width] = grey
    data = array.array("B", planes.tobytes() + colours.tobytes())
    image = Image(height=height, width=width, encoding=encoding, step=step, data=data)
    pixels, order = image_to_pixels(image)
    assert order == "bgr"
    assert pixels.shape == (height, width, 3)
    np.testing.assert_allclose(pixels.reshape(-1, 3).astype(int), [colour] * 80, atol=5)


@pytest.mark.parametrize("encoding", ["nv12", "nv24"])
def test_a_step_that_counts_the_colours_too_is_understood(encoding):
    planes = 1.5 if encoding == "nv12" else 3
    data = array.array("B", np.full(int(48 * planes), 128, np.uint8).tobytes())
    image = Image(height=6, width=8, encoding=encoding, step=int(8 * planes), data=data)
    pixels, _ = image_to_pixels(image)
    assert np.ptp(pixels) == 0


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (
            Image(height=6, width=7, step=7, encoding="nv12", data=array.array("B", bytes(99))),
            "An image of 7x6 pixels cannot be nv12: its rows and columns come in pairs.",
        ),
        (
            Image(height=7, width=6, step=6, encoding="nv21", data=array.array("B", bytes(99))),
            "An image of 6x7 pixels cannot be nv21: its rows and columns come in pairs.",
        ),
        (
            Image(height=6, width=8, step=8, encoding="nv12", data=array.array("B", bytes(60))),
            "The image is truncated: 9 rows of 8 bytes need 72 bytes, but it holds 60; fix its publisher.",
        ),
        (
            Image(height=6, width=8, step=8, encoding="nv21", data=array.array("B", bytes(40))),
            "The image is truncated: 9 rows of 8 bytes need 72 bytes, but it holds 40; fix its publisher.",
        ),
        (
            Image(height=6, width=8, step=8, encoding="nv24", data=array.array("B", bytes(96))),
            "The image is truncated: 18 rows of 8 bytes need 144 bytes, but it holds 96; fix its publisher.",
        ),
        (
            Image(height=6, width=8, step=6, encoding="nv24", data=array.array("B", bytes(144))),
            "The image's step is 6 bytes, but 8 pixels of nv24 need 8: fix its publisher.",
        ),
        (
            Image(height=2**32 - 1, width=2**32 - 1, step=2**32 - 1, encoding="mono8"),
            "The image is truncated: 4294967295 rows",
        ),
        (Image(height=0, width=0, step=0, encoding="nv12"), "The image is 0x0 pixels: it needs at least"),
    ],
)
def test_sizes_that_an_encoding_cannot_have_are_refused_in_a_sentence(image, sentence):
    with pytest.raises(FrameError) as refusal:
        image_to_pixels(image)
    assert str(refusal.value).startswith(sentence)


def test_an_image_of_one_long_row_is_read():
    image = Image(height=1, width=9000, step=9000, encoding="mono8", data=array.array("B", bytes(9000)))
    assert image_to_pixels(image)[0].shape == (1, 9000, 3)


@pytest.mark.parametrize("encoding", ["bgr8", "nv12"])
def test_an_image_above_the_limit_is_refused(encoding):
    data = array.array("B", bytes(400 * 400 * 3))
    image = Image(
        height=400, width=400, step=1200 if encoding == "bgr8" else 400, encoding=encoding, data=data
    )
    assert image_to_pixels(image)[0].shape == (400, 400, 3)
    with pytest.raises(
        FrameError, match=r"^The image is 400x400 pixels: more than max_image_megapixels, 0\.1"
    ):
        image_to_pixels(image, ValueScale(ImageOptions(max_image_megapixels=0.1)))


@given(
    height=st.integers(0, 9),
    width=st.integers(0, 9),
    step=st.integers(0, 60),
    size=st.integers(0, 600),
    big=st.integers(0, 1),
    encoding=st.sampled_from(
        ["nv12", "nv21", "nv24", "rgb16", "bgra16", "bayer_gbrg8", "bayer_grbg16", "16UC1", "32FC1", "mono16"]
    ),
)
def test_any_image_of_these_encodings_is_either_read_or_refused(height, width, step, size, big, encoding):
    data = array.array("B", np.random.default_rng(size).integers(0, 256, size, dtype=np.uint8).tobytes())
    image = Image(height=height, width=width, step=step, encoding=encoding, is_bigendian=big, data=data)
    try:
        pixels, _ = image_to_pixels(image)
    except FrameError:
        return
    assert pixels.shape == (height, width, 3)
    assert pixels.dtype == np.uint8
