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

"""The records of MCAP (https://mcap.dev/spec): walking over them, and opening chunks, whole or cut off."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

from mcap.data_stream import ReadDataStream
from mcap.opcode import Opcode

from hand_tracking_dsp.recordings.bags.storage import MOST_BYTES

MAGIC = b"\x89MCAP0\r\n"
HEAD = struct.Struct("<BQ")
"""Opcode and length before every record."""
CHUNK_HEAD = struct.Struct("<QQQII")
"""First and last stamp, size and CRC without compression, length of the compression's name."""
MESSAGE_HEAD = struct.Struct("<HIQQ")
"""Channel, sequence number, log time and publish time."""

# Writers close a chunk after some MB or one large message. Those told to make larger ones need much of that
# size in the file, too; a chunk that claims more is damaged, or means to fill the memory.
_MOST_BYTES = 2**31
_MOST_FACTOR = 10
# Beside messages a chunk has some schemas and channels, a summary one record for each chunk.
_MOST_OTHERS = 1_000_000


def parse(kind: Any, data: bytes) -> Any:  # noqa: ANN401 (one of mcap.records)
    """Read the fields of a record."""
    return kind.read(ReadDataStream(BytesIO(data)))


def records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Walk over records: opcode, begin and end of each one's content.

    Raises:
        ValueError: The last one is not whole, one is empty or of opcode 0, as zeros seem to be, or too many
            are no messages.
    """
    position = others = 0
    while position < len(data):
        if position + HEAD.size > len(data):
            msg = "a record's head is cut off"
            raise ValueError(msg)
        opcode, length = HEAD.unpack_from(data, position)
        begin = position + HEAD.size
        position = begin + length
        if position > len(data):
            msg = "a record is cut off"
            raise ValueError(msg)
        if not opcode or not length:
            msg = "a record has no kind or no content"
            raise ValueError(msg)
        others += opcode != Opcode.MESSAGE
        if others > _MOST_OTHERS:
            msg = f"more than {_MOST_OTHERS} of its records are no messages"
            raise ValueError(msg)
        yield opcode, begin, position


def chunk_bounds(head: bytes) -> tuple[int, int, int] | None:
    """Return the end of a chunk that begins with these bytes.

    Args:
        head: At least 61 bytes, or what the file has.

    Returns:
        First stamp, last stamp and length of the whole record; None where no chunk begins.
    """
    if len(head) < HEAD.size + CHUNK_HEAD.size or head[0] != Opcode.CHUNK:
        return None
    _, length = HEAD.unpack_from(head)
    start_ns, end_ns, _, _, name_length = CHUNK_HEAD.unpack_from(head, HEAD.size)
    size_at = HEAD.size + CHUNK_HEAD.size + name_length
    if name_length > 4 or len(head) < size_at + 8:
        return None
    (stored,) = struct.unpack_from("<Q", head, size_at)
    # A chunk without messages has both stamps 0.
    if size_at + 8 + stored != HEAD.size + length or start_ns > end_ns:
        return None
    return start_ns, end_ns, HEAD.size + length


def read_chunk(stream: BinaryIO, offset: int) -> bytes:
    """Return the records in the chunk that begins at an offset; of one that is cut off, those before the cut.

    Raises:
        ValueError: No chunk begins there, its checksum is wrong, or it cannot be decompressed.
    """
    stream.seek(offset)
    head = stream.read(HEAD.size + CHUNK_HEAD.size)
    if len(head) < HEAD.size + CHUNK_HEAD.size or head[0] != Opcode.CHUNK:
        msg = "no chunk begins here"
        raise ValueError(msg)
    _, _, size, crc, name_length = CHUNK_HEAD.unpack_from(head, HEAD.size)
    name = stream.read(min(name_length, 8))
    (stored,) = struct.unpack("<Q", stream.read(8))
    left = os.fstat(stream.fileno()).st_size - stream.tell()
    if size > min(_MOST_BYTES, max(MOST_BYTES, _MOST_FACTOR * min(stored, left))):
        msg = "its size is not plausible"
        raise ValueError(msg)
    data = _decompress(stream.read(min(stored, left)), name, size)
    if stored <= left and (len(data) != size or (crc and zlib.crc32(data) != crc)):
        msg = "the chunk's checksum is wrong"
        raise ValueError(msg)
    return data


def _decompress(data: bytes, name: bytes, size: int) -> bytes:
    """Decompress a chunk to at most so many bytes; ValueError says why it cannot be."""
    if not name:
        return data
    try:
        if name == b"zstd":
            import zstandard

            return zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read(size)
        if name == b"lz4":
            import lz4.frame  # type: ignore[import-untyped]

            return bytes(lz4.frame.LZ4FrameDecompressor().decompress(data, max_length=size))
    except Exception as error:  # each library has its own
        msg = f"it cannot be decompressed ({error})"
        raise ValueError(msg) from error
    msg = f"its compression {name!r} is not known"
    raise ValueError(msg)
