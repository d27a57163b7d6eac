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

"""Files and the index that names them, such as a bank's networks and bank.json, written as one."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path

from hand_tracking_dsp.documents import read_bytes, read_json, sha256_of
from hand_tracking_dsp.errors import OutputError
from hand_tracking_dsp.files import sync_folder, write_bytes, write_text


class FileSet:
    """Files that lie beside their index, written so that the old set or the new one is whole at any time.

    No file is overwritten: where a name is taken, the new file gets another. Then the index is replaced, and
    the files that only the old one named are removed. Until that is done a list beside the index names what
    is added and removed, by which the next writer removes what a killed one left.
    """

    def __init__(self, index: Path, old: Iterable[str]) -> None:
        """Begin a set; what a killed writer left of another is removed.

        Args:
            index: Path of the file that names the others.
            old: Names of the files that it names now.

        Raises:
            OutputError: What was left cannot be removed.
        """
        self._index = index
        self._old = set(old)
        self._files: dict[str, bytes] = {}
        self._list = index.with_name(f".{index.name}.unfinished")
        self._end(_listed(self._list) - self._old - {index.name})

    def add(self, name: str, data: bytes) -> str:
        """Add a file; return the name that it will have, with the end of its own where another has it.

        Raises:
            OutputError: What lies there cannot be read.
        """
        path = self._index.parent / name
        try:
            taken = path.exists() and read_bytes(path) != data
        except OSError as error:
            msg = f"{path} cannot be read ({error.strerror}): choose another folder."
            raise OutputError(msg) from error
        if taken:
            path = path.with_name(f"{path.stem}-{sha256_of(data)[:12]}{path.suffix}")
        self._files[path.name] = data
        return path.name

    def write(self, index: str) -> None:
        """Write the files, then the index; whatever fails, what was there stays as it is.

        Args:
            index: Text of the index.

        Raises:
            OutputError: Something cannot be written.
        """
        folder = self._index.parent
        new = {name for name in self._files if not (folder / name).exists()}
        try:
            write_text(self._list, json.dumps(sorted(new | self._old)))
            for name in sorted(new):
                write_bytes(folder / name, self._files[name])
            write_text(self._index, index)
        except OutputError:
            self._end(new)
            raise
        self._end(self._old - self._files.keys())

    def _end(self, names: Collection[str]) -> None:
        """Remove files, then the list that names them."""
        try:
            for path in (*map(self._index.with_name, names), self._list):
                if path == self._list:
                    sync_folder(path.parent)
                if path.is_file():
                    path.unlink()
        except OSError as error:
            msg = f"{error.filename} cannot be removed ({error.strerror}): choose another folder."
            raise OutputError(msg) from error


def _listed(path: Path) -> set[str]:
    """Read the names in a list of files; none where there is no list or it is not one of this class."""
    try:
        names = read_json(path)
    except (OSError, ValueError):
        return set()
    if not isinstance(names, list):
        return set()
    here = {name for name in names if isinstance(name, str) and Path(name).name == name not in ("", "..")}
    return {name for name in here if path.with_name(name).is_file()}
