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

"""Recording sources and real graphs."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.messages.hands import HANDS_TYPE, tracked_hands
from hand_tracking_dsp.recordings.bags.reader import open_bag

SMALL = ("--width", "160", "--height", "120", "--rate", "20")


@pytest.mark.parametrize("form", ["mcap", "sqlite3"])
def test_the_synthetic_source_is_recorded_without_ros(tmp_path: Path, capsys, form: str) -> None:
    out = tmp_path / "bag"
    words = ["record", "--out", str(out), "--source", "synthetic", "--seconds", "0.5", "--format", form]
    assert main([*words, *SMALL, "--hands", "2", "--seed", "3"]) == 0
    said = capsys.readouterr().out
    assert "/image_raw: 10 messages" in said
    assert "/truth: 10 messages" in said
    assert f"0.5 s, 0.6 MB, written into {out}." in said
    with open_bag(out) as opened:
        truth = [one for one in opened.connections if one.topic == "/truth"]
        assert [one.msgtype for one in truth] == [HANDS_TYPE]
        found = [len(tracked_hands(message)) for _, _, message in opened.read(truth)]
    source = SyntheticHandSource(SourceOptions(width=160, height=120, rate_hz=20.0, hands=2, seed=3))
    frames = [source.read() for _ in range(10)]
    assert found == [len(frame.truth) for frame in frames if frame and frame.truth is not None]
    assert max(found) > 0


def test_compressed_images_are_written_in_their_place(tmp_path: Path, capsys) -> None:
    out = tmp_path / "bag"
    words = ["record", "--out", str(out), "--source", "synthetic", "--seconds", "0.2", "--compressed"]
    assert main([*words, *SMALL]) == 0
    said = capsys.readouterr().out
    assert "/image_raw/compressed: 4 messages" in said
    assert "/image_raw:" not in said


def test_depth_is_recorded_if_asked(tmp_path: Path, capsys) -> None:
    bag = tmp_path / "bag"
    options = ["--source", "synthetic", "--seconds", "0.2", "--compressed", "--depth", *SMALL]
    assert main(["record", "--out", str(bag), *options]) == 0
    with open_bag(bag) as opened:
        assert {one.topic for one in opened.connections} == {
            "/image_raw/compressed",
            "/camera_info",
            "/truth",
            "/depth/image_raw/compressedDepth",
            "/depth/camera_info",
            "/truth_3d",
        }
    capsys.readouterr()


def test_what_is_there_is_not_overwritten(tmp_path: Path, capsys) -> None:
    (tmp_path / "bag").write_text("precious")
    assert main(["record", "--out", str(tmp_path / "bag"), "--source", "synthetic"]) == 1
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "bag").read_text() == "precious"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--source", "nowhere.mp4"], "There is no camera, file or folder 'nowhere.mp4'"),
        (["--source", "synthetic", "--seconds", "0"], "--seconds is 0: choose more than 0"),
        (["--source", "synthetic", "--seconds", "nan"], "--seconds is nan"),
        (
            ["--source", "synthetic", "--compressed", "101"],
            "--compressed is 101, but must be in the range 1 to 100 percent",
        ),
        (["--source", "synthetic", "--topics", "x"], "leave out --source, or --topics"),
        (["--source", "synthetic", "--hands", "3"], "--hands is 3, but must be in the range 1 to 2 hands."),
        (["--hands", "2", "--compressed"], "--compressed, --hands go with --source"),
        (["--depth"], "--depth go with --source"),
    ],
)
def test_options_that_cannot_be_used_are_refused(
    tmp_path: Path, capsys, options: list[str], said: str
) -> None:
    assert main(["record", "--out", str(tmp_path / "bag"), *options]) == 1
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_what_was_recorded(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = start("record", "--source", "synthetic", "--out", "bag", "--seconds", "3000", *SMALL)
    assert process.stdout is not None
    while "frames" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert "Stopped by Ctrl-C." in output
    assert [path.name for path in tmp_path.iterdir()] == ["bag"]
    with open_bag(tmp_path / "bag") as opened:
        assert sum(1 for _ in opened.messages()) > 1
        assert not opened.problems


def test_a_running_graph_is_recorded(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    pytest.importorskip("rclpy", reason="ROS 2 is not installed: run make test, which installs it")
    pytest.importorskip("hand_tracking_dsp.msg", reason="the messages are not built; run make setup")
    start("up", "-p", "camera.rate_hz=15", "-p", "power.source=simulated")
    recorder = start("record", "--out", "bag", "--seconds", "4")
    output, _ = recorder.communicate(timeout=300)
    assert recorder.returncode == 0, output
    assert "Dropped:" in output
    with open_bag(tmp_path / "bag") as opened:
        kinds = {one.topic: one.msgtype for one in opened.connections}
        hands = [one for one in opened.connections if one.topic == "/hands"]
        heard = [tracked_hands(message) for _, _, message in opened.read(hands)]
        list(opened.read())
        assert not opened.problems
        offers = {one.topic: one.ext.offered_qos_profiles[0] for one in opened.connections}
    assert kinds["/image_raw"] == "sensor_msgs/msg/Image"
    assert {"/truth", "/camera_info", "/stats", "/sparsity_command", "/battery_state"} <= kinds.keys()
    assert any(heard)
    assert offers["/image_raw"].reliability.name == "RELIABLE"
    assert offers["/sparsity_command"].durability.name == "TRANSIENT_LOCAL"


def test_silence_is_told_in_a_sentence(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    pytest.importorskip("rclpy", reason="ROS 2 is not installed: run make test, which installs it")
    process = start("record", "--out", "bag", "--topics", "nothing")
    assert process.stdout is not None
    while "nothing received yet" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "No message was received, so no bag was written" in output
    assert "Traceback" not in output
    assert list(tmp_path.iterdir()) == []
