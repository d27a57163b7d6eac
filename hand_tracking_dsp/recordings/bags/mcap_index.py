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

"""Positions of the messages in an MCAP file: by its summary as far as that goes, else by walking through."""

from __future__ import annotations

import re
import struct
from collections import Counter
from typing import BinaryIO

from mcap.opcode import Opcode
from mcap.records import ChunkIndex

from hand_tracking_dsp.recordings.bags.mcap_records import (
    HEAD,
    MAGIC,
    MESSAGE_HEAD,
    chunk_bounds,
    read_chunk,
    records,
)
from hand_tracking_dsp.recordings.bags.mcap_summary import Index, Span, Summary, read_footer, read_summary

_BLOCK_BYTES = 2**22
# The most that chunk_bounds looks at.
_CHUNK_HEAD_BYTES = 64
_CHUNK = re.compile(rb"\x06.{36}(?:\x00{4}|\x03\x00{3}lz4|\x04\x00{3}zstd)", re.DOTALL)
# Messages outside of chunks are sorted by stamp within runs of about this size.
_RUN_BYTES = 2**20


def read_index(stream: BinaryIO, size: int, name: str, problems: Counter[str]) -> Index:
    """Find the messages of an open file of so many bytes; damage is counted in problems under its name.

    All of the summary is optional (https://mcap.dev/spec): what it leaves out is looked up in the file.
    """
    index, summary = Index(), Summary()
    footer = read_footer(stream, size)
    if footer is not None and footer[0]:
        try:
            summary = read_summary(stream, size, *footer, index)
        except Exception:  # noqa: BLE001 (whatever wrong bytes lead to)
            problems[f"the index of {name} is damaged: it is read from its beginning"] += 1
            index = Index()
    index.closed = footer is not None
    walk = _Walk(stream, size, index, summary)
    for damage in walk.damage:
        problems[f"{name} {damage}"] += walk.damage[damage]
    return index


