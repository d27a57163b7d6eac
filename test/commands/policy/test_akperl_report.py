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

"""hand-tracking-dsp policy akperl-report: agents against searches, on a few pictures and at two limits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.packs import write_some_pack

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.policy import akperl_report, akperl_tables
from hand_tracking_dsp.compression.composition import agent_comparison, dynamic


@pytest.fixture
def pack(tmp_path: Path) -> str:
    write_some_pack(tmp_path / "pack.npz")
    return str(tmp_path / "pack.npz")


def test_methods_are_measured_tested_and_drawn(
    pack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(akperl_report, "FITTED_HANDS", 1)
    for module in (akperl_tables, agent_comparison):
        monkeypatch.setattr(module, "COMPARED_LIMITS", (0.9, 0.7))
    monkeypatch.setattr(dynamic, "ENERGIES", (0.9, 0.7))
    out = tmp_path / "out"
    words = ["policy", "akperl-report", pack, "--hands", "1", "--swaps", "0", "--workers", "1"]
    assert main([*words, "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "p corrected by Holm" in shown
    assert "never accuracy" in shown
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert all(one["time"] <= one["limit"] + 1e-6 for one in report["compositions"])
    assert {one["method"] for one in report["compositions"]} == {"agent 0", *agent_comparison.SEARCHES}
    assert [one["energy"] for one in report["dynamic"]] == [0.9, 0.7]
    assert (out / "compositions.png").exists()


def test_too_few_hands_are_refused(pack: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["policy", "akperl-report", pack, "--hands", "500", "--out", str(tmp_path / "out")]
    assert main(words) == 1
    assert "560 are needed: set --hands." in capsys.readouterr().err
