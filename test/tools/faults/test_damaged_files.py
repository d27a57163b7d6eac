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

"""The short form of the damaged files: what a command makes of each is counted, and no command fails."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

for _module in ("rosbags", "onnxruntime"):
    pytest.importorskip(_module, reason=f"{_module} is not installed")

from faults import damaged_files
from faults.damaged_files import Reading, read_damaged_files
from faults.report import files_section
from faults.samples import Sample


def test_damaged_files_are_taken_or_refused_in_a_sentence(tmp_path: Path) -> None:
    readings = read_damaged_files(tmp_path / "files", 60, 1, seed=20)
    assert [f"{r.kind}: {r.result}: {r.text}" for r in readings if not r.good] == []
    assert len({reading.kind for reading in readings}) > 15
    assert {reading.result for reading in readings} == {"taken", "refused"}
    assert f"60 files of {len({r.kind for r in readings})} kinds" in files_section(readings)


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ("raise ValueError('no')", "traceback"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "died"),
        ("import sys; print('hand-tracking-dsp: it is not well', file=sys.stderr); sys.exit(1)", "refused"),
        ("import sys; print('a word too many', file=sys.stderr); sys.exit(1)", "wordy"),
        ("return 0", "taken"),
    ],
)
def test_what_a_command_does_is_told_apart(body: str, result: str, tmp_path: Path, monkeypatch) -> None:
    scope: dict[str, object] = {}
    exec(f"def main(words):\n    {body}", scope)  # noqa: S102 (a command of this test's own)
    monkeypatch.setattr(damaged_files, "main", scope["main"])
    file = tmp_path / "file.txt"
    file.write_bytes(b"whole")
    reading = damaged_files._read(Sample("text", file, ("read",)), tmp_path, 0, Random(1))
    assert reading.result == result
    assert reading.good == (result in ("taken", "refused"))
    assert file.read_bytes() == b"whole"
    assert (reading.file is None) == reading.good


def test_harm_is_listed_with_its_last_line() -> None:
    harm = Reading("text", "traceback", "Traceback\nValueError: no\n", Path("kept.txt"), 1.0)
    assert "- text, traceback: ValueError: no (kept.txt)" in files_section([harm])
