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

"""Temporary files and folders, and what killed processes leave of them."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hand_tracking_dsp import temporary
from hand_tracking_dsp.errors import OutputError
from hand_tracking_dsp.temporary import PREFIX, remove_leftovers, temporary_file, temporary_folder

HOLD = """
import sys
from pathlib import Path
from hand_tracking_dsp.temporary import temporary_file, temporary_folder
with temporary_file(Path(sys.argv[1])), temporary_folder(Path(sys.argv[1])) as folder:
    (folder / "content").write_text("of a run")
    print("ready", flush=True)
    sys.stdin.read()
"""


def held(folder: Path) -> subprocess.Popen[str]:
    """Start a process that holds a temporary file and a folder until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def sweep(folder: Path) -> None:
    """Remove leftovers as another process would that comes for the first time."""
    temporary._swept.discard(folder)
    remove_leftovers(folder)


def test_both_are_removed_at_the_end(tmp_path: Path) -> None:
    with temporary_file(tmp_path) as (path, file), temporary_folder(tmp_path) as folder:
        file.write(b"x")
        (folder / "a").write_bytes(b"x")
        assert sorted(tmp_path.iterdir()) == sorted([path, folder])
    assert list(tmp_path.iterdir()) == []


def test_those_of_a_living_process_stay_and_those_of_a_killed_one_are_removed(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("of the user")
    with held(tmp_path) as process:
        sweep(tmp_path)
        assert len([path for path in tmp_path.iterdir() if path.name.startswith(PREFIX)]) == 2
        process.send_signal(signal.SIGKILL)
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_a_link_to_a_folder_elsewhere_removes_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/kept").write_text("kept")
    (tmp_path / f"{PREFIX}1").symlink_to("elsewhere")
    sweep(tmp_path)
    assert (tmp_path / "elsewhere/kept").exists()


def test_a_machine_without_a_temporary_folder_is_told_of_tmpdir(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", refuse)
    with pytest.raises(OutputError, match="set TMPDIR to a folder that can be written"), temporary_folder():
        pass


def test_a_folder_is_readable_by_its_user_alone(tmp_path: Path) -> None:
    with temporary_folder(tmp_path) as folder:
        assert folder.stat().st_mode & 0o077 == 0
