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

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol


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
        encoding: Encoding of its messages: "cdr" or "ros1".
    """

    name: str
    msgtype: str
    definition: str = ""
    qos: list[Any] = field(default_factory=list)
    count: int = 0
    encoding: str = "cdr"


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

    try:
        return parse(text)
    except Exception:  # noqa: BLE001 (a damaged text; the messages matter more)
        return []
