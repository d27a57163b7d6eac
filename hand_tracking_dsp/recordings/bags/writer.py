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

"""Writing rosbag2 bags without ROS 2, through rosbags."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from hand_tracking_dsp.errors import ConfigurationError, OutputError
from hand_tracking_dsp.files import make_folder, sync_files, sync_folder
from hand_tracking_dsp.recordings.bags.definitions import is_known, require_rosbags, typestore
from hand_tracking_dsp.temporary import abandoned, locked_folder

FORMATS = ("mcap", "sqlite3")
BagFormat = Literal["mcap", "sqlite3"]

_UNFINISHED = ".unfinished-"

# A writer that is killed loses no more than these; not by time: the same messages give the same bytes.
_ROWS_PER_COMMIT = 256
_BYTES_PER_COMMIT = 1 << 24


class BagWriter:
    """Writes a bag under a temporary name and gives it its own at the end, whatever ends it.

    The version of metadata.yaml is 8, that of ROS 2 Iron. Humble, whose own is 5, looks at no number but
    wants each topic's quality of service as text, which only versions up to 8 have; Jazzy and Kilted, whose
    own is 9, read version 8, too (rosbag2_storage: metadata_io.cpp of Humble, yaml.hpp of Jazzy).

    A bag without any message is not kept. Threads may write in turn, not at once.

    Attributes:
        path: Path of the folder to make.
        counts: Messages written, by topic.
        span_ns: First and last stamp; None before the first message.
        unfinished: Folders beside it of bags whose writers were killed, with what those had written.

    Raises:
        OutputError: There is something of that name, or it cannot be written.
        ConfigurationError: rosbags is not installed.
    """

    def __init__(self, path: Path, form: BagFormat = "mcap") -> None:
        require_rosbags()
        from rosbags.rosbag2 import StoragePlugin, Writer

        self.path = path
        self.counts: Counter[str] = Counter()
        self.span_ns: tuple[int, int] | None = None
        if os.path.lexists(path):
            msg = f"{path} exists already: give another name, or remove it first."
            raise OutputError(msg)
        self._connections: dict[tuple[str, str], Any] = {}
        self._rows = self._bytes = 0
        try:
            make_folder(path.parent)
            self.unfinished = _unfinished(path.parent)
            self._temporary, self._lock = locked_folder(path.parent, f".{path.name[:100]}{_UNFINISHED}")
        except OSError as error:
            raise self._failed(error) from error
        try:
            # The file inside is named like its folder.
            self._writer = Writer(
                self._temporary / path.name, version=8, storage_plugin=StoragePlugin[form.upper()]
            )
            self._writer.open()
            self._let_any_thread_write()
        except Exception as error:  # rosbags' own errors, and the system's
            self._remove_temporary()
            raise self._failed(error) from error

    def __enter__(self) -> BagWriter:
        """Begin to write."""
        return self

    def __exit__(self, *_: object) -> None:
        """Finish the bag, also where an error or Ctrl-C ended the writing."""
        self.close()

    def write_raw(self, topic: str, msgtype: str, stamp_ns: int, data: bytes, qos: Any = None) -> None:  # noqa: ANN401
        """Write a serialized message.

        Args:
            topic: Topic with its leading slash.
            msgtype: Type, for example sensor_msgs/msg/Image.
            stamp_ns: Time of reception, nanoseconds.
            data: CDR with its head of 4 bytes.
            qos: Quality of service that its publisher offers, see profile(); None: reliable.

        Raises:
            ConfigurationError: The type's definition is not known.
            OutputError: It cannot be written.
        """
        connection = self._connections.get((topic, msgtype))
        try:
            if connection is None:
                connection = self._connect(topic, msgtype, qos or profile())
            self._writer.write(connection, stamp_ns, data)
            self.counts[topic] += 1
            first, last = self.span_ns or (stamp_ns, stamp_ns)
            self.span_ns = min(first, stamp_ns), max(last, stamp_ns)
            self._rows += 1
            self._bytes += len(data)
            if self._rows >= _ROWS_PER_COMMIT or self._bytes >= _BYTES_PER_COMMIT:
                self._commit()
        except ConfigurationError:
            raise
        except Exception as error:  # rosbags' own errors, and the system's
            raise self._failed(error, "before is kept") from error

    def write(self, topic: str, message: Any, stamp_ns: int, qos: Any = None) -> None:  # noqa: ANN401
        """Write a message of typestore(); otherwise as write_raw."""
        msgtype = message.__msgtype__
        self.write_raw(topic, msgtype, stamp_ns, bytes(typestore().serialize_cdr(message, msgtype)), qos)

    def close(self) -> None:
        """Finish the bag; may be called twice.

        Raises:
            OutputError: It cannot be finished; the message names the folder of what was written.
        """
        if self._writer.storage is None:
            return
        try:
            if self.counts:
                self._writer.close()
                made = self._temporary / self.path.name
                sync_files(made)
                made.rename(self.path)
                sync_folder(self.path.parent)
        except Exception as error:  # rosbags' own errors, and the system's
            raise self._failed(error, f"lies in {self._temporary}") from error
        finally:
            # It writes what is left, which a full disk refuses once more.
            with suppress(OSError):
                self._writer.abort()
        self._remove_temporary()

    def _remove_temporary(self) -> None:
        shutil.rmtree(self._temporary, ignore_errors=True)
        os.close(self._lock)

    def _connect(self, topic: str, msgtype: str, qos: Any) -> Any:  # noqa: ANN401
        if not is_known(msgtype):
            msg = f"The type {msgtype} of {topic} cannot be recorded: its definition is not known here."
            raise ConfigurationError(msg)
        connection = self._writer.add_connection(
            topic, msgtype, typestore=typestore(), offered_qos_profiles=[qos]
        )
        self._connections[topic, msgtype] = connection
        return connection

    def _commit(self) -> None:
        from rosbags.rosbag2.storage_sqlite3 import Sqlite3Writer

        if isinstance(self._writer.storage, Sqlite3Writer):
            self._writer.storage.conn.commit()
        self._rows = self._bytes = 0

    def _let_any_thread_write(self) -> None:
        """Open rosbags' new database once more: else SQLite refuses all threads but this one."""
        from rosbags.rosbag2.storage_sqlite3 import Sqlite3Writer

        storage = self._writer.storage
        if isinstance(storage, Sqlite3Writer):
            storage.conn.close()
            storage.conn = sqlite3.connect(storage.path, check_same_thread=False)
            storage.cursor = storage.conn.cursor()

    def _failed(self, error: Exception, kept: str = "") -> OutputError:
        reason = getattr(error, "strerror", None) or str(error).rstrip(".") or type(error).__name__
        left = f"; what was written {kept}" if self.counts and kept else ""
        return OutputError(
            f"The bag {self.path} cannot be written ({reason}): make room or give another name{left}."
        )


