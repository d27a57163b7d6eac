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

"""Depth in metres out of messages of ROS 2 and of rosbags."""

from __future__ import annotations

import array
import struct
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

pytest.importorskip("hand_tracking_dsp.msg", reason="the messages are not built; run make setup")
pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from sensor_msgs.msg import CompressedImage, Image
from support.encoders import encode_rvl

from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.messages.depth_images import (
    SharedDepth,
    compressed_depth_to_metres,
    depth_to_metres,
)
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES

LIMIT = ImageOptions()
MM = np.array([[0, 500, 1000], [65535, 1, 250]], np.uint16)
METRES = np.array([[0, 0.5, 1], [65.535, 0.001, 0.25]], np.float32)


def image(encoding: str, values: np.ndarray, padding: int = 0, *, big: bool = False) -> Image:
    rows = values.astype(values.dtype.newbyteorder(">" if big else "<")).view(np.uint8)
    padded = np.pad(rows.reshape(values.shape[0], -1), ((0, 0), (0, padding)), constant_values=77)
    return Image(
        height=values.shape[0],
        width=values.shape[1],
        encoding=encoding,
        is_bigendian=int(big),
        step=padded.shape[1],
        data=array.array("B", padded.tobytes()),
    )


def compressed(format_: str, payload: bytes, scale: float = 0.0, offset: float = 0.0) -> CompressedImage:
    data = struct.pack("<iff", 0, scale, offset) + payload
    return CompressedImage(format=format_, data=array.array("B", data))


def png(values: np.ndarray) -> bytes:
    return cv2.imencode(".png", values)[1].tobytes()


def rvl(values: np.ndarray) -> bytes:
    return struct.pack("<II", *values.shape[::-1]) + encode_rvl(values)


@pytest.mark.parametrize("big", [False, True], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("padding", [0, 1, 6])
@pytest.mark.parametrize("encoding", ["16UC1", "mono16"])
def test_millimetres_become_metres_and_0_stays_unknown(encoding, padding, big):
    metres = depth_to_metres(image(encoding, MM, padding, big=big), LIMIT)
    assert metres.dtype == np.float32
    np.testing.assert_allclose(metres, METRES, rtol=1e-6)


@pytest.mark.parametrize("big", [False, True], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("padding", [0, 3])
def test_what_is_no_distance_is_unknown(padding, big):
    values = np.array([[np.nan, np.inf, -np.inf, 1e30], [-1, 0, 0.75, 1e-30]], np.float32)
    metres = depth_to_metres(image("32FC1", values, padding, big=big), LIMIT)
    np.testing.assert_array_equal(metres, [[0, 0, 0, 0], [0, 0, 0.75, 0]])


def test_an_image_is_left_as_it_is():
    message = image("32FC1", METRES)
    before = bytes(message.data)
    depth_to_metres(message, LIMIT)[:] = 7
    assert bytes(message.data) == before


@pytest.mark.parametrize(
    ("encoding", "values", "unit_m", "expected"),
    [("16UC1", [[0, 8000]], 0.000125, [[0, 1]]), ("32FC1", [[np.nan, 500]], 0.001, [[0, 0.5]])],
)
def test_a_unit_that_is_given_goes_before_the_encodings(encoding, values, unit_m, expected):
    kind = np.uint16 if encoding == "16UC1" else np.float32
    np.testing.assert_allclose(
        depth_to_metres(image(encoding, np.array(values, kind)), LIMIT, unit_m), expected
    )


@pytest.mark.parametrize("build", [ROS_MESSAGES, BAG_MESSAGES], ids=["ROS 2", "rosbags"])
def test_a_depth_image_survives_the_way_through_a_message(build):
    header = build.header(5, "camera")
    for values in (MM, MM.astype(">u2"), MM[:, ::-1]):
        message = build.depth_image(values, header)
        assert (message.encoding, message.step, message.header) == ("16UC1", 6, header)
        np.testing.assert_allclose(depth_to_metres(message, LIMIT), values * 1e-3, rtol=1e-6)


def test_a_shared_image_gives_the_same_and_cannot_be_written():
    shared = SharedDepth(SimpleNamespace(), MM.copy())
    np.testing.assert_array_equal(depth_to_metres(shared, LIMIT), depth_to_metres(image("16UC1", MM), LIMIT))
    with pytest.raises(ValueError, match="read-only"):
        shared.depth_mm[0] = 1


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (
            image("rgb8", np.zeros((2, 9), np.uint8)),
            "The depth image's encoding is 'rgb8': use one of 16UC1,",
        ),
        (Image(height=2, width=3, encoding="16UC1", step=5), "The depth image's step is 5 bytes"),
        (Image(height=2, width=3, encoding="16UC1", step=6), "The depth image is truncated"),
        (Image(height=0, width=3, encoding="16UC1", step=6), "The depth image is 3x0 pixels"),
        (image("16UC1", np.zeros((600, 600), np.uint16)), "The depth image is 600x600 pixels: more than"),
    ],
)
def test_a_bad_image_is_refused_in_a_sentence(message, sentence):
    with pytest.raises(FrameError) as refusal:
        depth_to_metres(message, ImageOptions(max_image_megapixels=0.3))
    assert str(refusal.value).startswith(sentence)


