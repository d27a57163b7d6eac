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

"""Changes of a bank in its own folder: of what another command wrote there meanwhile nothing is lost."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, Manifest, read_manifest
from hand_tracking_dsp.tracking.network_file import changed_meanwhile


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Wait until no other process writes a bank into a folder, and keep others waiting until the block ends.

    Where there is no bank yet, as in a folder that this process is just making, or the file system knows no
    locks, nobody waits.
    """
    if not (folder / MANIFEST_NAME).exists():
        yield
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def update_manifest(bank: Manifest, change: Callable[[Manifest], Manifest]) -> Manifest:
    """Change bank.json as it is now, of a bank whose networks are still those that were measured.

    Args:
        bank: The bank as it was read.
        change: Adds what was measured of it to the bank as it is now.

    Returns:
        The bank as written.

    Raises:
        ModelError: Its networks or thresholds are others by now.
        OutputError: It cannot be written.
    """
    with only_writer(bank.folder):
        now = read_manifest(bank.folder)
        if _measured(now) != _measured(bank):
            raise changed_meanwhile(bank)
        new = change(now)
        write_text(bank.folder / MANIFEST_NAME, new.to_text())
    return new


def require_unchanged(bank: Manifest) -> None:
    """Check that bank.json is still as it was read.

    Raises:
        ModelError: It is not.
    """
    if read_manifest(bank.folder) != bank:
        raise changed_meanwhile(bank)


def _measured(bank: Manifest) -> list[object]:
    """Return what figures of a bank are about: its files, and the thresholds of its levels."""
    return [
        [(info.file, info.sha256) for info in bank.files],
        [level.presence_threshold for level in bank.levels],
    ]
