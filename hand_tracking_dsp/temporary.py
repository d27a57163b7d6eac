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

"""Temporary files and folders: what a killed process leaves of them, the next one removes.

Each is locked while its process lives. The kernel releases the lock whatever ends the process, and it holds
between containers that share a folder, where process ids mean nothing.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from hand_tracking_dsp.errors import OutputError

PREFIX = ".hand_tracking_dsp-"
"""Beginning of their names."""

_swept: set[Path] = set()


@contextmanager
def temporary_file(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Yield the path and the stream of a new file, which is removed at the end unless it was renamed.

    Raises:
        OSError: It cannot be made.
    """
    remove_leftovers(folder)
    while True:
        path = folder / f"{PREFIX}{secrets.token_hex(8)}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        if _lock(descriptor, path):
            break
        os.close(descriptor)
    with os.fdopen(descriptor, "wb") as file:
        try:
            yield path, file
        finally:
            with suppress(OSError):
                path.unlink()


@contextmanager
def temporary_folder(parent: Path | None = None) -> Iterator[Path]:
    """Yield a new folder, which is removed at the end with all that is in it.

    Args:
        parent: Folder to make it in; the system's folder for temporary files if None.

    Raises:
        OutputError: It cannot be made.
    """
    advice = f"make room in {parent}" if parent else "set TMPDIR to a folder that can be written"
    try:
        folder = Path(tempfile.gettempdir()) if parent is None else parent
        remove_leftovers(folder)
        path, descriptor = locked_folder(folder)
    except OSError as error:
        # Without any, tempfile lists all that it tried.
        reason = "no folder can be written" if parent is None and not error.filename else error.strerror
        msg = f"No temporary folder can be made ({reason}): {advice}."
        raise OutputError(msg) from error
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(descriptor)


def locked_folder(parent: Path, prefix: str = PREFIX) -> tuple[Path, int]:
    """Make a folder, readable by this user alone, that is locked until its descriptor is closed.

    Returns:
        Path and descriptor.

    Raises:
        OSError: It cannot be made.
    """
    while True:
        path = parent / f"{prefix}{secrets.token_hex(8)}"
        path.mkdir(mode=0o700)
        with suppress(FileNotFoundError):  # removed before it was locked
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            if _lock(descriptor, path):
                return path, descriptor
            os.close(descriptor)


@contextmanager
def reserved(name: str) -> Iterator[bool]:
    """Reserve a name among the processes of this machine that share its folder for temporary files.

    Yields:
        False where another holds it, or nothing can be reserved there.
    """
    with ExitStack() as ending:
        try:
            path = Path(tempfile.gettempdir()) / f"{PREFIX}{name}"
            descriptor = _open_shared(path)
        except OSError:
            yield False
            return
        ending.callback(os.close, descriptor)
        held = _lock(descriptor, path, wait=False)
        try:
            yield held
        finally:
            if held:
                with suppress(OSError):
                    path.unlink()


@contextmanager
def abandoned(path: Path) -> Iterator[bool]:
    """Find out whether a file or folder is this user's and no living process has locked it.

    It is locked itself within the block.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        yield False
        return
    try:
        yield os.fstat(descriptor).st_uid == os.geteuid() and _lock(descriptor, path, wait=False)
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes left in a folder; done once for each folder."""
    if folder in _swept:
        return
    _swept.add(folder)
    try:
        found = [Path(one.path) for one in os.scandir(folder) if one.name.startswith(PREFIX)]
    except OSError:
        return
    for path in found:
        with abandoned(path) as left:
            if left and path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif left:
                path.unlink(missing_ok=True)


def _open_shared(path: Path) -> int:
    """Open a file to lock it, also one of another user; make it where there is none."""
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o444)
        with suppress(OSError):  # made by another user meanwhile
            os.fchmod(descriptor, 0o444)  # whatever the umask
        return descriptor


def _lock(descriptor: int, path: Path, *, wait: bool = True) -> bool:
    """Lock what was just opened; False where another has locked it, or it was removed meanwhile."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        # Some network file systems know no locks: nothing is ever removed there.
        return wait
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except OSError:
        return False
