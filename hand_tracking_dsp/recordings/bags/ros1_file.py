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

"""Reading a bag of ROS 1, through rosbags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from hand_tracking_dsp.recordings.bags.storage import Topic, Unreadable


class Ros1File:
    """A .bag file; one that is damaged is read up to the damage.

    Raises:
        Unreadable: It is not such a bag, or has no index.
    """

    def __init__(self, path: Path, problems: Counter[str]) -> None:
        from rosbags.rosbag1 import Reader

        self._name = path.name
        self._problems = problems
        try:
            self._reader = Reader(path)
            self._reader.open()
        except Exception as error:  # whatever wrong bytes lead to
            msg = f"{str(error).rstrip('.')}; 'rosbag reindex' of ROS 1 may repair it"
            raise Unreadable(msg) from error
        self._by_id = {
            one.id: Topic(one.topic, one.msgtype, one.msgdef.data, count=one.msgcount, encoding="ros1")
            for one in self._reader.connections
        }
        self.topics = list(self._by_id.values())
        empty = not self._reader.message_count
        self.span_ns = None if empty else (self._reader.start_time, self._reader.end_time - 1)

    def messages(
        self, names: Collection[tuple[str, str]], start_ns: int | None
    ) -> Iterator[tuple[Topic, int, bytes]]:
        """Give messages by stamp; see BagFile."""
        chosen = [one for one in self._reader.connections if (one.topic, one.msgtype) in names]
        if not chosen:
            return
        try:
            for connection, stamp_ns, data in self._reader.messages(chosen, start=start_ns):
                yield self._by_id[connection.id], stamp_ns, data
        except Exception:  # noqa: BLE001 (whatever wrong bytes lead to)
            self._problems[f"{self._name} is damaged: what follows is left out"] += 1

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
