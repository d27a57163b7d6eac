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

from __future__ import annotations

import array

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensor_msgs.msg import CompressedImage, Image

from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.messages.images import compressed_to_pixels, image_to_pixels


def message(encoding: str, rows: np.ndarray, width: int, padding: int = 0, **others) -> Image:
    rows = np.ascontiguousarray(rows).reshape(rows.shape[0], -1).view(np.uint8)
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    return Image(
        height=rows.shape[0],
        width=width,
        encoding=encoding,
        step=padded.shape[1],
        data=array.array("B", padded.tobytes()),
        **others,
    )


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


@pytest.mark.parametrize("big", [0, 1])
def test_mono16_keeps_its_high_byte_in_either_byte_order(big):
    rows = np.full((2, 3), 0x4002, dtype=">u2" if big else "<u2")
    pixels, _ = image_to_pixels(message("mono16", rows, 3, is_bigendian=big))
    assert (pixels == 0x40).all()


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


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff\xe0" + bytes(20)])
def test_refuses_a_compressed_image_that_is_none(data):
    with pytest.raises(
        FrameError, match=r"^The compressed image \(format 'jpeg', \d+ bytes\) cannot be decoded"
    ):
        compressed_to_pixels(CompressedImage(format="jpeg", data=array.array("B", data)))
