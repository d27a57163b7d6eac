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

"""Opening bags, whole or damaged, without ROS 2 and without changing anything in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any

from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.recordings.bags.definitions import Definitions, require_rosbags
from hand_tracking_dsp.recordings.bags.files import bag_files, uncompressed, unpacked
from hand_tracking_dsp.recordings.bags.layouts import Layout
from hand_tracking_dsp.recordings.bags.storage import BagFile, Topic, Unreadable, in_order

# Of the messages that are read.
_ENCODINGS = ("cdr", "ros1")


class Bag:
    """A bag that is open; one message at a time is in memory.

    Attributes:
        path: Path of the bag.
        connections: rosbags' Connection for each topic and type: topic, msgtype, msgcount and more; without
            those of topics whose messages are not read.
        foreign: These, with the encoding and type of each, or that it is another version's.
        problems: Counts of problems by sentence, which grow as reading goes on.
        span_ns: First and last stamp, nanoseconds; None where there is no message.
    """

    def __init__(self, path: Path, files: list[BagFile], problems: Counter[str]) -> None:
        self.path = path
        self.problems = problems
        self._files = files
        topics = _merged(files)
        self._definitions = Definitions(
            {one.msgtype: one.definition for one in topics},
            ros1={one.msgtype for one in topics if one.encoding == "ros1"},
            problems=problems,
        )
        self.foreign = {one.name: kind for one in topics if (kind := self._foreign_kind(one))}
        read = [one for one in topics if not self._foreign_kind(one)]
        for one in topics:
            if one.encoding in _ENCODINGS and one not in read:
                problems[f"{one.name} is not read, since it is {self.foreign[one.name]}"] += 1
        self.connections = [_connection(number, one, self) for number, one in enumerate(read, 1)]
        spans = [file.span_ns for file in files if file.span_ns]
        self.span_ns = (min(one[0] for one in spans), max(one[1] for one in spans)) if spans else None
        self._by_name = {(one.topic, one.msgtype): one for one in self.connections}

    def messages(
        self, connections: Collection[Any] = (), start_ns: int | None = None
    ) -> Iterator[tuple[Any, int, bytes]]:
        """Yield messages in the order of their stamps.

        Args:
            connections: Connections to read, of self.connections; all if empty.
            start_ns: First stamp to read, nanoseconds; None: from the beginning.

        Yields:
            Connection, stamp (nanoseconds, when the message was received) and bytes.
        """
        names = {(one.topic, one.msgtype) for one in connections or self.connections}
        begun = [(file.span_ns[0], file.messages(names, start_ns)) for file in self._files if file.span_ns]
        for topic, stamp_ns, data in in_order(sorted(begun, key=itemgetter(0))):
            plain = uncompressed(data) if topic.encoding == "cdr" else data
            if plain is None:
                self.problems[f"a message on {topic.name} cannot be decompressed"] += 1
            else:
                yield self._by_name[topic.name, topic.msgtype], stamp_ns, plain

    def deserialize(self, data: bytes, msgtype: str) -> Any:  # noqa: ANN401
        """Deserialize a message; bytes that are not one are counted in problems.

        Raises:
            FrameError: The bytes do not fit the definition, or there is none.
        """
        return self._definitions.deserialize(data, msgtype)

    def layout(self, msgtype: str) -> Layout | None:
        """Return the layout of a type by the bag's own definition; None where it holds none."""
        return self._definitions.layout(msgtype)

    def contents(self) -> str:
        """List the bag's topics and types for a sentence, also what self.foreign says of those not read."""
        read = ((one.topic, one.msgtype) for one in self.connections)
        topics = [f"{topic} as {kind or 'an unknown type'}" for topic, kind in {*read, *self.foreign.items()}]
        return ", ".join(sorted(topics)) or "nothing"

    def _foreign_kind(self, topic: Topic) -> str:
        """Return the encoding and type of a topic whose messages are not read; "" for any other."""
        if topic.encoding not in _ENCODINGS:
            return f"{topic.encoding or 'an unknown encoding of'} {topic.msgtype}".rstrip()
        reason = self._definitions.other_version(topic.msgtype, topic.type_hash)
        return f"{topic.msgtype} of another version ({reason})" if reason else ""

    def read(
        self, connections: Collection[Any] = (), start_ns: int | None = None
    ) -> Iterator[tuple[Any, int, Any]]:
        """Yield messages as messages() does, deserialized; bytes that are not one are left out."""
        for connection, stamp_ns, data in self.messages(connections, start_ns):
            try:
                message = self.deserialize(data, connection.msgtype)
            except FrameError:
                continue
            yield connection, stamp_ns, message


