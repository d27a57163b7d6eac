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

"""Reading an MCAP file chunk by chunk: where one is damaged, the others are still read.

rosbags gives up a file at its first wrong byte, so only the fields of records are left to a library (mcap).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from operator import itemgetter
from pathlib import Path

from mcap.opcode import Opcode

from hand_tracking_dsp.recordings.bags.mcap_index import read_index
from hand_tracking_dsp.recordings.bags.mcap_records import HEAD, MESSAGE_HEAD, read_chunk, records
from hand_tracking_dsp.recordings.bags.mcap_summary import Span
from hand_tracking_dsp.recordings.bags.storage import Topic, Unreadable, in_order, parse_qos, ros_type

_ENCODINGS = {"ros1msg": "ros1", "ros2msg": "cdr", "ros2idl": "cdr", "omgidl": "cdr"}


class McapFile:
    """An .mcap file; one chunk is in memory at a time, and those that overlap with it in time.

    Raises:
        Unreadable: It has no message and no topic.
    """

    def __init__(self, path: Path, problems: Counter[str]) -> None:
        self._name = path.name
        self._problems = problems
        self._told: set[int] = set()
        try:
            self._stream = path.open("rb")
        except OSError as error:
            raise Unreadable(str(error)) from error
        size = self._size = path.stat().st_size
        index = read_index(self._stream, size, path.name, problems)
        if not index.channels and not index.closed:
            self._stream.close()
            msg = "it is empty" if not size else "it has no topic"
            raise Unreadable(msg)
        self._spans = sorted(index.spans, key=lambda span: (span.start_ns, span.offset))
        self._by_id: dict[int, Topic] = {}
        for channel in index.channels.values():
            schema = index.schemas.get(channel.schema_id)
            self._by_id[channel.id] = Topic(
                channel.topic,
                ros_type(schema.name) if schema else "",
                schema.data.decode(errors="replace") if schema else "",
                parse_qos(channel.metadata.get("offered_qos_profiles", "")),
                index.counts[channel.id],
                channel.message_encoding or _ENCODINGS.get(schema.encoding if schema else "", ""),
                channel.metadata.get("topic_type_hash", ""),
            )
        self.topics = list(self._by_id.values())
        spans = [span for span in self._spans if span.channels or span.end_ns]  # without empty chunks
        self.span_ns = (spans[0].start_ns, max(span.end_ns for span in spans)) if spans else None
        for channel_id in index.counts.keys() - index.channels.keys():
            problems["messages belong to a topic whose description is lost"] += index.counts[channel_id]

    def messages(
        self, names: Collection[tuple[str, str]], start_ns: int | None
    ) -> Iterator[tuple[Topic, int, bytes]]:
        """Give messages by stamp; see BagFile."""
        wanted = {key: one for key, one in self._by_id.items() if (one.name, one.msgtype) in names}
        return in_order(
            (span.start_ns, self._messages(span, wanted, start_ns))
            for span in self._spans
            if (span.channels is None or not wanted.keys().isdisjoint(span.channels))
            and (start_ns is None or span.end_ns >= start_ns)
        )

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _messages(
        self, span: Span, wanted: Mapping[int, Topic], start_ns: int | None
    ) -> Iterator[tuple[Topic, int, bytes]]:
        """Give the messages of a span by stamp; where it is damaged, those before."""
        found: list[tuple[Topic, int, bytes]] = []
        try:
            for channel, stamp_ns, data in (self._loose if span.loose else self._chunk)(span, wanted):
                if start_ns is None or stamp_ns >= start_ns:
                    found.append((wanted[channel], stamp_ns, data))
        except Exception:  # noqa: BLE001 (whatever wrong bytes lead to)
            # That the file is cut off was counted when it was opened.
            if span.offset not in self._told and span.end <= self._size:
                self._told.add(span.offset)
                self._problems[f"a chunk of {self._name} is damaged: messages are missing"] += 1
        found.sort(key=itemgetter(1))
        yield from found

    def _chunk(self, span: Span, wanted: Collection[int]) -> Iterator[tuple[int, int, bytes]]:
        """Give channel, stamp and bytes of the messages of a chunk."""
        data = read_chunk(self._stream, span.offset)
        for opcode, begin, end in records(data):
            if opcode == Opcode.MESSAGE:
                channel, _, stamp_ns, _ = MESSAGE_HEAD.unpack_from(data, begin)
                if channel in wanted:
                    yield channel, stamp_ns, data[begin + MESSAGE_HEAD.size : end]

    def _loose(self, span: Span, wanted: Collection[int]) -> Iterator[tuple[int, int, bytes]]:
        """Give channel, stamp and bytes of the messages of a run outside of chunks."""
        position = span.offset
        while position < span.end:
            self._stream.seek(position)
            head = self._stream.read(HEAD.size + MESSAGE_HEAD.size)
            opcode, length = HEAD.unpack_from(head)
            if opcode == Opcode.MESSAGE:
                channel, _, stamp_ns, _ = MESSAGE_HEAD.unpack_from(head, HEAD.size)
                if channel in wanted:
                    yield channel, stamp_ns, self._stream.read(length - MESSAGE_HEAD.size)
            position += HEAD.size + length
