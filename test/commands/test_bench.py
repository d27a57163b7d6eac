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

"""The command bench, as far as it says something of the machine's settings."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from unittest.mock import Mock

import pytest

from hand_tracking_dsp.commands import bench
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.nodes.graph.transport import PROFILE_VARIABLES

FIGURES = {
    "backend": "a backend",
    "frames": 90,
    "frames_lost": 0,
    "frames_dropped": 0,
    "end_to_end_ms": {"p50": 10.0, "p95": 12.0},
    "transport_ms": {"p50": 4.0, "p95": 6.0},
}


def transport(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **figures: int) -> str:
    """Run `bench transport` over a run with these figures; return what it prints."""
    monkeypatch.setattr(bench, "run_graph", Mock())
    monkeypatch.setattr(bench, "rmw_implementation", lambda: "rmw_fastrtps_cpp")
    monkeypatch.setattr(bench, "summarize", lambda _: {**FIGURES, **figures})
    parser = ArgumentParser()
    bench.add_arguments(parser)
    assert bench.run(parser.parse_args(["transport"])) == 0
    return capsys.readouterr().out


def test_says_which_transport_is_in_force(monkeypatch, capsys) -> None:
    printed = transport(monkeypatch, capsys)
    assert "Images are exchanged by rmw_fastrtps_cpp: Fast DDS" in printed
    assert "Warning" not in printed


def test_warns_where_images_are_lost(monkeypatch, capsys) -> None:
    printed = transport(monkeypatch, capsys, frames_lost=10)
    assert printed.endswith(
        "Warning: 10% of the images were lost in transport: docs/nodes.md says what to set.\n"
    )


def test_warns_of_settings_that_lose_images(monkeypatch, capsys) -> None:
    for name in PROFILE_VARIABLES.values():
        monkeypatch.setenv(name, "")
    assert "Warning: By the defaults of Fast DDS most images" in transport(monkeypatch, capsys)


def workload(*arguments: str) -> int:
    """Run `bench workload` over a few synthetic frames, without MediaPipe."""
    parser = ArgumentParser()
    bench.add_arguments(parser)
    few = ["workload", "--parts", "clips", "--frames", "20", "--repeats", "1"]
    return bench.run(parser.parse_args([*few, "--mediapipe-python", "/nowhere/python", *arguments]))


def test_workload_compares_settings_by_the_names_of_parameters(tmp_path: Path, capsys) -> None:
    out = tmp_path / "workload.json"
    sparse = "level=5,search_interval_s=0.2"
    assert workload("--settings", "default", sparse, "--out", str(out)) == 0
    printed = capsys.readouterr().out
    assert "Without MediaPipe: there is no /nowhere/python" in printed
    assert f"| {sparse} | " in printed
    found = json.loads(out.read_text())["clips"]
    assert found["trackers"]["default"]["near_dense_share"] == 1.0
    assert found["trackers"][sparse]["frames"] == 20
    assert set(found["ratios"][sparse]) == {"of dense, every hand on every frame"}
    assert set(found["clips"]["default"]) == {"synthetic"}


def test_workload_refuses_what_is_no_parameter_of_the_tracker() -> None:
    with pytest.raises(ConfigurationError, match="has no parameter 'searching'"):
        workload("--settings", "searching=1")
