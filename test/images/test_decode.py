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

"""Decoding of images from outside."""

from __future__ import annotations

import struct
from contextlib import suppress

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.encoders import encode, jpeg_bomb, picture, png_bomb, scene, with_exif

from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.images import decode
from hand_tracking_dsp.images.decode import check_size, decode_image
from hand_tracking_dsp.images.options import ImageOptions

OPTIONS = ImageOptions()


def webp_bomb(width: int, height: int) -> bytes:
    canvas = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    data = bytes(100)
    return b"RIFF" + struct.pack("<I", 200) + b"WEBPVP8X" + struct.pack("<I", 10) + canvas + data


def tiff_bomb(width: int, height: int, *more: tuple[int, int]) -> bytes:
    tags = [(256, width), (257, height), *more]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(100)


def bmp_bomb(width: int, height: int) -> bytes:
    data = bytearray(encode(".bmp", picture()))
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            png_bomb(30000, 30000),
            "The picture, a PNG, is 30000x30000 pixels: more than max_image_megapixels, 64",
        ),
        (jpeg_bomb(30000, 30000), "The picture, a JPEG, is 30000x30000 pixels"),
        (jpeg_bomb(30000, 30000, 0xC2), "The picture, a JPEG, is 30000x30000 pixels"),
        (webp_bomb(30000, 30000), "The picture, a WebP, is 30000x30000 pixels"),
        (tiff_bomb(30000, 30000), "The picture, a TIFF, is 30000x30000 pixels"),
        (tiff_bomb(8, 8, (322, 30000), (323, 30000)), "The picture, a TIFF, is 8x8 pixels: more than"),
        (bmp_bomb(30000, -30000), "The picture, a BMP, is 30000x30000 pixels"),
        (
            png_bomb(8000, 6000, 16, 6),
            "The picture, a PNG, is 8000x6000 pixels of 8 bytes, which count as 96 megapixels: more than",
        ),
        (png_bomb(40000, 10), "The picture, a PNG, is 40000x10 pixels: sides of at most 32766 pixels"),
        (png_bomb(0, 10), "The picture, a PNG, is 0x10 pixels: it needs at least one row"),
    ],
)
def test_what_is_too_large_by_its_header_is_not_decoded(monkeypatch, data, sentence):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(FrameError) as refusal:
        decode_image(data, "The picture", OPTIONS)
    assert str(refusal.value).startswith(sentence)


def test_the_limit_can_be_set():
    data = encode(".png", np.zeros((400, 400, 3), np.uint8))
    assert decode_image(data, "The picture", OPTIONS).shape == (400, 400, 3)
    with pytest.raises(FrameError, match=r"is 400x400 pixels: more than max_image_megapixels, 0\.1; make it"):
        decode_image(data, "The picture", ImageOptions(max_image_megapixels=0.1))


