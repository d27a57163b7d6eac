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

"""Files of a bag, and their decompression."""

from __future__ import annotations

import errno
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePath

from hand_tracking_dsp.documents import read_text, require_file
from hand_tracking_dsp.errors import OutputError
from hand_tracking_dsp.recordings.bags.storage import MOST_BYTES
from hand_tracking_dsp.temporary import temporary_folder
from hand_tracking_dsp.yaml_documents import parse_yaml

_SUFFIXES = (".mcap", ".db3", ".bag")
_LOGS = ("-wal", "-journal")
_ZSTD = ".zstd"
# YAML is read at some 100 kB per second; a bag of 10,000 files has some 2 MB.
_MAX_METADATA_BYTES = 1 << 22
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_PART_BYTES = 1 << 22
# What stays free for others where a bag is unpacked; of a small disk, a share.
_RESERVE_BYTES = 1_000_000_000
_RESERVE_SHARE = 0.05


def bag_files(path: Path, problems: Counter[str]) -> list[Path]:
    """List the files of a bag: a file, or those of a folder.

    What is wrong with the folder, which may lack metadata.yaml, is counted in problems.

    Raises:
        OSError: The folder cannot be read.
    """
    if not path.is_dir():
        return [path]
    found = sorted(
        (one for one in path.iterdir() if one.is_file() and _plain_name(one).endswith(_SUFFIXES)),
        key=lambda one: [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", one.name)],
    )
    try:
        text = read_text(path / "metadata.yaml", _MAX_METADATA_BYTES)
        names = parse_yaml(text)["rosbag2_bagfile_information"]["relative_file_paths"]
        # Only inside the folder, whatever is written there; rosbag2 once wrote the folder's name before it.
        named = [PurePath(name).name for name in names]
    except Exception:  # noqa: BLE001 (whatever is missing or wrong in it)
        if not all(one.suffix == ".bag" for one in found):  # ROS 1 has none
            problems["metadata.yaml is missing or damaged: the files are taken by their names"] += 1
        return _each_once(found, problems)
    return _named(found, named, problems) or _each_once(found, problems)


def _plain_name(path: Path) -> str:
    return path.name.removesuffix(_ZSTD)


def _named(found: list[Path], names: list[str], problems: Counter[str]) -> list[Path]:
    """Return the files that metadata.yaml names; one may have been packed or unpacked since."""
    by_plain_name: dict[str, list[Path]] = {}
    for one in found:
        by_plain_name.setdefault(_plain_name(one), []).append(one)
    chosen: list[Path] = []
    for name in names:
        these = by_plain_name.get(name.removesuffix(_ZSTD), [])
        if these:
            chosen.append(next((one for one in these if one.name == name), these[0]))
        else:
            problems[f"{name} is missing, though metadata.yaml names it"] += 1
    known = {_stem(one) for one in chosen}
    for one in found:
        if chosen and _stem(one) not in known:
            problems[f"{one.name} is left out: metadata.yaml does not name it"] += 1
    return chosen


def _each_once(found: list[Path], problems: Counter[str]) -> list[Path]:
    """Leave out files that are others in another form: packed, or converted to another storage."""
    chosen: dict[str, Path] = {}
    for one in sorted(found, key=lambda one: (one.suffix == _ZSTD, not _plain_name(one).endswith(".mcap"))):
        other = chosen.setdefault(_stem(one), one)
        if other != one:
            problems[f"{one.name} is left out: {other.name} is the same"] += 1
    return [one for one in found if one in chosen.values()]


def _stem(path: Path) -> str:
    return PurePath(_plain_name(path)).stem


@contextmanager
def unpacked(path: Path, problems: Counter[str]) -> Iterator[Path]:
    """Yield the path of a file without its compression: itself, or a copy in a temporary folder.

    Raises:
        OSError: It cannot be read.
        OutputError: There is no room for the copy, or too little would be left.
    """
    require_file(path)
    if path.suffix != _ZSTD:
        with _with_logs(path, problems) as plain:
            yield plain
        return
    import zstandard

    with temporary_folder() as folder:
        plain = folder / path.stem
        try:
            with path.open("rb") as packed, plain.open("wb") as out:
                stream = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
                while part := stream.read(_PART_BYTES):
                    _require_room(folder, len(part))
                    out.write(part)
        except zstandard.ZstdError:
            problems[f"{path.name} is damaged or cut off: it is decompressed up to there"] += 1
        except OSError as error:
            msg = (
                f"{path} cannot be decompressed into {folder.parent} ({error.strerror}): make room there, or "
                f"set TMPDIR to a folder with more."
            )
            raise OutputError(msg) from error
        yield plain


def _require_room(folder: Path, size: int) -> None:
    """Check that so many bytes can be written into a folder; OSError where the reserve would be used."""
    disk = shutil.disk_usage(folder)
    reserve = min(_RESERVE_BYTES, _RESERVE_SHARE * disk.total)
    if disk.free - size < reserve:
        raise OSError(errno.ENOSPC, f"less than {reserve / 1e6:.0f} MB would be left free")


@contextmanager
def _with_logs(path: Path, problems: Counter[str]) -> Iterator[Path]:
    """Yield the path of a file, or of a copy into which SQLite has taken the logs that its writer left."""
    logs = [path.with_name(path.name + suffix) for suffix in _LOGS]
    logs = [log for log in logs if log.is_file() and log.stat().st_size]
    if path.suffix != ".db3" or not logs:
        yield path
        return
    with temporary_folder() as folder:
        copy = folder / path.name
        try:
            for one in (path, *logs):
                shutil.copyfile(one, folder / one.name)
            with closing(sqlite3.connect(copy)) as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                database.execute("SELECT count(*) FROM sqlite_master").fetchall()
        except (OSError, sqlite3.Error):
            for log in logs:
                problems[f"{log.name} was left by a recorder that did not end: its rows are left out"] += 1
            copy = path
        else:
            for log in logs:
                problems[
                    f"{log.name} was left by a recorder that did not end: what it did not commit is missing"
                ] += 1
        yield copy


def uncompressed(data: bytes) -> bytes | None:
    """Return a CDR message without the compression that rosbag2 may have put on it.

    None is returned if it is damaged, or would have more than MOST_BYTES.
    CDR begins with a zero byte, zstd with another, so no word of metadata.yaml is needed.
    """
    if not data.startswith(_ZSTD_MAGIC):
        return data
    import zstandard

    try:
        plain: bytes = zstandard.ZstdDecompressor().stream_reader(data).read(MOST_BYTES + 1)
    except zstandard.ZstdError:
        return None
    return plain if len(plain) <= MOST_BYTES else None
