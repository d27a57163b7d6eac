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

"""Bad images: a stranger publishes them beside the camera."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Generator
from pathlib import Path
from random import Random

import cv2
from sensor_msgs.msg import CompressedImage, Image

from faults.injection import fault
from faults.running_graph import RunningGraph
from hand_tracking_dsp.errors import HandTrackingError
from hand_tracking_dsp.nodes.messages.conversion import pixels_to_image

_TRACKER = "hand_tracker_node"
_Body = Callable[[RunningGraph, Random], bytes]


def picture_of(graph: RunningGraph) -> Path:
    """Return the first picture of the folder that stands in for the camera."""
    return min(graph.folders.pictures.glob("*.png"))


def good_image(graph: RunningGraph) -> Image:
    """Make an image that the tracker can use, with the stamp of now."""
    pixels = cv2.imread(str(picture_of(graph)))
    if pixels is None:
        msg = f"{picture_of(graph)} cannot be read: it is being damaged by another fault."
        raise HandTrackingError(msg)
    return pixels_to_image(pixels, _header(graph))


def _header(graph: RunningGraph) -> object:
    header = Image().header
    header.stamp = graph.probe.node.get_clock().now().to_msg()
    header.frame_id = "camera_optical_frame"
    return header


def _raw(name: str, saying: str, change: Callable[[Image, Random], None]) -> None:
    @fault(name, _TRACKER, saying, transport="raw")
    def inject(graph: RunningGraph, random: Random) -> Generator[str, None, None]:
        def make(_: int) -> Image:
            image = good_image(graph)
            change(image, random)
            return image

        with graph.stranger(Image, "image_raw", make):
            yield ""


def _set(**values: object) -> Callable[[Image, Random], None]:
    def change(image: Image, _: Random) -> None:
        for name, value in values.items():
            setattr(image, name, value)

    return change


def _cut(image: Image, random: Random) -> None:
    image.data = image.data[: random.randrange(len(image.data))]


def _narrow(image: Image, random: Random) -> None:
    image.step = random.randrange(image.width * 3)


_raw("image of no pixels", "0", _set(width=0, height=0, step=0, data=b""))
_raw("image with rows shorter than its width", "step|row", _narrow)
_raw("image with fewer bytes than rows", "bytes|step", _cut)
_raw("image of an unknown encoding", "encoding", _set(encoding="yuv999_sideways"))
_raw("image whose encoding holds escape codes", "encoding", _set(encoding="bgr8\x1b[2J\x1b]0;owned\x07"))
_raw("image that says 30000x30000", "30000", _set(width=30000, height=30000, step=90000, data=b"\x00" * 64))
_raw("image that says 4294967295 rows", "4294967295|bytes", _set(height=2**32 - 1))


def _compressed(name: str, saying: str, body: _Body, kind: str = "jpeg") -> None:
    @fault(name, _TRACKER, saying, transport="compressed")
    def inject(graph: RunningGraph, random: Random) -> Generator[str, None, None]:
        data = body(graph, random)

        def make(_: int) -> CompressedImage:
            return CompressedImage(header=_header(graph), format=kind, data=data)

        with graph.stranger(CompressedImage, "image_raw/compressed", make):
            yield ""


def _jpeg(graph: RunningGraph) -> bytes:
    return bytes(cv2.imencode(".jpg", cv2.imread(str(picture_of(graph))))[1])


def _half_jpeg(graph: RunningGraph, random: Random) -> bytes:
    data = _jpeg(graph)
    return data[: random.randrange(len(data) // 4, len(data) - 2)]


def _jpeg_with_hole(graph: RunningGraph, random: Random) -> bytes:
    data = _jpeg(graph)
    begin = random.randrange(len(data) // 2, len(data) * 2 // 3)
    return data[:begin] + data[begin + len(data) // 8 :]


def bomb_png(side: int) -> bytes:
    """Make a small PNG file of black pixels, side by side of them, that are costly to decode.

    Args:
        side: Width and height, pixels.
    """

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(9)
    row = b"\x00" * (side // 8 + 2)
    body = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


_HEIC = b"\x00\x00\x00\x1cftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 200

_compressed("compressed image of no bytes", ".", lambda *_: b"")
_compressed("compressed image of random bytes", ".", lambda _, random: random.randbytes(4000))
_compressed("JPEG cut off", ".", _half_jpeg)
_compressed("JPEG with a hole", ".", _jpeg_with_hole)
_compressed("PNG of 30000x30000 in some kilobytes", "30000|megapixel", lambda *_: bomb_png(30000), "png")
_compressed("HEIC as a compressed image", "HEIC|JPEG", lambda *_: _HEIC, "heic")
_compressed(
    "depth in a compressed image", ".", lambda *_: b"\x00" * 12 + bomb_png(64), "16UC1; compressedDepth png"
)
