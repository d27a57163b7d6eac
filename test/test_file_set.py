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

"""Files and their index: the old set or the new one is whole, whatever stops the writer."""

from __future__ import annotations

import errno
import json
import os
from itertools import groupby
from pathlib import Path

import pytest
from support.killing import killed_at_each_step

from hand_tracking_dsp.errors import OutputError
from hand_tracking_dsp.file_set import FileSet
from hand_tracking_dsp.temporary import PREFIX


def write(folder: Path, version: bytes, *names: str) -> None:
    index = folder / "index.json"
    written = FileSet(index, json.loads(index.read_text()).values() if index.exists() else [])
    written.write(json.dumps({name: written.add(f"{name}.bin", version) for name in names}))


def read(folder: Path) -> dict[str, bytes]:
    named = json.loads((folder / "index.json").read_text())
    return {name: (folder / file).read_bytes() for name, file in named.items()}


def names(folder: Path) -> set[str]:
    # Temporary files that were left go with the next process, see test_temporary.py.
    return {path.name for path in folder.iterdir() if not path.name.startswith(PREFIX)}


def test_the_files_have_their_names_and_a_later_set_takes_their_place(tmp_path: Path) -> None:
    write(tmp_path / "new", b"1", "a", "b")
    assert names(tmp_path / "new") == {"index.json", "a.bin", "b.bin"}
    write(tmp_path / "new", b"2", "a")
    assert read(tmp_path / "new") == {"a": b"2"}
    assert len(names(tmp_path / "new")) == 2


def test_a_writer_that_is_killed_at_any_step_leaves_the_old_set_or_the_new_one(tmp_path: Path) -> None:
    write(tmp_path, b"old", "a", "c")
    (tmp_path / "own.bin").write_bytes(b"of the user")
    states = [read(tmp_path) for _ in killed_at_each_step(lambda: write(tmp_path, b"new", "a", "b"))]
    old, new = {"a": b"old", "c": b"old"}, {"a": b"new", "b": b"new"}
    assert [state for state, _ in groupby(states)] == [old, new]
    assert states.count(old) > 10
    write(tmp_path, b"last", "a")
    assert read(tmp_path) == {"a": b"last"}
    assert len(names(tmp_path) - {"own.bin", "index.json"}) == 1
    assert (tmp_path / "own.bin").read_bytes() == b"of the user"


def test_the_next_writer_removes_what_one_that_was_killed_at_any_step_left(tmp_path: Path) -> None:
    for step in killed_at_each_step(lambda: write(tmp_path, b"new", "a", "b")):
        write(tmp_path, b"whole", "z")
        assert read(tmp_path) == {"z": b"whole"}, step
        assert len(names(tmp_path)) == 2, step


def test_a_list_of_another_kind_removes_nothing(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "kept").touch()
    (tmp_path / "kept").touch()
    content = ["below/kept", "..", 5, "index.json", "", ".", "a\0b", str(tmp_path / "kept")]
    for text in (json.dumps(content), '{"kept": 1}', "[", '["\\u0000"]'):
        (tmp_path / ".index.json.unfinished").write_text(text)
        write(tmp_path, b"1", "a")
        assert read(tmp_path) == {"a": b"1"}
        assert (tmp_path / "kept").exists()
        assert (tmp_path / "below" / "kept").exists()


def test_what_cannot_be_removed_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").touch()
    (tmp_path / ".index.json.unfinished").write_text('["x"]')

    def refuse(path: Path, **_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(OutputError, match=r"x cannot be removed \(Permission denied\): choose"):
        FileSet(tmp_path / "index.json", [])
