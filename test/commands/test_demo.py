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

"""The demo itself, shortened, on a real ROS graph."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed: run make test, which installs it")

_CODE = "import sys; from hand_tracking_dsp.cli import main; sys.exit(main())"
# The budget is out of reach of a busy test machine, so that the battery alone moves the level.
_COMMAND = [sys.executable, "-c", _CODE, "demo", "--budget-ms", "1000"]


@pytest.fixture(scope="module", autouse=True)
def _own_domain(module_domain_id: int) -> Iterator[None]:
    """Run the demo where no other test runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_DOMAIN_ID", str(module_domain_id))
        yield


def _demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Elsewhere than in the checkout, whose sources lack the generated messages.
    return subprocess.run(
        [*_COMMAND, "--out", "out", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("demo")
    return folder / "out", _demo(folder, "--duration", "14")


def test_demo_tracks_the_synthetic_hand_and_switches_the_level(demo) -> None:
    out, result = demo
    assert result.returncode == 0, result.stdout + result.stderr
    summary = json.loads((out / "summary.json").read_text())
    assert summary["frames"] > 100
    # The drawn hand goes away for a while, which falls into the run where the graph took long to start.
    assert summary["truth_hands"] > 50
    assert summary["frames_with_hands"] > 0.9 * summary["truth_hands"]
    assert summary["switches"] >= 1
    assert max(map(int, summary["frames_by_point"])) >= 2, "the policy spares a battery that drains"
    assert "Policy learned" in (out / "nodes.log").read_text()
    assert summary["error_palm_percent"] < 15
    assert summary["error_px"] < 20
    assert summary["truth_hands_found"] > 0.9 * summary["truth_hands"]
    for times in (summary["latency_ms"], summary["end_to_end_ms"]):
        assert 0 < times["p50"] <= times["p95"] <= times["p99"]
    assert summary["frames_dropped"] >= 0
    assert summary["backend"] == "onnxruntime/CPUExecutionProvider"
    assert summary["battery_simulated"] is True
    assert summary["source"] == "synthetic"


def test_demo_leaves_a_video_plots_and_nothing_half_written(demo) -> None:
    out, _ = demo
    names = {path.name for path in out.iterdir()}
    assert names == {
        "video.mp4",
        "latency_level.png",
        "timeline.png",
        "battery.png",
        "summary.json",
        "nodes.log",
        "video.png",
    }
    video = cv2.VideoCapture(str(out / "video.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) > 100
    read, frame = video.read()
    assert read
    assert frame.shape == (480, 640, 3)
    assert cv2.imread(str(out / "latency_level.png")) is not None
    assert cv2.imread(str(out / "battery.png")) is not None


def test_demo_says_what_is_simulated_and_what_the_error_is(demo) -> None:
    _, result = demo
    assert "simulated" in result.stdout
    assert "error to exact truth" in result.stdout
    assert "% of palm size" in result.stdout
    assert "budget 1000 ms" in result.stdout
    assert "\x1b" not in result.stdout, "no terminal, no escapes"


def test_ctrl_c_finishes_early_and_leaves_the_results(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*_COMMAND, "--out", "out", "--duration", "600"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    line = ""
    while "latency" not in line:
        line = process.stdout.readline()
        assert line, "the demo ended by itself"
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["frames"] > 10
    assert (tmp_path / "out" / "video.mp4").exists()


def test_a_source_that_is_not_there_ends_the_demo_with_its_sentence(tmp_path: Path) -> None:
    result = _demo(tmp_path, "--source", "/nowhere/film.mp4", "--duration", "5")
    assert result.returncode == 1
    assert "No frame was handled within" in result.stderr
    assert "/nowhere/film.mp4" in result.stderr
    assert "Traceback" not in result.stderr


def test_pictures_without_a_hand_end_the_demo_with_a_sentence(tmp_path: Path) -> None:
    import numpy as np

    (tmp_path / "grey").mkdir()
    cv2.imwrite(str(tmp_path / "grey" / "grey.png"), np.full((480, 640, 3), 127, np.uint8))
    result = _demo(tmp_path, "--source", str(tmp_path / "grey"), "--duration", "2")
    assert result.returncode == 1
    assert "No hand was seen in" in result.stderr
    assert "hold an open hand into the camera's view" in result.stderr
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["frames_with_hands"] == 0


@pytest.mark.parametrize("duration", ["0", "99999", "nan"])
def test_impossible_durations_are_refused(tmp_path: Path, duration: str) -> None:
    result = _demo(tmp_path, "--duration", duration)
    assert result.returncode == 1
    assert "choose 1 to 3600" in result.stderr
    assert not list(tmp_path.iterdir())


def test_demo_with_depth_says_how_far_hands_in_space_are_off(tmp_path: Path) -> None:
    result = _demo(tmp_path, "--duration", "5", "--depth")
    assert result.returncode == 0, result.stdout + result.stderr
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert 0 < summary["visible_error_3d_mm"] < 25
    assert 0 < summary["error_3d_mm"] < 40
    assert summary["truth_hands_3d_found"] > 0.8 * summary["truth_hands_3d"] > 0
    assert summary["depth_noise"] == "none"
    assert "error in space" in result.stdout
    assert "noise of depth: none" in result.stdout
    picture = cv2.imread(str(tmp_path / "out" / "video.png"))
    assert picture[5:120, 460:].std() > 10, "the depth image"


def test_demo_refuses_depth_of_a_source_without(tmp_path: Path) -> None:
    result = _demo(tmp_path, "--depth", "--source", "0")
    assert result.returncode == 1
    assert "0 has no depth: leave out --depth, or give --source synthetic or mesh." in result.stderr
    assert not (tmp_path / "out").exists()
