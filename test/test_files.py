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

"""Writing files whole or not at all, whatever stops it."""

from __future__ import annotations

import csv
import errno
import os
from pathlib import Path

import pytest
from support.killing import killed_at_each_step

from hand_tracking_dsp.documents import visible
from hand_tracking_dsp.errors import OutputError
from hand_tracking_dsp.files import from_cell, replaced_files, write_bytes, write_table, write_text


def test_makes_the_folder_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    write_text(path, "grüße")
    assert path.read_text(encoding="utf-8") == "grüße"
    assert list(path.parent.iterdir()) == [path]


def test_replaces_an_older_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_bytes(path, b"old")
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_place_that_cannot_be_written_is_named_and_the_old_file_stays(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()
    (folder / "kept").write_bytes(b"kept")
    with pytest.raises(OutputError, match=r"taken cannot be written \(.*\): choose another folder"):
        write_bytes(folder, b"data")
    assert (folder / "kept").read_bytes() == b"kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["taken"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"old")
    (tmp_path / "link").symlink_to("there")
    write_bytes(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_bytes() == b"new"


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write what is read-only")
def test_a_read_only_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"kept")
    path.chmod(0o444)
    with pytest.raises(OutputError, match="is read-only"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"kept"


def test_a_file_in_the_place_of_a_folder_is_a_sentence_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        write_bytes(tmp_path / "file" / "x", b"data")


def test_a_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_bytes(path, b"new")
    assert path.stat().st_mode & 0o777 == 0o640


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    write_bytes(tmp_path / ("x" * 255), b"data")
    with pytest.raises(OutputError, match="File name too long"):
        write_bytes(tmp_path / ("x" * 256), b"data")


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_file_can_have_is_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="no file can have this name"):
        write_bytes(tmp_path / name, b"data")


def test_a_pipe_or_device_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="a pipe, socket or device, not a file"):
        write_bytes(tmp_path / "pipe", b"data")
    with pytest.raises(OutputError, match="a pipe, socket or device, not a file"):
        write_bytes(Path("/dev/null"), b"data")


def test_links_that_lead_in_a_circle_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OutputError, match="cannot be written"):
        write_bytes(tmp_path / "a", b"data")
    assert (tmp_path / "a").is_symlink()


@pytest.mark.parametrize("call", ["fsync", "fchmod", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_an_error_at_any_step_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    path = tmp_path / "a"
    write_bytes(path, b"old")

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        if call == "replace":
            patch.setattr(Path, call, fail)
        with pytest.raises(OutputError, match=os.strerror(number)):
            write_bytes(path, b"new")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("a", b"old")]


def test_a_write_that_is_killed_at_any_step_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "a"

    def write() -> None:
        write_bytes(path, b"new" * 10000)

    for _ in killed_at_each_step(write):
        assert not path.exists() or path.read_bytes() == b"new" * 10000
        if path.exists():
            path.write_bytes(b"old")
            break
    for _ in killed_at_each_step(write):
        assert path.read_bytes() in (b"old", b"new" * 10000)
        path.write_bytes(b"old")
    assert [one.name for one in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_is_killed_at_any_step_is_never_a_mix(tmp_path: Path) -> None:
    def fill() -> None:
        (tmp_path / "worst").mkdir(exist_ok=True)
        for name in ("a", "report", "worst/1", "worst/2"):
            (tmp_path / name).write_text("old")

    def write() -> None:
        with replaced_files(tmp_path, ("a", "report", "worst/*"), "report") as made:
            for name in ("a", "worst/1", "report"):
                (made / name).parent.mkdir(exist_ok=True)
                (made / name).write_text("new")

    (tmp_path / "own").write_text("of the user")
    fill()
    states = set()
    for _ in killed_at_each_step(write):
        if (tmp_path / "report").exists():
            names = ("a", "report", "worst/1", "worst/2")
            states.add(tuple((tmp_path / n).read_text() if (tmp_path / n).exists() else "" for n in names))
        assert (tmp_path / "own").read_text() == "of the user"
        last = sorted(one.relative_to(tmp_path).as_posix() for one in tmp_path.rglob("*"))
        fill()
    assert states == {("old", "old", "old", "old"), ("new", "new", "new", "")}
    assert last == ["a", "own", "report", "worst", "worst/1"]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("@SUM(1)", "'@SUM(1)"),
        ("-level", "'-level"),
        (r"\t=1", r"\t=1"),
        ("'=1", "''=1"),
        ("-1.5e-3", "-1.5e-3"),
        ("+2", "+2"),
        ("'quoted'", "'quoted'"),
        ("level 5", "level 5"),
        ("", ""),
    ],
)
def test_no_cell_of_a_table_runs_and_each_comes_back(tmp_path: Path, cell: str, written: str) -> None:
    write_table(tmp_path / "a.csv", ["name"], [[cell]])
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        _, row = csv.reader(file)
    assert row == [written] or (row, written) == ([], "")
    assert from_cell(written) == cell


@pytest.mark.parametrize("cell", ["\t=1", "\r=1", "\n=1", "\x1b]0;title\a", "a\rb"])
def test_no_cell_of_a_table_begins_with_or_holds_what_is_not_printable(tmp_path: Path, cell: str) -> None:
    write_table(tmp_path / "a.csv", ["name"], [[cell]])
    name, row, rest = (tmp_path / "a.csv").read_bytes().decode().split("\n")
    assert (name, rest) == ("name", "")
    assert row.isprintable()
    assert row == visible(cell)


def test_halves_of_characters_are_written_as_their_escapes(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "x\udcff")
    assert (tmp_path / "a").read_text(encoding="utf-8") == "x\\udcff"