class _Walk:
    """Walks through a file from its beginning.

    Chunks that the summary knows are passed over, of everything else no more is read than is needed: mostly
    the heads of records.

    Attributes:
        damage: What is wrong with the file, in the words after its name, and how often.
    """

    def __init__(self, stream: BinaryIO, size: int, index: Index, summary: Summary) -> None:
        self._stream = stream
        self._size = size
        self._index = index
        self._summary = summary
        self.damage: Counter[str] = Counter()
        self._counts: Counter[int] = Counter()
        self._chunk: Span | None = None
        self._run: Span | None = None
        self._ended = False
        position = len(MAGIC)
        while position + HEAD.size <= size:
            position = self._step(position)
        self._end_chunk()
        self._end_run()
        if not index.closed:
            self._note_missing_end(cut=position != size)
        if not summary.counted:
            index.counts = self._counts
        if not index.is_described():
            self._describe()

    def _step(self, position: int) -> int:
        """Look at one record; return where the next one begins."""
        known = self._summary.chunks.get(position)
        if known:
            return self._pass_over(known)
        self._stream.seek(position)
        head = self._stream.read(_CHUNK_HEAD_BYTES)
        opcode, length = HEAD.unpack_from(head)
        end: int = position + HEAD.size + length
        if opcode != Opcode.MESSAGE_INDEX:
            self._end_chunk()
        if bounds := chunk_bounds(head):
            self._end_run()
            self._chunk = Span(bounds[0], bounds[1], position, end, set())
        elif end > self._size or opcode in (0, Opcode.CHUNK):
            return self._resume(position)
        elif opcode == Opcode.MESSAGE_INDEX and length >= 6:
            self._count_indexed(*struct.unpack_from("<HI", head, HEAD.size))
        elif opcode == Opcode.MESSAGE and length >= MESSAGE_HEAD.size:
            channel, _, stamp_ns, _ = MESSAGE_HEAD.unpack_from(head, HEAD.size)
            self._add_to_run(channel, stamp_ns, position, end)
        elif opcode in {Opcode.SCHEMA, Opcode.CHANNEL}:
            self._stream.seek(position + HEAD.size)
            self._take(opcode, self._stream.read(length))
        elif opcode == Opcode.DATA_END:
            self._ended = True
            # A summary that is whole was read already.
            return self._size if self._summary.is_whole else end
        return end

    def _pass_over(self, known: ChunkIndex) -> int:
        """Note a chunk of the summary; return where reading goes on."""
        self._end_chunk()
        self._end_run()
        start, end = known.chunk_start_offset, known.chunk_start_offset + known.chunk_length
        span = Span(known.message_start_time, known.message_end_time, start, end, set())
        if not self._summary.counted:
            self._chunk = span  # its messages are counted by the message indexes behind it
            return end
        span.channels = set(known.message_index_offsets) or None
        self._index.spans.append(span)
        return end + int(known.message_index_length)

    def _count_indexed(self, channel: int, array_bytes: int) -> None:
        if self._chunk is not None and array_bytes:
            self._counts[channel] += array_bytes // 16
            self._chunk.channels = (self._chunk.channels or set()) | {channel}

    def _add_to_run(self, channel: int, stamp_ns: int, position: int, end: int) -> None:
        """Note a message outside of chunks."""
        if self._run is None:
            self._run = Span(stamp_ns, stamp_ns, position, end, set(), loose=True)
        run = self._run
        run.start_ns, run.end_ns, run.end = min(run.start_ns, stamp_ns), max(run.end_ns, stamp_ns), end
        if run.channels is not None:
            run.channels.add(channel)
        self._counts[channel] += 1
        if run.end - run.offset > _RUN_BYTES:
            self._end_run()

    def _end_run(self) -> None:
        if self._run is not None:
            self._index.spans.append(self._run)
            self._run = None

    def _end_chunk(self) -> None:
        """Note the chunk whose message indexes were all seen; look into it where it has none."""
        if self._chunk is None:
            return
        if not self._chunk.channels:
            counts = self._look_into(self._chunk)
            self._chunk.channels = set(counts) or None
            self._counts.update(counts)
        self._index.spans.append(self._chunk)
        self._chunk = None

    def _look_into(self, chunk: Span) -> Counter[int]:
        """Take the schemas and channels in a chunk; return the numbers of its messages by channel."""
        counts: Counter[int] = Counter()
        try:
            data = read_chunk(self._stream, chunk.offset)
            for opcode, begin, end in records(data):
                if opcode == Opcode.MESSAGE and end - begin >= MESSAGE_HEAD.size:
                    counts[MESSAGE_HEAD.unpack_from(data, begin)[0]] += 1
                else:
                    self._take(opcode, data[begin:end])
        except ValueError:
            pass  # counted when its messages are read
        return counts

    def _describe(self) -> None:
        """Search the chunks for the channels and schemas that are missing."""
        for span in self._index.spans:
            if not span.loose:
                self._look_into(span)
                if self._index.is_described():
                    return

    def _take(self, opcode: int, content: bytes) -> None:
        try:
            self._index.take(opcode, content)
        except Exception:  # noqa: BLE001 (whatever wrong bytes lead to)
            self.damage["holds the description of a topic that is damaged"] += 1

    def _resume(self, position: int) -> int:
        """Go on behind bytes that are no record; return where the next chunk begins, or the file's end."""
        self._end_run()
        following = self._next_chunk(position + 1)
        if self._index.closed or following < self._size:
            self.damage["is damaged: records are missing"] += 1
        elif not self._ended:
            following += 1  # the file's end has cut off a record
        return following

    def _note_missing_end(self, *, cut: bool) -> None:
        if self._ended:
            text = "is cut off in its index: it is read from its beginning, and no message is missing"
        elif cut:
            text = "is cut off, as after a power cut: it is read from its beginning, and its end is missing"
        else:
            text = (
                "was not closed, as when its recorder is killed: it is read from its beginning, and what the "
                "recorder still held is missing"
            )
        self.damage[text] += 1

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