@contextmanager
def open_bag(path: Path) -> Iterator[Bag]:
    """Open a bag; damage is counted in its problems, the rest is read.

    Args:
        path: Path to a rosbag2 folder or file (mcap, sqlite3; also with zstd), or to a ROS 1 bag.

    Raises:
        SourceError: The bag is missing, or has nothing that can be read.
        ConfigurationError: rosbags or the package's message definitions are not installed.
        OutputError: There is no room to decompress it.
    """
    require_rosbags()
    try:
        path.stat()
    except (FileNotFoundError, ValueError) as error:
        msg = f"There is no bag {path}: give a rosbag2 folder, an .mcap or .db3 file, or a ROS 1 .bag."
        raise SourceError(msg) from error
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from error
    problems: Counter[str] = Counter()
    with ExitStack() as stack:
        files: list[BagFile] = []
        reasons: list[str] = []
        for part in _parts(path, problems):
            try:
                file = _open_file(stack.enter_context(unpacked(part, problems)), problems)
            except (Unreadable, OSError) as error:
                reason = error.strerror if isinstance(error, OSError) else str(error)
                reasons.append(f"{part.name}: {reason}")
                problems[f"{part.name} cannot be read ({reason})"] += 1
                continue
            stack.callback(file.close)
            files.append(file)
        if not files:
            reason = "; ".join(reasons).rstrip(".") or "no .mcap or .db3 file is in it"
            raise _unreadable(path, reason)
        yield Bag(path, files, problems)


def _parts(path: Path, problems: Counter[str]) -> list[Path]:
    try:
        return bag_files(path, problems)
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from error


def _unreadable(path: Path, reason: str) -> SourceError:
    return SourceError(
        f"The bag {path} cannot be read ({reason}): it is not a bag, or nothing in it is left; give another, "
        f"or record it again."
    )


def _open_file(path: Path, problems: Counter[str]) -> BagFile:
    """Open one file by what it is; Unreadable says why nothing in it can be read."""
    from hand_tracking_dsp.recordings.bags.mcap_file import McapFile
    from hand_tracking_dsp.recordings.bags.ros1_file import Ros1File
    from hand_tracking_dsp.recordings.bags.sqlite_file import SqliteFile

    kinds: dict[str, Any] = {".mcap": McapFile, ".db3": SqliteFile, ".bag": Ros1File}
    if path.suffix not in kinds:
        msg = "its name does not end in .mcap, .db3 or .bag"
        raise Unreadable(msg)
    file: BagFile = kinds[path.suffix](path, problems)
    return file


def _merged(files: list[BagFile]) -> list[Topic]:
    """Give every topic and type once, with the messages of all files."""
    found: dict[tuple[str, str], Topic] = {}
    for file in files:
        for one in file.topics:
            known = found.setdefault((one.name, one.msgtype), replace(one, count=0))
            known.definition = known.definition or one.definition
            known.qos = known.qos or one.qos
            known.type_hash = known.type_hash or one.type_hash
            known.count += one.count
    return list(found.values())


def _connection(number: int, topic: Topic, owner: Bag) -> Any:  # noqa: ANN401 (rosbags may be absent)
    from rosbags.interfaces import (
        Connection,
        ConnectionExtRosbag2,
        MessageDefinition,
        MessageDefinitionFormat,
    )

    form = MessageDefinitionFormat.MSG if topic.definition else MessageDefinitionFormat.NONE
    return Connection(
        id=number,
        topic=topic.name,
        msgtype=topic.msgtype,
        msgdef=MessageDefinition(form, topic.definition),
        digest=topic.type_hash,
        msgcount=topic.count,
        ext=ConnectionExtRosbag2(topic.encoding, topic.qos),
        owner=owner,
    )