def test_opencv_has_a_limit_of_its_own_behind():
    with pytest.raises(cv2.error, match="pixels <= CV_IO_MAX_IMAGE_PIXELS"):
        cv2.imdecode(np.frombuffer(png_bomb(17000, 16000), np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tiff"])
def test_every_orientation_stands_upright_in_every_format(suffix, orientation):
    upright = picture()
    # EXIF says how the camera stood: what it stored is the way back from upright.
    back = {6: 8, 8: 6}.get(orientation, orientation)
    stored = np.ascontiguousarray(decode._TURNS[back](upright)) if back > 1 else upright
    found = decode_image(with_exif(suffix, encode(suffix, stored), orientation), "The picture", OPTIONS)
    assert found.shape == upright.shape
    centres = found[6::12, 10::20].astype(int)
    np.testing.assert_allclose(centres, upright[6::12, 10::20], atol=25)


def test_the_turns_are_those_of_pillow():
    image_module = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    from io import BytesIO

    from PIL import ImageOps

    for orientation in range(1, 9):
        data = with_exif(".png", encode(".png", scene(20, 30)), orientation)
        expected = ImageOps.exif_transpose(image_module.open(BytesIO(data)).convert("RGB"))
        if orientation > 1:
            with image_module.open(BytesIO(data)) as opened:
                expected = ImageOps.exif_transpose(opened).convert("RGB")
        found = decode_image(data, "The picture", OPTIONS)
        np.testing.assert_array_equal(found[:, :, ::-1], np.asarray(expected))


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_sixteen_bits_stay_sixteen(suffix):
    values = np.arange(600, dtype=np.uint16).reshape(20, 30)
    np.testing.assert_array_equal(decode_image(encode(suffix, values), "The picture", OPTIONS), values)


def test_a_tiff_of_floats_is_read():
    values = np.random.default_rng(0).random((20, 30), np.float32)
    np.testing.assert_array_equal(decode_image(encode(".tiff", values), "The picture", OPTIONS), values)


def holes(whole: bytes) -> dict[str, bytes]:
    """Give a JPEG damaged as cameras on a full bus and bad disks do."""
    middle = len(whole) // 2
    random = np.random.default_rng(3).integers(0, 255, 400, dtype=np.uint8).tobytes()
    return {
        "zeros": whole[:middle] + bytes(400) + whole[middle + 400 :],
        "missing": whole[:middle] + whole[middle + 400 :],
        "random": whole[:middle] + random + whole[middle + 400 :],
        "cut off, with an end": whole[:middle] + whole[-2:],
        "cut off": whole[:middle],
        "end missing": whole[:-2],
    }


@pytest.mark.parametrize("kind", holes(b"").keys())
@pytest.mark.parametrize(
    "parameters",
    [
        (),
        (cv2.IMWRITE_JPEG_RST_INTERVAL, 8),
        (cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    ],
    ids=["baseline", "restarts", "progressive"],
)
def test_a_jpeg_with_a_hole_is_refused_and_nothing_is_printed(capfd, kind, parameters):
    damaged = holes(encode(".jpg", scene(), *parameters))[kind]
    with pytest.raises(FrameError, match=r"^The picture cannot be decoded, as it is "):
        decode_image(damaged, "The picture", OPTIONS)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("value", [0, 1, 128, 255])
@pytest.mark.parametrize("optimize", [0, 1])
def test_a_flat_jpeg_of_few_different_bytes_has_no_hole(value, optimize):
    flat = np.full((480, 640, 3), value, np.uint8)
    for quality in (1, 50, 100):
        parameters = (cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, optimize)
        found = decode_image(encode(".jpg", flat, *parameters), "The picture", OPTIONS)
        assert abs(float(found.mean()) - value) < 6


@pytest.mark.parametrize("more", [0, 1, 7, 15])
def test_the_bytes_with_which_cameras_pad_a_jpeg_are_no_damage(capfd, more):
    whole = encode(".jpg", scene())
    padded = whole[:-2] + b"\x11" * more + whole[-2:] + bytes(more)
    expected = decode_image(whole, "The picture", OPTIONS)
    np.testing.assert_array_equal(decode_image(padded, "The picture", OPTIONS), expected)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("suffix", [".png", ".webp", ".bmp", ".tiff"])
@pytest.mark.parametrize("rest", [0.1, 0.5, 0.95])
def test_what_is_cut_off_is_refused_and_nothing_is_printed(capfd, suffix, rest):
    whole = encode(suffix, scene(60, 80))
    with pytest.raises(FrameError, match=r"^The picture cannot be decoded, as it is "):
        decode_image(whole[: round(rest * len(whole))], "The picture", OPTIONS)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_compressed_pixels_with_a_hole_are_refused(suffix):
    if suffix == ".tiff" and int(cv2.__version__.split(".")[0]) < 5:
        pytest.skip(f"OpenCV {cv2.__version__} does not say what libtiff found")
    whole = encode(suffix, scene(60, 80))
    middle = len(whole) // 2
    with pytest.raises(FrameError, match=r"a damaged (PNG|TIFF)"):
        decode_image(whole[:middle] + bytes(60) + whole[middle + 60 :], "The picture", OPTIONS)


@given(
    suffix=st.sampled_from([".jpg", ".png", ".webp", ".bmp", ".tiff"]),
    place=st.integers(0, 5000),
    put=st.binary(min_size=1, max_size=40),
)
def test_any_damage_gives_an_image_or_a_sentence(suffix, place, put):
    whole = encode(suffix, scene(40, 50))
    place %= len(whole)
    with suppress(FrameError):
        found = decode_image(whole[:place] + put + whole[place + len(put) :], "The picture", OPTIONS)
        assert found.dtype in (np.uint8, np.uint16, np.float32)


def test_a_size_is_checked_by_itself():
    check_size("The image", 8000, 8000, OPTIONS)
    with pytest.raises(FrameError, match="The image is 8001x8000 pixels: more than"):
        check_size("The image", 8001, 8000, OPTIONS)
