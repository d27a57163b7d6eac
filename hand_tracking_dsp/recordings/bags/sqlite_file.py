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

"""Reading a rosbag2 SQLite database, whole or damaged, without changing anything beside it."""

from __future__ import annotations

import sqlite3
from array import array
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from hand_tracking_dsp.recordings.bags.storage import Topic, Unreadable, parse_qos, ros_type

# So many rows in a row that cannot be read mean that the rest of the file is missing.
_PATIENCE_ROWS = 10_000


class SqliteFile:
    """A .db3 file. Of each message row, 24 bytes are kept in memory, its data is read when it is due.

    Raises:
        Unreadable: It is not such a database, or its tables cannot be found any more.
    """

    def __init__(self, path: Path, problems: Counter[str]) -> None:
        self._name = path.name
        self._problems = problems
        self._ids, self._topic_ids, self._stamps = array("q"), array("q"), array("q")
        # immutable: no lock, no journal and no write-ahead log is opened or made beside the file.
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            self._database = sqlite3.connect(address, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise Unreadable(str(error)) from error
        try:
            # Without this SQLite refuses a file that is shorter than its header says.
            self._database.execute("PRAGMA writable_schema=ON")
            self._database.execute("PRAGMA trusted_schema=OFF")
            self._database.text_factory = lambda text: text.decode(errors="replace")
            self._by_id = self._read_topics()
            self._read_rows()
            (page_bytes,) = self._database.execute("PRAGMA page_size").fetchone()
            if path.stat().st_size % page_bytes:
                self._drop_last()
        except sqlite3.Error as error:
            self._database.close()
            raise Unreadable(str(error)) from error
        stamps = np.frombuffer(self._stamps, dtype=np.int64)
        self._order = np.argsort(stamps, kind="stable")
        self.span_ns = (int(stamps.min()), int(stamps.max())) if len(stamps) else None
        self.topics = list(self._by_id.values())
        for key, count in zip(*np.unique(self._topic_ids, return_counts=True), strict=True):
            if topic := self._by_id.get(int(key)):
                topic.count = int(count)
            else:
                problems["messages belong to a topic whose description is lost"] += int(count)

    def messages(
        self, names: Collection[tuple[str, str]], start_ns: int | None
    ) -> Iterator[tuple[Topic, int, bytes]]:
        """Give messages by stamp; see BagFile."""
        wanted = {key: one for key, one in self._by_id.items() if (one.name, one.msgtype) in names}
        for row in self._order:
            topic, stamp_ns = wanted.get(self._topic_ids[row]), self._stamps[row]
            if topic is None or (start_ns is not None and stamp_ns < start_ns):
                continue
            data = self._data(self._ids[row])
            if isinstance(data, bytes):
                yield topic, stamp_ns, data
            else:
                self._problems[f"a message lies in a damaged or missing part of {self._name}"] += 1

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _drop_last(self) -> None:
        """Leave out the last message that can be read: SQLite fills a page that is cut off with zeros."""
        while self._ids and self._data(self._ids[-1]) is None:
            self._forget_last()
        if self._ids:
            self._forget_last()

    def _forget_last(self) -> None:
        for column in (self._ids, self._topic_ids, self._stamps):
            column.pop()
        self._problems[f"a message lies in a damaged or missing part of {self._name}"] += 1

    def _data(self, row_id: int) -> object:
        with suppress(sqlite3.Error, MemoryError):
            found = self._database.execute("SELECT data FROM messages WHERE id = ?", (row_id,)).fetchone()
            return found[0] if found else None
        return None

    def _read_topics(self) -> dict[int, Topic]:
        columns = {row[1] for row in self._database.execute("PRAGMA table_info(topics)")}
        if not columns:
            msg = "it has no table of topics"
            raise Unreadable(msg)
        qos = "offered_qos_profiles" if "offered_qos_profiles" in columns else "''"
        type_hash = "type_description_hash" if "type_description_hash" in columns else "''"
        found = {
            key: Topic(
                str(name),
                str(msgtype),
                qos=parse_qos(str(profiles)),
                encoding=str(encoding) or "cdr",
                type_hash=str(digest),
            )
            for key, name, msgtype, encoding, profiles, digest in self._database.execute(
                f"SELECT id, name, type, serialization_format, {qos}, {type_hash} FROM topics"  # noqa: S608
            )
        }
        # Bags before ROS 2 Iron have no such table.
        with suppress(sqlite3.Error):
            texts = dict(
                self._database.execute(
                    "SELECT topic_type, encoded_message_definition FROM message_definitions"
                ).fetchall()
            )
            for topic in found.values():
                topic.definition = str(texts.get(topic.msgtype, ""))
        for topic in found.values():
            topic.msgtype = ros_type(topic.msgtype)
        return found

    def _read_rows(self) -> None:
        """Note all rows without their data, going around what cannot be read."""
        last, failures = 0, 0
        first_failure = True
        while failures < _PATIENCE_ROWS:
            try:
                for row_id, topic_id, stamp in self._database.execute(
                    "SELECT id, topic_id, timestamp FROM messages WHERE id > ? ORDER BY id", (last,)
                ):
                    if row_id <= last:
                        msg = "the rows are out of order"
                        raise sqlite3.DatabaseError(msg)  # noqa: TRY301 (damage, as SQLite tells it)
                    last, failures = row_id, 0
                    if isinstance(topic_id, int) and isinstance(stamp, int):
                        self._ids.append(row_id)
                        self._topic_ids.append(topic_id)
                        self._stamps.append(stamp)
                    else:
                        self._problems[f"a row of {self._name} is no message"] += 1
                return
            except sqlite3.DatabaseError:
                if first_failure:
                    self._problems[f"{self._name} is damaged or cut off: rows of messages are missing"] += 1
                    first_failure = False
                last += 1
                failures += 1