def _unfinished(parent: Path) -> list[Path]:
    """Find the bags that killed writers left in a folder; what has no content is removed.

    A writer that was killed behind its last rename leaves an empty folder, and its bag is complete.
    """
    found = []
    for path in sorted(parent.glob(f".*{_UNFINISHED}*")):
        with abandoned(path) as left:
            if left and any(one.is_file() and one.stat().st_size for one in path.rglob("*")):
                found += list(path.iterdir())
            elif left:
                shutil.rmtree(path, ignore_errors=True)
    return found


def profile(*, depth: int = 10, reliable: bool = True, transient_local: bool = False) -> Any:  # noqa: ANN401
    """Make the quality of service that a publisher offers, rosbags' Qos.

    Durations are RMW_DURATION_INFINITE, which rosbag2 writes where none is set.
    """
    from rosbags.interfaces import Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime

    infinite = QosTime(9223372036, 854775807)
    return Qos(
        history=QosHistory.KEEP_LAST,
        depth=depth,
        reliability=QosReliability.RELIABLE if reliable else QosReliability.BEST_EFFORT,
        durability=QosDurability.TRANSIENT_LOCAL if transient_local else QosDurability.VOLATILE,
        deadline=infinite,
        lifespan=infinite,
        liveliness=QosLiveliness.AUTOMATIC,
        liveliness_lease_duration=infinite,
        avoid_ros_namespace_conventions=False,
    )
