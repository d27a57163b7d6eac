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

import heapq
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from mcap.opcode import Opcode

from hand_tracking_dsp.recordings.bags.mcap_index import Span, read_index
from hand_tracking_dsp.recordings.bags.mcap_records import HEAD, MESSAGE_HEAD, read_chunk, records
from hand_tracking_dsp.recordings.bags.storage import Topic, Unreadable, parse_qos


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
        size = path.stat().st_size
        index = read_index(self._stream, size, path.name, problems)
        if not index.channels:
            self._stream.close()
            msg = "it is empty" if not size else "it has no topic"
            raise Unreadable(msg)
        self._spans = sorted(index.spans, key=lambda span: (span.start_ns, span.offset))
        self._by_id: dict[int, Topic] = {}
        for channel in index.channels.values():
            schema = index.schemas.get(channel.schema_id)
            self._by_id[channel.id] = Topic(
                channel.topic,
                schema.name if schema else "",
                schema.data.decode(errors="replace") if schema else "",
                parse_qos(channel.metadata.get("offered_qos_profiles", "")),
                index.counts[channel.id],
                channel.message_encoding,
            )
        self.topics = list(self._by_id.values())
        spans = [span for span in self._spans if span.channels is not None]
        self.span_ns = (spans[0].start_ns, max(span.end_ns for span in spans)) if spans else None
        for channel_id in index.counts.keys() - index.channels.keys():
            problems["messages belong to a topic whose description is lost"] += index.counts[channel_id]

    def messages(
        self, names: Collection[tuple[str, str]], start_ns: int | None
    ) -> Iterator[tuple[Topic, int, bytes]]:
        """Give messages by stamp; see BagFile."""
        wanted = {key: one for key, one in self._by_id.items() if (one.name, one.msgtype) in names}
        spans = [
            span
            for span in self._spans
            if (span.channels is None or not wanted.keys().isdisjoint(span.channels))
            and (start_ns is None or span.end_ns >= start_ns)
        ]
        # Messages of chunks that overlap in time wait here for their turn; the number keeps their order.
        waiting: list[tuple[int, int, Topic, bytes]] = []
        number = 0
        for span in spans:
            while waiting and waiting[0][0] <= span.start_ns:
                stamp_ns, _, topic, data = heapq.heappop(waiting)
                yield topic, stamp_ns, data
            for channel, stamp_ns, data in self._read(span):
                if channel in wanted and (start_ns is None or stamp_ns >= start_ns):
                    heapq.heappush(waiting, (stamp_ns, number, wanted[channel], data))
                    number += 1
        while waiting:
            stamp_ns, _, topic, data = heapq.heappop(waiting)
            yield topic, stamp_ns, data

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _read(self, span: Span) -> Iterator[tuple[int, int, bytes]]:
        """Give channel, stamp and bytes of the messages of a chunk, up to where it is damaged."""
        try:
            self._stream.seek(span.offset)
            if self._stream.read(1)[0] == Opcode.MESSAGE:
                data = self._whole_record(span.offset)
            else:
                data = read_chunk(self._stream, span.offset)
            for opcode, begin, end in records(data):
                if opcode == Opcode.MESSAGE:
                    channel, _, stamp_ns, _ = MESSAGE_HEAD.unpack_from(data, begin)
                    yield channel, stamp_ns, data[begin + MESSAGE_HEAD.size : end]
        except Exception:  # noqa: BLE001 (whatever wrong bytes lead to)
            if span.offset not in self._told:
                self._told.add(span.offset)
                self._problems[f"a chunk of {self._name} is damaged or cut off: messages are missing"] += 1

    def _whole_record(self, offset: int) -> bytes:
        self._stream.seek(offset)
        head = self._stream.read(HEAD.size)
        return head + self._stream.read(HEAD.unpack(head)[1])
