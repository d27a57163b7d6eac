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

"""Sizes that encoded images state."""

from __future__ import annotations

import io
import struct

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.encoders import encode, jpeg_bomb, picture, png_bomb, with_exif

from hand_tracking_dsp.images.header import HeaderError, foreign_kind, read_header

SUFFIXES = (".jpg", ".png", ".webp", ".bmp", ".tiff")


def pillow_images(image):
    """Give one image as Pillow writes it in all kinds and modes: (name, data, bytes of a pixel)."""
    kinds = {
        "JPEG": {"L": 1, "RGB": 3},
        "PNG": {"1": 1, "L": 1, "P": 3, "RGB": 3, "RGBA": 4, "I;16": 2},
        "WEBP": {"RGB": 3, "RGBA": 4},
        "BMP": {"L": 3, "RGB": 3},
        "TIFF": {"L": 1, "RGB": 3, "RGBA": 4, "I;16": 2},
    }
    for kind, modes in kinds.items():
        for mode, size in modes.items():
            for others in ({}, {"progressive": True}) if kind == "JPEG" else ({},):
                data = io.BytesIO()
                (image.convert("I").convert(mode) if mode == "I;16" else image.convert(mode)).save(
                    data, kind, **others
                )
                yield f"{kind} {mode}", data.getvalue(), size


@given(width=st.integers(1, 70), height=st.integers(1, 70))
def test_sizes_are_those_that_pillow_reads(width, height):
    image_module = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    for name, data, size in pillow_images(image_module.new("RGB", (width, height), (10, 20, 30))):
        header = read_header(data)
        with image_module.open(io.BytesIO(data)) as expected:
            assert (header.width, header.height) == expected.size, name
        if not name.startswith(("WEBP", "BMP")):
            assert header.pixel_bytes == size, name
        assert header.orientation == 1


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tiff"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_that_of_the_exif_data(suffix, orientation):
    header = read_header(with_exif(suffix, encode(suffix, picture()), orientation))
    assert (header.width, header.height, header.orientation) == (40, 24, orientation)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_is_none_is_upright(orientation):
    assert read_header(with_exif(".jpg", encode(".jpg", picture()), orientation)).orientation == 1


def test_a_bitmap_of_os_2_and_one_from_the_top_are_sized():
    old = b"BM" + bytes(12) + struct.pack("<IHHHH", 12, 7, 5, 1, 24)
    assert (read_header(old).width, read_header(old).height) == (7, 5)
    top = bytearray(encode(".bmp", picture()))
    top[22:26] = struct.pack("<i", -24)
    assert read_header(bytes(top)).height == 24


def test_a_bigtiff_is_sized():
    entries = b"".join(struct.pack("<HHQHxxxxxx", tag, 3, 1, value) for tag, value in ((256, 7), (257, 5)))
    data = b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, 2) + entries
    header = read_header(data)
    assert (header.kind, header.width, header.height) == ("TIFF", 7, 5)


def test_a_header_behind_a_thumbnail_is_that_of_the_picture():
    thumbnail = encode(".jpg", np.zeros((3, 2, 3), np.uint8))
    whole = encode(".jpg", picture())
    data = whole[:2] + b"\xff\xe0" + struct.pack(">H", 2 + len(thumbnail)) + thumbnail + whole[2:]
    assert (read_header(data).width, read_header(data).height) == (40, 24)


def boxes(handler: bytes) -> bytes:
    """Give the beginning of a box of items, or of other data about a file, by its handler."""
    return b"\0\0\0\x2dmeta\0\0\0\0\0\0\0\x21hdlr" + bytes(8) + handler + bytes(13)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"no image", "is not an image"),
        (b"\xff\xd8\xff", "is cut off within its header"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is cut off within its header"),
        (b"RIFF\0\0\0\0AVI LIST", "is cut off within its header"),
        (encode(".png", picture())[:-30], "is cut off: its last part is missing"),
        (encode(".jpg", picture())[:-2], "is cut off: its end is missing"),
        (jpeg_bomb(8, 8)[:40] + b"\0" + jpeg_bomb(8, 8)[40:], "is a JPEG whose segments are damaged"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "is HEIC, which is not read"),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "is AVIF, which is not read"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "is AVIF, which is not read"),
        (b"\0\0\0\x18ftypxyz1\0\0\0\0mif1heic", "is HEIC, which is not read"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "is Canon's raw format, which is not read"),
        (b"\0\0\0\x10ftypxyz1\0\0\0\0" + boxes(b"pict"), "is HEIF, which is not read"),
        (b"\0\0\0\x10ftypxyz1\0\0\0\0" + boxes(b"mdir"), "is not an image"),
        (b"\xff\xff\xff\xffftypxyz1", "is not an image"),
        (b"GIF89a", "is GIF, which is not read"),
        (b"P6\n3 2\n255\n", "is PNM, which is not read"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "is JPEG 2000, which is not read"),
    ],
)
def test_says_why_an_image_cannot_be_sized(data, sentence):
    with pytest.raises(HeaderError) as refusal:
        read_header(data)
    assert str(refusal.value) == sentence


def test_a_jpeg_of_two_frames_or_of_very_many_scans_is_refused():
    whole = encode(".jpg", picture())
    place = whole.index(b"\xff\xc0")
    frame = whole[place : place + 2 + int.from_bytes(whole[place + 2 : place + 4], "big")]
    with pytest.raises(HeaderError, match="2 frame headers"):
        read_header(whole[:place] + frame + whole[place:])
    progressive = encode(".jpg", picture(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    scan = progressive.rindex(b"\xff\xda")
    with pytest.raises(HeaderError, match="more than 32 scans"):
        read_header(progressive[:-2] + 33 * progressive[scan:-2] + progressive[-2:])


def test_a_video_is_no_foreign_picture():
    assert foreign_kind(b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41") == ""


@given(
    suffix=st.sampled_from(SUFFIXES),
    place=st.integers(0, 150),
    put=st.binary(min_size=1, max_size=8),
    end=st.integers(0, 400),
)
def test_a_damaged_header_gives_a_size_or_a_sentence(suffix, place, put, end):
    whole = encode(suffix, picture(6, 5))
    damaged = (whole[:place] + put + whole[place + len(put) :])[: len(whole) - end]
    try:
        header = read_header(damaged)
    except HeaderError:
        return
    assert header.width >= 0
    assert header.height >= 0
    assert 1 <= header.orientation <= 8


def test_pixels_of_more_bytes_are_seen():
    assert read_header(png_bomb(10, 10, 16, 6)).pixel_bytes == 8
