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

"""`evaluate` with the depth of a bag."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("rosbags.rosbag2", reason="rosbags is not installed: pip install rosbags")
from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.recordings.bags.record_camera import record_source
from hand_tracking_dsp.recordings.bags.writer import BagWriter
from hand_tracking_dsp.resources import default_bank


def test_depth_gives_figures_in_millimetres_which_compare_takes(tmp_path, capsys):
    options = SourceOptions(width=320, height=240, absence_s=0.0)
    with SyntheticHandSource(options) as source, BagWriter(tmp_path / "deep") as writer:
        record_source(source, writer, 0.6, jpeg_quality=90, depth=True)
    for name, modes in (("all", ()), ("a", ("fused", "depth_only")), ("b", ("fused", "depth_only"))):
        out = ["--jobs", "1", "--out", str(tmp_path / name)]
        assert main(["evaluate", str(tmp_path / "deep"), "--depth", *modes, *out]) == 0
    figures = json.loads((tmp_path / "all" / "report.json").read_text())
    modes = ["rgb", "fused", "depth_only", "auto"]
    assert list(figures["runs"]) == [f"level 0, {mode}" for mode in modes]
    errors = [about["metrics"]["error_3d_mm"] for about in figures["runs"].values()]
    assert errors[0] is None
    assert all(0 < error < 40 for error in errors[1:])
    assert "Error in space" in (tmp_path / "a" / "report.html").read_text()
    capsys.readouterr()
    pair = [str(tmp_path / name) for name in ("a", "b")]
    assert main(["compare", *pair, "--fail-if", "error_3d_mm>+1%"]) == 0
    assert "error_3d_mm" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--depth-topic", "/x"], "add --depth, or leave it out"),
        (["--depth", "--depth-slop-s", "3"], "--depth-slop-s is 3"),
    ],
)
def test_options_of_depth_that_do_not_fit_are_refused(bag, tmp_path, capsys, options, said):
    assert main(["evaluate", str(bag), "--out", str(tmp_path), *options]) == 1
    assert said in capsys.readouterr().err


def test_a_bank_that_sees_depth_runs_in_depth_alone(tmp_path, capsys):
    options = SourceOptions(width=320, height=240, absence_s=0.0)
    with SyntheticHandSource(options) as source, BagWriter(tmp_path / "deep") as writer:
        record_source(source, writer, 0.3, jpeg_quality=90, depth=True)
    bank = str(default_bank().parent / "hourglass")
    command = [
        "evaluate",
        str(tmp_path / "deep"),
        "--bank",
        bank,
        "--jobs",
        "1",
        "--out",
        str(tmp_path / "o"),
    ]
    for modes in ([], ["--depth", "fused"], ["--depth", "depth_only", "auto"]):
        assert main([*command, *modes]) == 1
        assert "see depth: add --depth depth_only and no other mode" in capsys.readouterr().err
    assert main([*command, "--depth"]) == 0
    runs = json.loads((tmp_path / "o" / "report.json").read_text())["runs"]
    assert list(runs) == ["level 0, depth_only"]
    assert runs["level 0, depth_only"]["metrics"]["hands_placed"] > 0.5
