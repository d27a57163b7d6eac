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

"""Contents of an MCAP file, and the optional summary at its end."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from mcap.opcode import Opcode
from mcap.records import Channel, ChunkIndex, Schema, Statistics

from hand_tracking_dsp.recordings.bags.mcap_records import HEAD, MAGIC, parse, records

_FOOTER = struct.Struct("<BQQQI8s")


@dataclass(slots=True)
class Span:
    """A chunk, or a run of records outside of chunks.

    Attributes:
        start_ns: First stamp.
        end_ns: Last stamp.
        offset: In the file.
        end: Offset of what follows; behind the file's end where it is cut off.
        channels: Channels that have messages in it; None: not known.
        loose: Whether it is a run of records outside of chunks.
    """

    start_ns: int
    end_ns: int
    offset: int
    end: int
    channels: set[int] | None
    loose: bool = False


@dataclass(slots=True)
class Index:
    """Contents of a file.

    Attributes:
        schemas: Types by number.
        channels: Topics by number.
        counts: Number of messages by channel.
        spans: Places of the messages, in the order of the file.
        closed: Whether the file ends as one that its writer closed.
    """

    schemas: dict[int, Schema] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    counts: Counter[int] = field(default_factory=Counter)
    spans: list[Span] = field(default_factory=list)
    closed: bool = False

    def take(self, opcode: int, content: bytes) -> None:
        """Note a schema or a channel, and leave everything else alone."""
        kinds: dict[int, tuple[Any, dict[int, Any]]] = {
            Opcode.SCHEMA: (Schema, self.schemas),
            Opcode.CHANNEL: (Channel, self.channels),
        }
        if opcode in kinds:
            kind, found = kinds[opcode]
            record = parse(kind, content)
            found.setdefault(record.id, record)

    def is_described(self) -> bool:
        """Return whether every message's channel is known, and every channel's schema."""
        used = set(self.counts).union(*(span.channels or () for span in self.spans))
        needed = {channel.schema_id for channel in self.channels.values()} - {0}
        return used <= self.channels.keys() and needed <= self.schemas.keys()


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of a file, all of which is optional.

    Attributes:
        chunks: Index of chunks by offset.
        counted: Whether it counts the messages of each channel.
        is_whole: Whether it could be read.
    """

    chunks: Mapping[int, ChunkIndex] = field(default_factory=dict)
    counted: bool = False
    is_whole: bool = False


def read_footer(stream: BinaryIO, size: int) -> tuple[int, int] | None:
    """Give the offset of the summary and its CRC, each 0 where there is none; None without a footer."""
    if size < _FOOTER.size + len(MAGIC):
        return None
    stream.seek(size - _FOOTER.size)
    opcode, length, start, _, crc, magic = _FOOTER.unpack(stream.read(_FOOTER.size))
    if opcode != Opcode.FOOTER or length != 20 or magic != MAGIC:
        return None
    return start, crc


def read_summary(stream: BinaryIO, size: int, start: int, crc: int, index: Index) -> Summary:
    """Read the summary of a file that was closed; any exception means that it is damaged."""
    stream.seek(start)
    data = stream.read(size - start)
    # Of the footer, all before the CRC itself counts.
    if crc and zlib.crc32(data[:-12]) != crc:
        msg = "its checksum is wrong"
        raise ValueError(msg)
    chunks: dict[int, ChunkIndex] = {}
    for opcode, begin, end in records(data[: -_FOOTER.size]):
        content = data[begin:end]
        index.take(opcode, content)
        if opcode == Opcode.CHUNK_INDEX:
            chunk = parse(ChunkIndex, content)
            ends = chunk.chunk_start_offset + chunk.chunk_length + chunk.message_index_length
            if chunk.chunk_length >= HEAD.size and ends <= start:
                chunks[chunk.chunk_start_offset] = chunk
        elif opcode == Opcode.STATISTICS:
            index.counts.update(parse(Statistics, content).channel_message_counts)
    return Summary(chunks, bool(index.counts), is_whole=True)
