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

"""Traces of a real graph, for a few seconds."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.recordings.trace import read_trace

pytest.importorskip("rclpy", reason="ROS 2 is not installed: run make test, which installs it")
pytest.importorskip("hand_tracking_dsp.msg", reason="the messages are not built; run make setup")

COMMAND = ("policy", "record-trace", "--out", "trace.csv")


def test_a_graph_of_its_own_visits_each_point_under_a_load(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    options = (
        "--run",
        "--duration",
        "9",
        "--sweep",
        "1.5",
        "--load",
        "quiet:2,1:1",
        "-p",
        "tracker.max_hands=1",
    )
    process = start(*COMMAND, *options)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    trace = read_trace(tmp_path / "trace.csv")
    assert len(trace.frames) > 100
    assert len({frame.operating_point for frame in trace.frames}) >= 4
    assert "frames in" in output
    assert "load 0 processes" in output
    assert trace.frames[0].stamp_s == 0.0
    assert {path.name for path in tmp_path.iterdir()} == {"trace.csv", "trace.nodes.log"}


def test_a_running_graph_is_listened_to_until_ctrl_c(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    start("up", "--only", "camera,tracker")
    listener = start(*COMMAND)
    assert listener.stdout is not None
    line = ""
    while "hands 1" not in line:
        line = listener.stdout.readline()
        assert line, "it ended by itself"
    time.sleep(1.0)
    listener.send_signal(signal.SIGINT)
    output, _ = listener.communicate(timeout=300)
    assert listener.returncode == 0, output
    assert len(read_trace(tmp_path / "trace.csv").frames) > 10


def test_silence_is_told_in_a_sentence(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = start(*COMMAND, "--duration", "1.5")
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "No frame was received" in output
    assert "Traceback" not in output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--bag", "x", "--run"], "--bag reads what was recorded"),
        (["--bag", "x", "--duration", "3"], "--bag reads what was recorded"),
        (["--bag", "nowhere"], "There is no bag nowhere"),
        (["-p", "tracker.max_hands=1"], "add --run"),
        (["--run", "-p", "arm.x=1"], "There is no node"),
        (["--duration", "0"], "--duration is 0:"),
        (["--sweep", "nan"], "--sweep is nan:"),
        (["--load", "much"], "The load script 'much'"),
    ],
)
def test_options_that_cannot_be_used_are_refused(
    tmp_path: Path, capsys, options: list[str], said: str
) -> None:
    assert main(["policy", "record-trace", "--out", str(tmp_path / "trace.csv"), *options]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "trace.csv").exists()
