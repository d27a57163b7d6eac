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

import json
from pathlib import Path

import pytest
from support.traces import write_loaded_trace

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.rl.simulation.device import DeviceModel


def write_trace(path: Path, seconds: float = 40.0, seed: int = 0) -> Path:
    """A machine that is twice as slow in every other 5 s."""
    return write_loaded_trace(
        path, seconds, lambda stamp_s: int(stamp_s) % 2, lambda level: (7, 6)[level], seed=seed
    )


def test_a_device_is_written_and_compared_with_every_other_block(tmp_path: Path, capsys) -> None:
    trace = write_trace(tmp_path / "trace.csv")
    out, report = tmp_path / "desk.json", tmp_path / "report.json"
    assert (
        main(
            [
                "policy",
                "fit-device",
                str(trace),
                "--out",
                str(out),
                "--report",
                str(report),
                "--budget-ms",
                "20",
            ]
        )
        == 0
    )
    model = DeviceModel.from_json(out)
    assert model.name == "desk"
    assert "trace.csv" in model.source
    assert model.level_ms[:2] == pytest.approx((7.35, 6.3), rel=0.03)
    assert len(model.states) == 2
    figures = json.loads(report.read_text())
    assert figures["held_out"] == "every other 10 s"
    assert [one["level"] for one in figures["figures"]] == [None, 0, 1]
    assert figures["figures"][0]["frames"] == 600
    assert figures["figures"][0]["relative_errors"][0] == pytest.approx(0, abs=0.3)
    printed = capsys.readouterr().out
    assert "over 20 ms" in printed
    assert "loaded" in printed


def test_another_trace_can_be_held_out(tmp_path: Path) -> None:
    trace, other = write_trace(tmp_path / "a.csv"), write_trace(tmp_path / "b.csv", 20.0, 1)
    report = tmp_path / "report.json"
    words = ["policy", "fit-device", str(trace), "--held-out", str(other), "--out", str(tmp_path / "d.json")]
    assert main([*words, "--report", str(report), "--name", "bench"]) == 0
    assert DeviceModel.from_json(tmp_path / "d.json").name == "bench"
    figures = json.loads(report.read_text())
    assert figures["held_out"] == [str(other)]
    assert figures["figures"][0]["frames"] == 600


def test_what_cannot_be_used_is_told_in_a_sentence(tmp_path: Path, capsys) -> None:
    short = write_trace(tmp_path / "short.csv", 5.0)
    out = tmp_path / "device.json"
    assert main(["policy", "fit-device", str(short), "--out", str(out)]) == 1
    assert "nothing is left to hold out" in capsys.readouterr().err
    assert main(["policy", "fit-device", str(tmp_path / "none.csv"), "--out", str(out)]) == 1
    assert "none.csv cannot be read" in capsys.readouterr().err
    assert main(["policy", "fit-device", str(short), "--out", str(out), "--budget-ms", "0"]) == 1
    assert "--budget-ms is 0" in capsys.readouterr().err
    assert not out.exists()