@pytest.mark.parametrize(
    ("format_", "payload"),
    [
        ("16UC1; compressedDepth", png(MM)),
        ("16UC1; compressedDepth png", png(MM)),
        ("16UC1", png(MM)),
        ("mono16; compressedDepth png", png(MM)),
        ("16UC1; compressedDepth rvl", rvl(MM)),
    ],
)
def test_compressed_millimetres_are_stored_as_they_are(format_, payload):
    message = compressed(format_, payload, float("nan"), float("nan"))  # not set there
    np.testing.assert_allclose(compressed_depth_to_metres(message, LIMIT), METRES, rtol=1e-6)
    halves = compressed_depth_to_metres(message, LIMIT, 0.0005)
    np.testing.assert_allclose(halves, METRES / 2, rtol=1e-6)


@pytest.mark.parametrize(("codec", "encode"), [("png", png), ("rvl", rvl)])
def test_compressed_metres_are_inverse_and_0_is_unknown(codec, encode):
    scale, offset = 10100.0, -1009.0  # 100 * 101 and 1 - 10100 / 10 m
    metres = np.array([[0, 0.5, 1], [2, 4, 8]], np.float32)
    with np.errstate(divide="ignore"):
        stored = np.where(metres > 0, scale / metres + offset, 0).astype(np.uint16)
    message = compressed(f"32FC1; compressedDepth {codec}", encode(stored), scale, offset)
    np.testing.assert_allclose(compressed_depth_to_metres(message, LIMIT), metres, atol=8**2 / scale)


def picture(format_: str, suffix: str, values: np.ndarray) -> CompressedImage:
    data = cv2.imencode(suffix, values)[1].tobytes()
    return CompressedImage(format=format_, data=array.array("B", data))


@pytest.mark.parametrize("format_", ["16UC1; png compressed ", "mono16; png compressed ", "png", "16UC1"])
def test_millimetres_come_as_a_png_of_16_bits_too(format_):
    message = picture(format_, ".png", MM)
    np.testing.assert_allclose(compressed_depth_to_metres(message, LIMIT), METRES, rtol=1e-6)
    halves = compressed_depth_to_metres(message, LIMIT, 0.0005)
    np.testing.assert_allclose(halves, METRES / 2, rtol=1e-6)


def test_metres_come_as_a_tiff_of_floats_too():
    values = np.array([[np.nan, 0.5, 1], [-1, np.inf, 0.25]], np.float32)
    message = picture("32FC1; tiff compressed ", ".tiff", values)
    np.testing.assert_array_equal(compressed_depth_to_metres(message, LIMIT), [[0, 0.5, 1], [0, 0, 0.25]])


def test_inverse_depth_without_its_parameters_is_unknown():
    message = compressed("32FC1; compressedDepth png", png(MM), float("nan"), 0.0)
    assert not compressed_depth_to_metres(message, LIMIT).any()


@pytest.mark.parametrize(
    "message",
    [
        compressed("16UC1; compressedDepth png", png(np.zeros((400, 300), np.uint16))),
        compressed("16UC1; compressedDepth rvl", struct.pack("<II", 300, 400)),
        picture("16UC1; png compressed ", ".png", np.zeros((400, 300), np.uint16)),
    ],
    ids=["compressedDepth png", "compressedDepth rvl", "compressed png"],
)
def test_a_compressed_image_above_the_limit_is_refused_by_its_header(message):
    with pytest.raises(FrameError, match=r"300x400 pixels: more than max_image_megapixels, 0.1"):
        compressed_depth_to_metres(message, ImageOptions(max_image_megapixels=0.1))


@pytest.mark.parametrize(
    ("message", "end"),
    [
        (compressed("jpeg", png(MM)), "'jpeg': use one of 16UC1, mono16, 32FC1."),
        (
            compressed("16UC1; jpeg compressed", png(MM)),
            "give compressedDepth as PNG or RVL, or the raw image.",
        ),
        (
            compressed("16UC1; compressedDepth lz4", b"12"),
            "give compressedDepth as PNG or RVL, or the raw image.",
        ),
        (
            picture("16UC1; jpeg compressed mono8", ".jpg", MM.astype(np.uint8)),
            "set its publisher's format to png, or take compressedDepth.",
        ),
        (
            picture("bgr16; png compressed bgr16", ".png", np.zeros((2, 2, 3), np.uint16)),
            "set its publisher's format to png, or take compressedDepth.",
        ),
        (CompressedImage(format="png", data=array.array("B", png(MM)[:-20])), "give JPEG or PNG."),
        (compressed("16UC1; compressedDepth png", b""), "is cut off within its header: fix its publisher."),
        (compressed("16UC1; compressedDepth png", png(MM)[:-20]), "give JPEG or PNG."),
        (compressed("16UC1; compressedDepth png", rvl(MM)), "'16UC1; compressedDepth rvl' for RVL."),
        (compressed("16UC1; compressedDepth png", png(MM.astype(np.uint8))), "fix its publisher."),
        (
            compressed("16UC1; compressedDepth rvl", b"1234"),
            "is cut off within its header: fix its publisher.",
        ),
        (compressed("16UC1; compressedDepth rvl", rvl(MM)[:-4]), ": give it whole."),
        (compressed("16UC1; compressedDepth rvl", struct.pack("<II", 60000, 60000)), "raise the limit."),
        (compressed("16UC1; compressedDepth rvl", struct.pack("<II", 0, 7)), "one row and one column."),
    ],
)
def test_a_bad_compressed_image_is_refused_in_a_sentence(message, end):
    with pytest.raises(FrameError) as refusal:
        compressed_depth_to_metres(message, LIMIT)
    assert str(refusal.value).startswith("The depth image")
    assert str(refusal.value).endswith(end)
