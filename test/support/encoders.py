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

"""Small encoded images with the headers and EXIF data that tests need."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np


def encode(suffix: str, pixels: np.ndarray, *parameters: int) -> bytes:
    return cv2.imencode(suffix, pixels, list(parameters))[1].tobytes()


def picture(height: int = 24, width: int = 40) -> np.ndarray:
    """Draw four quarters of different colours, BGR."""
    image = np.zeros((height, width, 3), np.uint8)
    colours = (((0, 0, 220), (0, 220, 0)), ((220, 0, 0), (220, 220, 220)))
    for row, pair in enumerate(colours):
        for column, colour in enumerate(pair):
            image[row * height // 2 :, column * width // 2 :] = colour
    return image


def scene(height: int = 240, width: int = 320) -> np.ndarray:
    """Draw what has detail everywhere, so that its JPEG has bits everywhere."""
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 1.5)


def exif(orientation: int, order: str = "<") -> bytes:
    """Give EXIF data, a TIFF, of one tag."""
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(f"{order}HIHHHIHHI", 42, 8, 1, 274, 3, 1, orientation, 0, 0)


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_bomb(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    """Give a PNG that states a size which its few bytes of pixels do not have to fill."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = png_chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + body + png_chunk(b"IEND", b"")


def jpeg_bomb(width: int, height: int, marker: int = 0xC0) -> bytes:
    """Give a JPEG whose frame header states a size; the marker tells baseline (C0) or progressive (C2)."""
    data = bytearray(encode(".jpg", picture()))
    place = data.index(b"\xff\xc0")
    data[place + 1] = marker
    data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def with_exif(suffix: str, data: bytes, orientation: int) -> bytes:
    """Put an orientation into a JPEG, PNG, WebP or TIFF."""
    if suffix == ".jpg":
        body = b"Exif\0\0" + exif(orientation, ">")
        return data[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(body)) + body + data[2:]
    if suffix == ".png":
        return data[:33] + png_chunk(b"eXIf", exif(orientation)) + data[33:]
    if suffix == ".webp":
        body = exif(orientation)
        height, width = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape[:2]
        canvas = struct.pack("<I", 8) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunks = b"VP8X" + struct.pack("<I", 10) + canvas + data[12:]
        chunks += b"EXIF" + struct.pack("<I", len(body)) + body
        return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks
    return _tiff(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), orientation)


def _tiff(pixels: np.ndarray, orientation: int) -> bytes:
    """Write an uncompressed TIFF, big-endian, as OpenCV's encoder states no orientation."""
    height, width = pixels.shape[:2]
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 3, 8 + 2 + 10 * 12 + 4),
        (259, 3, 1, 1 << 16),
        (262, 3, 1, 2 << 16),
        (273, 4, 1, 8 + 2 + 10 * 12 + 4 + 6),
        (274, 3, 1, orientation << 16),
        (277, 3, 1, 3 << 16),
        (278, 4, 1, height),
        (279, 4, 1, pixels.size),
    ]
    directory = b"".join(struct.pack(">HHII", *entry) for entry in entries)
    start = b"MM\0*" + struct.pack(">IH", 8, len(entries)) + directory + bytes(4)
    return start + struct.pack(">HHH", 8, 8, 8) + pixels[:, :, ::-1].tobytes()


def encode_rvl(values: np.ndarray) -> bytes:
    """Encode a uint16 image as compressed_depth_image_transport's RVL does, without its size."""
    nibbles: list[int] = []

    def write(number: int) -> None:
        while number > 7:
            nibbles.append(8 | number & 7)
            number >>= 3
        nibbles.append(number)

    left, before = [int(value) for value in values.reshape(-1)], 0
    place = 0
    while place < len(left):
        start = place
        while place < len(left) and not left[place]:
            place += 1
        write(place - start)
        start = place
        while place < len(left) and left[place]:
            place += 1
        write(place - start)
        for value in left[start:place]:
            difference = value - before
            write(2 * difference if difference >= 0 else -2 * difference - 1)
            before = value
    nibbles += [0] * (-len(nibbles) % 8)
    words = ["".join(f"{one:x}" for one in nibbles[i : i + 8]) for i in range(0, len(nibbles), 8)]
    return b"".join(int(word, 16).to_bytes(4, "little") for word in words)
