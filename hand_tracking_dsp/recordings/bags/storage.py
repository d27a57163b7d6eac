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

"""Topics and files of a bag, whatever their format."""

from __future__ import annotations

import heapq
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from hand_tracking_dsp.yaml_documents import parse_yaml

# A raw image of 64 megapixels, the default of max_image_megapixels, with 4 bytes each, and room for more.
MOST_BYTES = 300_000_000
"""The most bytes that a message may have once decompressed: a few bytes can stand for gigabytes."""

# Hundreds of publishers of a topic.
_MOST_QOS_CHARACTERS = 1 << 17


class Unreadable(Exception):  # noqa: N818 (it is not shown: open_bag makes a sentence of it)
    """A file has nothing that can be read; the message says why."""


@dataclass(slots=True)
class Topic:
    """A topic of a file.

    Attributes:
        name: Name of the topic.
        msgtype: Type of its messages, for example sensor_msgs/msg/Image.
        definition: Definition of the type in ROS 2's MSG or IDL language; "" where the file holds none.
        qos: Quality of service that its publishers offered, rosbags' Qos.
        count: Number of messages, as far as it is known.
        encoding: Encoding of its messages: "cdr", "ros1", or one that is not read, for example "protobuf".
        type_hash: Hash of the definition (REP 2011) as its publisher announced it; "" where none is recorded.
    """

    name: str
    msgtype: str
    definition: str = ""
    qos: list[Any] = field(default_factory=list)
    count: int = 0
    encoding: str = "cdr"
    type_hash: str = ""


class BagFile(Protocol):
    """One file of a bag; damage is counted in the problems that it was opened with.

    Attributes:
        topics: Topics in the file.
        span_ns: First and last stamp; None where there is no message.
    """

    topics: list[Topic]
    span_ns: tuple[int, int] | None

    def messages(
        self, names: Collection[tuple[str, str]], start_ns: int | None
    ) -> Iterator[tuple[Topic, int, bytes]]:
        """Yield messages of topics (names and types) from a stamp on: topic, stamp (nanoseconds), bytes."""

    def close(self) -> None:
        """Close it."""


def parse_qos(text: str) -> list[Any]:
    """Read profiles of quality of service as rosbag2 writes them; none where they cannot be read."""
    from rosbags.rosbag2.metadata import parse_qos as parse

    if len(text) > _MOST_QOS_CHARACTERS:
        return []
    try:
        parse_yaml(text)  # refuses aliases, which rosbags follows
        return parse(text)
    except Exception:  # noqa: BLE001 (a damaged text; the messages matter more)
        return []


def ros_type(name: str) -> str:
    """Return the name of a type as ROS 2 writes it: pkg/msg/Name.

    ROS 1, ROS 2 before Eloquent and many writers of MCAP leave out msg; recorders of DDS write
    pkg::msg::dds_::Name_ or pkg::msg::Name.
    """
    parts = re.split(r"/|::", name)
    if "dds_" in parts:
        parts = [part.removesuffix("_") if part == parts[-1] else part for part in parts if part != "dds_"]
    return "/".join((parts[0], "msg", parts[1]) if len(parts) == 2 else parts)


def in_order(
    sources: Iterable[tuple[int, Iterator[tuple[Topic, int, bytes]]]],
) -> Iterator[tuple[Topic, int, bytes]]:
    """Merge messages by stamp; of the same stamp, those of the earlier source come first.

    Args:
        sources: First stamp of each, and its messages by stamp, sorted by first stamp. A source is only begun
            when its first stamp is due.
    """
    waiting: list[tuple[int, int, tuple[Topic, int, bytes], Iterator[tuple[Topic, int, bytes]]]] = []

    def until(due_ns: float) -> Iterator[tuple[Topic, int, bytes]]:
        while waiting and waiting[0][0] <= due_ns:
            _, number, message, source = waiting[0]
            yield message
            following = next(source, None)
            if following is None:
                heapq.heappop(waiting)
            else:
                heapq.heapreplace(waiting, (following[1], number, following, source))

    for number, (first_ns, source) in enumerate(sources):
        yield from until(first_ns)
        first = next(source, None)
        if first is not None:
            heapq.heappush(waiting, (first[1], number, first, source))
    yield from until(float("inf"))
