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

"""hand-tracking-dsp models profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from hand_tracking_dsp.cli import main


def test_shows_for_every_network_where_its_time_goes(
    tiny_bank: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("hand_tracking_dsp.compression.bank.verify.BACKENDS", ("onnxruntime",))
    assert main(["models", "profile", "--bank", str(tiny_bank), "--runs", "2"]) == 0
    shown = capsys.readouterr().out
    assert "depthwise convolutions" in shown
    rows = [line for line in shown.splitlines() if ".onnx" in line]
    assert len(rows) == 2
    for row in rows:
        assert row.count(" %") == 6


def test_runs_and_threads_that_cannot_be_are_refused(
    tiny_bank: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "profile", "--bank", str(tiny_bank), "--runs", "0"]) == 1
    assert "--runs is 0: it must be at least 1." in capsys.readouterr().err
