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

"""Writing of files so that a crash leaves the old ones whole."""

from __future__ import annotations

import csv
import errno
import io
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from hand_tracking_dsp.documents import require_regular, visible
from hand_tracking_dsp.errors import OutputError
from hand_tracking_dsp.temporary import temporary_file, temporary_folder

# Beginnings of cells that a spreadsheet would run, behind the apostrophes that keep it from that.
_RUNS = re.compile(r"'*[=+\-@]")


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file so that a crash or a loss of power leaves the old one or the new one whole.

    It is written under a temporary name, synchronized to the disk, then renamed; its folder is made if
    missing. A link stays one: the file that it leads to is written. The file's permissions stay.

    Raises:
        OutputError: It cannot be written, or is there and read-only or no regular file.
    """
    try:
        path = Path(os.path.realpath(path))
        mode = _mode_of(path)
        make_folder(path.parent)
        with temporary_file(path.parent) as (temporary, file):
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            temporary.replace(path)
        sync_folder(path.parent)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
        msg = f"{path} cannot be written ({reason}): choose another folder or make room."
        raise OutputError(msg) from error


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV, as write_bytes does, in which no cell runs as a formula; from_cell reverses that.

    Raises:
        OutputError: It cannot be written.
    """
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(map(to_cell, header))
    lines.writerows(map(to_cell, row) for row in rows)
    write_text(path, text.getvalue())


def to_cell(text: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would run as a formula; numbers stay.

    What is not printable is written as its escape, see documents.visible.
    """
    text = visible(text)
    if not _RUNS.match(text):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def from_cell(text: str) -> str:
    """Return the printable text that to_cell was given."""
    return text[1:] if text.startswith("'") and _RUNS.match(text) else text


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8, as write_bytes does; halves of characters are written as their escapes.

    Raises:
        OutputError: It cannot be written.
    """
    write_bytes(path, text.encode(errors="backslashreplace"))


@contextmanager
def replaced_files(folder: Path, old: Iterable[str], last: str) -> Iterator[Path]:
    """Yield a temporary folder whose files take the place of older ones when the block ends.

    Until then nothing changes in the folder. Then the old files are removed, the main one first, and the new
    ones are moved in, the main one last: where it is missing, a crash came between.

    Args:
        folder: Destination; made if missing.
        old: Patterns of the files that a former run may have left, below the folder.
        last: Name of the main file.

    Raises:
        OutputError: Something cannot be written.
    """
    try:
        make_folder(folder)
        with temporary_folder(folder) as made:
            yield made
            new = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
            (folder / last).unlink(missing_ok=True)
            sync_folder(folder)
            for path in {path for pattern in old for path in folder.glob(pattern)}:
                path.unlink(missing_ok=True)
            for name in sorted(new, key=lambda one: str(one) == last):
                make_folder((folder / name).parent)
                _sync(made / name)
                (made / name).replace(folder / name)
                sync_folder((folder / name).parent)
    except OSError as error:
        msg = f"{folder} cannot be written ({error.strerror}): choose another folder or make room."
        raise OutputError(msg) from error


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; they last through a loss of power.

    Raises:
        OSError: It cannot be made.
    """
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        sync_folder(one.parent)


def sync_files(folder: Path) -> None:
    """Make a folder's files and their names last through a loss of power.

    Raises:
        OSError: The disk refuses.
    """
    for path in folder.iterdir():
        _sync(path)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last through a loss of power, where its file system can."""
    with suppress(OSError):
        _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mode_of(path: Path) -> int | None:
    """Return the permissions of the file to be replaced; None where there is none.

    Raises:
        OSError: It may not be replaced.
    """
    if path.is_symlink():  # what realpath leaves of links that lead in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if not path.exists():
        return None
    mode = path.stat().st_mode
    require_regular(path, mode)
    if not os.access(path, os.W_OK):
        raise OSError(errno.EACCES, "it is read-only", str(path))
    return stat.S_IMODE(mode)
