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

from __future__ import annotations

import io
import json
import math
import os
from pathlib import Path

import pytest

from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.output import (
    machine_line,
    make_console,
    make_table,
    markdown_table,
    require_writable,
    write_json,
)
from hand_tracking_dsp.documents import visible_lines
from hand_tracking_dsp.errors import OutputError


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_json_has_null_for_what_is_no_number_and_leaves_no_partial_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "figures.json"
    write_json(path, {"a": math.nan, "b": [1.5, math.inf], "c": {"d": (2, "x")}})
    assert json.loads(path.read_text()) == {"a": None, "b": [1.5, None], "c": {"d": [2, "x"]}}
    assert [entry.name for entry in path.parent.iterdir()] == ["figures.json"]


def test_machine_line_names_processor_and_libraries() -> None:
    line = machine_line()
    assert "cores" in line
    assert "numpy" in line


def test_terminal_is_redrawn_in_place() -> None:
    stream = _Terminal()
    view = LiveView(stream)
    view.update([("rate", "1 Hz"), ("level", "0")], "plain")
    view.update([("rate", "2 Hz"), ("level", "1")], "plain")
    assert stream.getvalue().count("\x1b[2A") == 1
    assert "2 Hz" in stream.getvalue()
    assert "plain" not in stream.getvalue()


def test_without_a_terminal_there_are_plain_lines_at_intervals_and_no_escapes() -> None:
    stream = io.StringIO()
    view = LiveView(stream, plain_interval_s=60)
    for index in range(5):
        view.update([("rate", "1 Hz")], f"line {index}")
        view.progress("video", index, 5)
    assert stream.getvalue() == "line 0\n"


def test_tables_in_a_file_are_not_folded_to_a_small_terminal(monkeypatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert make_console().width > 120
    monkeypatch.setenv("COLUMNS", "70")
    assert make_console().width == 70


def test_nothing_that_strangers_named_commands_the_terminal(monkeypatch) -> None:
    monkeypatch.setattr("sys.stdout", stream := io.StringIO())
    name = "\x1b]0;title\a[/bold]:smile:\u202e"
    make_console().print(make_table(name, ("name",), [(name,)]))
    make_console().print(name)
    LiveView(stream).say(name)
    LiveView(stream).update([("name", name)])
    assert stream.getvalue().count(r"\x1b]0;title\x07[/bold]:smile:\u202e") == 5
    assert visible_lines(stream.getvalue()) == stream.getvalue()


def test_a_cell_of_markdown_keeps_its_place() -> None:
    assert markdown_table(("a",), [("x|y\nz",)]) == "| a |\n|---|\n| x\\|y\\nz |"


def test_what_will_be_replaced_is_said_and_nothing_is_made(tmp_path: Path, capsys) -> None:
    require_writable(None)
    require_writable(tmp_path / "new" / "file.json")
    require_writable(tmp_path / "new", "report.json")
    assert capsys.readouterr().err == ""
    (tmp_path / "report.json").write_text("{}")
    require_writable(tmp_path, "report.json")
    require_writable(tmp_path / "report.json")
    assert (
        capsys.readouterr().err == f"{tmp_path / 'report.json'} is there already: it will be replaced.\n" * 2
    )
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


# In /proc nobody can make anything, though root has the permission.
@pytest.mark.parametrize(
    "name",
    ["folder", "pipe", "file/below", "x" * 300, f"new/{'x' * 300}/file", "loop/file", "/proc/new/file"],
)
def test_a_place_for_the_result_that_cannot_be_is_found_out_before(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OutputError, match=r"--out .* cannot be written"):
        require_writable(tmp_path / name)
    assert not (tmp_path / "new").exists()
