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

"""Positions of the chunks in an MCAP file: by its index, or by walking through a file that has none."""

from __future__ import annotations

import re
import struct
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from mcap.opcode import Opcode
from mcap.records import Channel, ChunkIndex, Schema, Statistics

from hand_tracking_dsp.recordings.bags.mcap_records import (
    HEAD,
    MAGIC,
    MESSAGE_HEAD,
    chunk_bounds,
    parse,
    read_chunk,
    records,
)

_FOOTER = struct.Struct("<BQQQI8s")
_BLOCK_BYTES = 2**22
# The most that chunk_bounds looks at.
_CHUNK_HEAD_BYTES = 64
_CHUNK = re.compile(rb"\x06.{36}(?:\x00{4}|\x03\x00{3}lz4|\x04\x00{3}zstd)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Span:
    """A chunk, or a message that lies outside of chunks.

    Attributes:
        start_ns: First stamp.
        end_ns: Last stamp.
        offset: In the file.
        channels: That have messages in it; None: not known.
    """

    start_ns: int
    end_ns: int
    offset: int
    channels: frozenset[int] | None


@dataclass(slots=True)
class Index:
    """Contents of a file: types and topics by number, the messages of each topic, and where they are."""

    schemas: dict[int, Schema] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    counts: Counter[int] = field(default_factory=Counter)
    spans: list[Span] = field(default_factory=list)

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


def read_index(stream: BinaryIO, size: int, name: str, problems: Counter[str]) -> Index:
    """Find the chunks of an open file of so many bytes; damage is counted in problems under its name."""
    footer = _read_footer(stream, size)
    if footer is None:
        problems[f"{name} is cut off or was not closed: it has no index and is read from its beginning"] += 1
    elif footer[0]:
        try:
            index = _read_summary(stream, size, *footer)
        except Exception:  # noqa: BLE001 (whatever wrong bytes lead to)
            problems[f"the index of {name} is damaged: it is read from its beginning"] += 1
        else:
            if index.spans or not index.counts.total():
                return index
    return _Walk(stream, size, name, problems).index


def _read_footer(stream: BinaryIO, size: int) -> tuple[int, int] | None:
    """Give the offset of the summary and its CRC, each 0 where there is none; None without a footer."""
    if size < _FOOTER.size + len(MAGIC):
        return None
    stream.seek(size - _FOOTER.size)
    opcode, length, start, _, crc, magic = _FOOTER.unpack(stream.read(_FOOTER.size))
    if opcode != Opcode.FOOTER or length != 20 or magic != MAGIC:
        return None
    return start, crc


def _read_summary(stream: BinaryIO, size: int, start: int, crc: int) -> Index:
    """Read the index that a file which was closed ends with; any exception means that it is damaged."""
    stream.seek(start)
    data = stream.read(size - start)
    # Of the footer, all before the CRC itself counts.
    if crc and zlib.crc32(data[:-12]) != crc:
        msg = "its checksum is wrong"
        raise ValueError(msg)
    index = Index()
    counted = False
    for opcode, begin, end in records(data[: -_FOOTER.size]):
        content = data[begin:end]
        index.take(opcode, content)
        if opcode == Opcode.CHUNK_INDEX:
            chunk = parse(ChunkIndex, content)
            channels = frozenset(chunk.message_index_offsets) or None
            index.spans.append(
                Span(chunk.message_start_time, chunk.message_end_time, chunk.chunk_start_offset, channels)
            )
        elif opcode == Opcode.STATISTICS:
            index.counts.update(parse(Statistics, content).channel_message_counts)
            counted = True
    if not counted:
        msg = "it has no counts of messages"
        raise ValueError(msg)
    return index


class _Walk:
    """Finds the chunks from a file's beginning; only their heads are read where that is enough."""

    def __init__(self, stream: BinaryIO, size: int, name: str, problems: Counter[str]) -> None:
        self._stream = stream
        self._size = size
        self._name = name
        self._problems = problems
        self.index = Index()
        self._chunk: tuple[int, int, int] | None = None
        self._chunk_counts: Counter[int] = Counter()
        position = len(MAGIC)
        while position + HEAD.size <= size:
            position = self._step(position)
        self._end_chunk()

    def _step(self, position: int) -> int:
        """Look at one record; return where the next one begins."""
        self._stream.seek(position)
        head = self._stream.read(_CHUNK_HEAD_BYTES)
        opcode, length = HEAD.unpack_from(head)
        end: int = position + HEAD.size + length
        if opcode != Opcode.MESSAGE_INDEX:
            self._end_chunk()
        bounds = chunk_bounds(head)
        if bounds:
            self._chunk = (bounds[0], bounds[1], position)
            if end > self._size:
                self._problems[f"{self._name} is cut off: its last messages are missing"] += 1
        elif end > self._size or opcode == 0 or Opcode.DATA_END < opcode < 0x80 or opcode == Opcode.CHUNK:
            self._problems[f"{self._name} is damaged or cut off: records are missing"] += 1
            return self._next_chunk(position + 1)
        elif opcode == Opcode.MESSAGE_INDEX and length >= 6:
            (channel,) = struct.unpack_from("<H", head, HEAD.size)
            self._chunk_counts[channel] += (length - 6) // 16
        elif opcode == Opcode.MESSAGE and length >= MESSAGE_HEAD.size:
            channel, _, stamp_ns, _ = MESSAGE_HEAD.unpack_from(head, HEAD.size)
            self.index.spans.append(Span(stamp_ns, stamp_ns, position, frozenset((channel,))))
            self.index.counts[channel] += 1
        elif opcode in {Opcode.SCHEMA, Opcode.CHANNEL}:
            self._stream.seek(position + HEAD.size)
            self._take(opcode, self._stream.read(length))
        return end

    def _end_chunk(self) -> None:
        """Note the chunk whose message indexes were all seen; look into it where they are incomplete."""
        if self._chunk is None:
            return
        start_ns, end_ns, offset = self._chunk
        counts = self._chunk_counts
        if not counts or any(channel not in self.index.channels for channel in counts):
            inside: Counter[int] = Counter()
            try:
                data = read_chunk(self._stream, offset)
                for opcode, begin, end in records(data):
                    if opcode == Opcode.MESSAGE and end - begin >= MESSAGE_HEAD.size:
                        inside[MESSAGE_HEAD.unpack_from(data, begin)[0]] += 1
                    else:
                        self._take(opcode, data[begin:end])
            except ValueError:
                pass  # counted when its messages are read
            counts = counts or inside
        self.index.spans.append(Span(start_ns, end_ns, offset, frozenset(counts) or None))
        self.index.counts.update(counts)
        self._chunk, self._chunk_counts = None, Counter()

    def _take(self, opcode: int, content: bytes) -> None:
        try:
            self.index.take(opcode, content)
        except Exception:  # noqa: BLE001 (whatever wrong bytes lead to)
            self._problems[f"the description of a topic in {self._name} is damaged"] += 1

    def _next_chunk(self, position: int) -> int:
        """Search for the next chunk behind damage; return where it begins, or the file's end."""
        while position < self._size:
            self._stream.seek(position)
            block = self._stream.read(_BLOCK_BYTES + _CHUNK_HEAD_BYTES)
            for match in _CHUNK.finditer(block):
                if match.start() < _BLOCK_BYTES and chunk_bounds(
                    block[match.start() : match.start() + _CHUNK_HEAD_BYTES]
                ):
                    return position + match.start()
            position += _BLOCK_BYTES
        return self._size
