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

"""The comparison itself, for a few seconds, on a real ROS graph."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.policy import live as policy_live
from hand_tracking_dsp.commands.policy import live_run
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import read_manifest

pytest.importorskip("rclpy", reason="ROS 2 is not installed: run make test, which installs it")
pytest.importorskip("hand_tracking_dsp.msg", reason="the messages are not built; run make setup")

COMMAND = ("policy", "live", "--out", "out")


def test_policies_run_in_turn_under_the_same_load(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    # The budget is out of reach, so that the battery alone moves the threshold policy.
    options = ("--policies", "threshold,fixed", "--duration", "12", "--load", "quiet:2,1:2")
    process = start(*COMMAND, *options, "--budget-ms", "1000", "-p", "camera.hands=1")
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    out = tmp_path / "out"
    names = {path.name for path in out.iterdir()}
    assert names == {"live.json", "live.png", "threshold_1.nodes.log", "fixed_1.nodes.log"}
    report = json.loads((out / "live.json").read_text())
    threshold, fixed = report["policies"]
    assert (threshold["policy"], fixed["policy"]) == ("threshold", "fixed")
    assert set(fixed["frames_by_level"]) == {"0"}
    assert fixed["drift_percent"] == 0.0
    assert len(threshold["frames_by_point"]) > 1, "below half a charge it saves"
    assert threshold["switches"] >= 1
    load_w = report["load_w_estimated"]
    assert load_w == sorted(load_w, reverse=True)
    assert fixed["tracker_w"] == pytest.approx(load_w[0], rel=0.05)
    # How long it stays at which level depends on when its nodes find each other.
    assert load_w[-1] * 0.95 < threshold["tracker_w"] < load_w[0] * 1.05
    assert fixed["charge_end"] < 0.5
    assert fixed["late"] == 0
    assert len(load_w) == len(read_manifest(default_bank()).levels)
    assert report["battery_simulated"] is True
    assert report["scheduling"] == "auto"
    assert set(report["scheduling_in_force"]) == {"threshold", "fixed"}
    assert all("niceness" in said for said in report["scheduling_in_force"].values())
    assert report["parameters"][-1] == "camera.hands=1", "goes before the default"
    assert [run["policy"] for run in report["runs"]] == ["threshold", "fixed"]
    assert "simulated" in output
    assert "load 1 processes" in output
    image = cv2.imread(str(out / "live.png"))
    assert image is not None
    assert image.std() > 5


def test_ctrl_c_before_the_first_runs_end_is_told(start: Callable[..., subprocess.Popen[str]]) -> None:
    process = start(*COMMAND, "--policies", "fixed", "--duration", "600", "--load", "quiet:1")
    assert process.stdout is not None
    while "| time" not in (line := process.stdout.readline()):
        assert line, "it ended by itself"
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 1, output
    assert "No run was completed" in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--duration", "nan"], "--duration is nan"),
        (["--budget-ms", "0"], "--budget-ms is 0"),
        (["--rounds", "0"], "--rounds is 0"),
        (["--load", "much"], "The load script 'much'"),
        (["--policies", "fixed,fixed"], "name each policy once"),
        (["--policies", "oracle"], "There is no policy 'oracle'"),
        (["--policies", "fixed:99"], "There is no policy 'fixed:99'"),
        (["--policies", "learned", "--policy-file", "nowhere.json"], "nowhere.json"),
        (["-p", "controller.budget_ms=3"], "give --budget-ms"),
        (["-p", "power.source=none"], "always the simulated one"),
        (["-p", "arm.x=1"], "There is no node"),
        (["-p", "tracker.scheduling=nice"], "give --scheduling"),
        (["--scheduling", "idle"], "auto, normal, nice, realtime"),
        (["--scheduling", "auto,auto"], "name each once"),
        (["-p", "tracker.deadline.ms=20"], "give --budget-ms"),
        (["-p", "tracker.deadline.predict=true"], "give --deadline"),
        (["--deadline", "never"], "none, predict, reflex, both"),
        (["--deadline", "none,none"], "name each once"),
    ],
)
def test_options_that_cannot_be_used_are_refused(
    tmp_path: Path, capsys, options: list[str], said: str
) -> None:
    assert main(["policy", "live", "--out", str(tmp_path / "out"), "--policies", "fixed", *options]) == 1
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_rounds_alternate_in_order_and_an_interrupted_run_does_not_count(
    tmp_path: Path, monkeypatch, capsys, made_recording
) -> None:
    order = []

    def run_once(_options, _script, policy, _bank, number, _view):
        order.append((policy.name, number))
        return made_recording if len(order) < 4 else None

    monkeypatch.setattr(policy_live, "run_policy", run_once)
    options = ["--policies", "fixed,fixed:5", "--rounds", "3"]
    assert main(["policy", "live", "--out", str(tmp_path), *options]) == 0
    assert order == [("fixed", 1), ("fixed:5", 1), ("fixed:5", 2), ("fixed", 2)]
    report = json.loads((tmp_path / "live.json").read_text())
    assert [one["runs"] for one in report["policies"]] == [1, 2]
    assert "Interrupted" in capsys.readouterr().out


def test_every_policy_runs_with_every_scheduling_in_turn(
    tmp_path: Path, monkeypatch, capsys, made_recording
) -> None:
    order = []

    def run_once(_options, _script, policy, _bank, _number, _view):
        order.append((policy.name, policy.scheduling))
        return made_recording

    monkeypatch.setattr(policy_live, "run_policy", run_once)
    options = ["--policies", "fixed,fixed:5", "--scheduling", "normal, auto", "--rounds", "2"]
    assert main(["policy", "live", "--out", str(tmp_path), *options]) == 0
    names = ["fixed, normal", "fixed, auto", "fixed:5, normal", "fixed:5, auto"]
    assert [name for name, _ in order] == [*names, *names[::-1]]
    assert all(name.endswith(scheduling) for name, scheduling in order)
    report = json.loads((tmp_path / "live.json").read_text())
    assert [one["policy"] for one in report["policies"]] == names
    assert "fixed:5, auto" in capsys.readouterr().out


def test_every_policy_runs_with_every_way_to_keep_the_deadline(
    tmp_path: Path, monkeypatch, made_recording
) -> None:
    seen = []

    def run_once(options, _script, policy, bank, _number, _view):
        seen.append((policy.name, live_run._parameters(options, policy, bank)["hand_tracker_node"]))
        return made_recording

    monkeypatch.setattr(policy_live, "run_policy", run_once)
    options = ["--policies", "fixed", "--deadline", "none,predict,reflex,both", "--budget-ms", "25"]
    assert main(["policy", "live", "--out", str(tmp_path), *options]) == 0
    assert [name for name, _ in seen] == [
        f"fixed, deadline {name}" for name in ("none", "predict", "reflex", "both")
    ]
    assert [one["deadline.predict"] for _, one in seen] == [False, True, False, True]
    assert [one["deadline.reflex"] for _, one in seen] == [False, False, True, True]
    assert {one["deadline.ms"] for _, one in seen} == {25}


def test_camera_and_tracker_are_scheduled_alike_and_the_load_is_not(tmp_path: Path) -> None:
    options = policy_live.argparse.Namespace(source="synthetic", budget_ms=33, duration=60)
    policy = live_run.LivePolicy("fixed, normal", {}, "normal")
    parameters = live_run._parameters(options, policy, read_manifest(default_bank()))
    assert {node for node, values in parameters.items() if values.get("scheduling") == "normal"} == {
        "camera_node",
        "hand_tracker_node",
    }
    log = tmp_path / "fixed_normal_1.nodes.log"
    log.write_text(
        "power_node              | [INFO] scheduling auto: niceness 3\n"
        "hand_tracker_node       | [INFO] scheduling normal: niceness 0, session group 0\n"
    )
    assert live_run.scheduling_in_force(tmp_path, policy, 1) == "niceness 0, session group 0"
    assert live_run.scheduling_in_force(tmp_path, policy, 2) == ""


def test_a_fixed_level_is_left_alone_by_the_shield() -> None:
    options = policy_live.argparse.Namespace(policy_file=None)
    parameters = policy_live._policy_parameters("fixed:5", options, read_manifest(default_bank()))
    assert parameters["fixed.level"] == parameters["initial_level"] == 5
    assert parameters["shield.deadline_miss_limit"] == 1.0
    assert parameters["battery.reserve"] == 0.0


@pytest.fixture
def made_recording():
    from hand_tracking_dsp.messages.frame_cost import FrameCost
    from hand_tracking_dsp.recordings.run import Charge, ObservedRun

    costs = [
        FrameCost(stamp_ns=10**18 + i * 33_333_333, level=0, hands=1, total_ms=10.0, end_to_end_ms=12.0)
        for i in range(40)
    ]
    return ObservedRun(costs=costs, charges=[Charge(costs[0].stamp_ns, 0.8, 12.0)])
