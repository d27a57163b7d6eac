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

"""Reading of files that may be anything."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from hand_tracking_dsp.documents import parse_json, read_bytes, read_json, read_text, require_file, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("grüße, 手", "grüße, 手"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\nb\tc\0", r"a\nb\tc\x00"),
        ("name\u202egpj.exe", r"name\u202egpj.exe"),
        ("half \udcff", r"half \udcff"),
    ],
)
def test_what_is_not_printable_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert visible(text) == shown
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 10**5, "nested too deeply"),
        ("[" * 100 + "]" * 100, "nested too deeply"),
        ("[Infinity]", "Infinity is not a JSON number"),
        ('{"a": NaN}', "NaN is not a JSON number"),
        ("[1e999]", "1e999 is too large"),
        ("[-1e999]", "-1e999 is too large"),
        ("9" * 5000, "a number of 5000 digits is too large"),
        ('{"a": {"b": 1, "b": 2}}', "the key 'b' stands twice"),
        ('["\\ud800"]', r"\\ud800 has half a character"),
        ('{"\\ud800": 1}', r"\\ud800 has half a character"),
        ('{"a": [1,\n 2', "it is not JSON from line 2, column 3 on"),
        ("", "it is not JSON from line 1, column 1 on"),
    ],
)
def test_json_that_cannot_be_used_is_refused_in_own_words(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_json(text)


def test_a_byte_order_mark_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(path) == {"a": 1}


def test_a_text_that_is_not_utf_8_is_named_with_its_byte(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"ab\xff")
    with pytest.raises(OSError, match="not in UTF-8, byte 2"):
        read_text(tmp_path / "a")


def test_what_never_ends_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for path in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null")):
            for read in (read_bytes, require_file):
                with pytest.raises(OSError, match="pipe, socket or device"):
                    read(path)
        with pytest.raises(OSError, match="pipe, socket or device"):
            require_file(tmp_path / "socket")
        with pytest.raises(OSError, match=r"No such device|pipe, socket or device"):
            read_bytes(tmp_path / "socket")


def test_a_file_above_the_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(1 << 20))
    assert len(read_bytes(tmp_path / "a", 1 << 20)) == 1 << 20
    with pytest.raises(OSError, match=r"larger than 1\.049 MB"):
        read_bytes(tmp_path / "a", (1 << 20) - 1)


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 300])
def test_a_name_that_no_file_can_have_is_an_error_of_the_system(tmp_path: Path, name: str) -> None:
    for read in (read_bytes, require_file):
        with pytest.raises(OSError, match=r"no file can have this name|File name too long"):
            read(tmp_path / name)


def test_links_that_lead_in_a_circle_are_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        read_bytes(tmp_path / "a")
