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
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.policy import live as policy_live
from hand_tracking_dsp.commands.policy import live_cases, live_run
from hand_tracking_dsp.evaluation.live_comparison import LiveRun
from hand_tracking_dsp.evaluation.usable import UsableHands
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
    process = start(*COMMAND, *options, "--budget-ms", "1000", "--hands", "1")
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    out = tmp_path / "out"
    names = {path.name for path in out.iterdir()}
    assert names == {"live.json", "live.png", "threshold_1.nodes.log", "fixed_1.nodes.log"}
    report = json.loads((out / "live.json").read_text())
    (case,) = report["cases"]
    assert (case["budget_ms"], case["hands"], case["scheduling"]) == (1000, 1, "auto")
    threshold, fixed = case["policies"]
    assert (threshold["policy"], fixed["policy"]) == ("threshold", "fixed")
    # A machine that is busy with other tests may miss any budget now and then.
    by_level = fixed["frames_by_level"]
    assert by_level["0"] > 0.9 * sum(by_level.values())
    assert fixed["drift_percent"] < 1.0
    assert len(threshold["frames_by_point"]) > 1, "below half a charge it saves"
    assert threshold["switches"] >= 1
    load_w = report["battery_load_w"]
    assert load_w == sorted(load_w, reverse=True)
    assert fixed["charge_end"] < 0.5, "it begins at 0.8"
    assert fixed["late"] < 0.1
    assert len(load_w) == len(read_manifest(default_bank()).levels)
    assert report["battery_simulated"] is True
    if fixed["late"] == 0:
        assert set(by_level) == {"0"}
        assert case["needs_no_control"] is True
        assert fixed["usable_share"] > 0.9, "dense is what it is compared with"
    assert fixed["usable_frames"] > 30
    assert "not accuracy" in report["usable_is"]
    assert 0 < fixed["tracker_s"] < fixed["processor_s"]
    assert fixed["energy_j"] > 0
    assert report["energy_is"]
    assert case["needs_no_control"] == ("Nothing needs control here: fixed alone" in output)
    assert case["front"]
    assert set(report["scheduling_in_force"]) == {"threshold", "fixed"}
    assert all("niceness" in said for said in report["scheduling_in_force"].values())
    assert sorted(run["policy"] for run in case["runs"]) == ["fixed", "threshold"]
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
        (["--budget-ms", "33,33"], "name each once"),
        (["--budget-ms", "soon"], "write milliseconds"),
        (["--hands", "3"], "choose from 1, 2"),
        (["--hands", "1", "--source", "film.mp4"], "--hands is 1"),
        (["--energy", "rapl"], "energy counter"),
        (["--core-watts", "0"], "--core-watts is 0"),
        (["--seed", "-1"], "--seed is -1"),
        (["--policies", "tuned"], "--rule-settings"),
        (["--policies", "tuned", "--rule-settings", "nowhere.json"], "nowhere.json"),
        (["-p", "camera.hands=1"], "give --hands"),
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


def runs_of(monkeypatch, recording, limit: int = 1000) -> list[live_run.LiveTurn]:
    """Let runs take no time; those beyond a number of them are interrupted."""
    turns: list[live_run.LiveTurn] = []

    def run_once(_options, _script, turn, _bank, _view, _measuring):
        turns.append(turn)
        found = LiveRun(turn.policy.name, recording, {"hand_tracker_node": 1.0}, 5.0, UsableHands(1, 1, 1, 1))
        return replace(found, round_number=turn.number) if len(turns) <= limit else None

    monkeypatch.setattr(policy_live, "run_policy", run_once)
    return turns


def test_each_round_has_an_order_of_its_own_by_the_seed(tmp_path: Path, monkeypatch, made_recording) -> None:
    orders = {}
    for name, seed in (("a", "0"), ("b", "0"), ("c", "1")):
        turns = runs_of(monkeypatch, made_recording)
        options = [
            "--policies",
            "fixed,fixed:1,fixed:2,fixed:3",
            "--rounds",
            "4",
            "--no-usable",
            "--seed",
            seed,
        ]
        assert main(["policy", "live", "--out", str(tmp_path / name), *options]) == 0
        assert [turn.number for turn in turns] == [number for number in (1, 2, 3, 4) for _ in range(4)]
        orders[name] = [turn.policy.name for turn in turns]
        rounds = [tuple(orders[name][first : first + 4]) for first in range(0, 16, 4)]
        assert all(sorted(one) == ["fixed", "fixed:1", "fixed:2", "fixed:3"] for one in rounds)
        assert len(set(rounds)) > 1
    assert orders["a"] == orders["b"] != orders["c"]


def test_an_interrupted_run_does_not_count(tmp_path: Path, monkeypatch, capsys, made_recording) -> None:
    runs_of(monkeypatch, made_recording, limit=3)
    options = ["--policies", "fixed,fixed:5", "--rounds", "3", "--no-usable"]
    assert main(["policy", "live", "--out", str(tmp_path), *options]) == 0
    (case,) = json.loads((tmp_path / "live.json").read_text())["cases"]
    assert sorted(one["runs"] for one in case["policies"]) == [1, 2]
    assert sorted(one["round"] for one in case["runs"]) == [1, 1, 2]
    assert "Interrupted" in capsys.readouterr().out


def test_every_combination_of_budget_hands_and_scheduling_is_a_case(
    tmp_path: Path, monkeypatch, capsys, made_recording
) -> None:
    turns = runs_of(monkeypatch, made_recording)
    cases = ["--budget-ms", "33,11", "--hands", "1,2", "--scheduling", "normal,auto"]
    options = ["--policies", "fixed,fixed:5", "--rounds", "2", "--no-usable", *cases]
    assert main(["policy", "live", "--out", str(tmp_path), *options]) == 0
    report = json.loads((tmp_path / "live.json").read_text())
    names = [
        f"{budget} ms, {hands}, scheduling {scheduling}"
        for budget in (33, 11)
        for hands in ("1 hand", "2 hands")
        for scheduling in ("normal", "auto")
    ]
    assert [case["name"] for case in report["cases"]] == names
    assert {case["budget_ms"]: case["needs_no_control"] for case in report["cases"]} == {33: True, 11: False}
    assert all(one["runs"] == 2 for case in report["cases"] for one in case["policies"])
    assert {turn.case.name for turn in turns[:16]} == set(names), "each round has all cases"
    pictures = {path.name for path in tmp_path.glob("*.png")}
    assert len(pictures) == 8
    assert "live_33_ms_1_hand_scheduling_normal.png" in pictures
    assert [row[:2] for row in report["table"]["rows"][:2]] == [[names[0], "fixed"], [names[0], "fixed:5"]]
    output = " ".join(capsys.readouterr().out.split())
    assert output.count("On the front of late, usable and CPU") == 8
    assert output.count("Nothing needs control here: fixed alone") == 4
    assert output.count("not accuracy") == 1, "what the columns mean is said once"


def test_the_table_has_means_over_rounds_with_intervals(tmp_path: Path, monkeypatch, made_recording) -> None:
    runs_of(monkeypatch, made_recording)
    options = ["--policies", "fixed", "--rounds", "3", "--no-usable", "--budget-ms", "33"]
    assert main(["policy", "live", "--out", str(tmp_path), *options]) == 0
    report = json.loads((tmp_path / "live.json").read_text())
    (policy,) = report["cases"][0]["policies"]
    assert policy["rounds"]["tracker_s"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert policy["rounds"]["usable_share"]["value"] == 1.0
    assert policy["processor_s"] == 3.0, "of all rounds"
    row = dict(zip(report["table"]["headings"], report["table"]["rows"][0], strict=True))
    assert (row["late"], row["usable"], row["energy, J"], row["front"]) == ("0.00 %", "100.0 %", "5", "yes")
    assert "not accuracy" in report["table"]["note"]
    assert "estimated: 5 W a busy core" in report["table"]["note"] or not report["energy_estimated"]


def test_images_that_cannot_be_drawn_again_are_kept_and_compared(
    tmp_path: Path, monkeypatch, made_recording
) -> None:
    source = open_source("synthetic", SourceOptions(width=320, height=240))
    pictures = {cost.stamp_ns: source.read().image for cost in made_recording.costs}

    def run_once(_options, _script, turn, _bank, _view, measuring):
        assert not measuring.truth
        for stamp_ns, image in pictures.items():
            measuring.on_image(stamp_ns, image)
        return LiveRun(turn.policy.name, made_recording)

    monkeypatch.setattr(policy_live, "run_policy", run_once)
    options = ["--policies", "fixed", "--source", "film.avi"]
    assert main(["policy", "live", "--out", str(tmp_path), *options]) == 0
    (case,) = json.loads((tmp_path / "live.json").read_text())["cases"]
    assert case["hands"] == 0, "the camera's, whatever they are"
    (policy,) = case["policies"]
    assert policy["usable_frames"] == len(pictures)
    assert policy["usable_share"] == 0.0, "the dense level finds hands, and this run published none"
    assert {path.name for path in tmp_path.iterdir()} == {"live.json", "live.png"}


def test_every_policy_runs_with_every_way_to_keep_the_deadline(
    tmp_path: Path, monkeypatch, made_recording
) -> None:
    turns = runs_of(monkeypatch, made_recording)
    options = ["--policies", "fixed", "--deadline", "none,predict,reflex,both", "--budget-ms", "25"]
    assert main(["policy", "live", "--out", str(tmp_path), "--no-usable", *options]) == 0
    given = policy_live.argparse.Namespace(source="synthetic", duration=60)
    bank = read_manifest(default_bank())
    seen = {
        turn.policy.name: live_run.node_values(given, turn.case, turn.policy, bank)["hand_tracker_node"]
        for turn in turns
    }
    ways = {name.removeprefix("fixed, deadline "): one for name, one in seen.items()}
    assert {name for name, one in ways.items() if one["deadline.predict"]} == {"predict", "both"}
    assert {name for name, one in ways.items() if one["deadline.reflex"]} == {"reflex", "both"}
    assert len(ways) == 4
    assert {one["deadline.ms"] for one in seen.values()} == {25}


def test_camera_and_tracker_are_scheduled_alike_and_the_load_is_not(tmp_path: Path) -> None:
    options = policy_live.argparse.Namespace(source="synthetic", duration=60)
    policy, case = live_run.LivePolicy("fixed", {}), live_run.LiveCase("normal", 33.0, 1, "normal")
    parameters = live_run.node_values(options, case, policy, read_manifest(default_bank()))
    assert {node for node, values in parameters.items() if values.get("scheduling") == "normal"} == {
        "camera_node",
        "hand_tracker_node",
    }
    assert parameters["camera_node"]["hands"] == 1
    log = tmp_path / "normal_fixed_1.nodes.log"
    log.write_text(
        "power_node              | [INFO] scheduling auto: niceness 3\n"
        "hand_tracker_node       | [INFO] scheduling normal: niceness 0, session group 0\n"
    )
    assert (
        live_run.scheduling_in_force(tmp_path, live_run.LiveTurn(case, policy, 1))
        == "niceness 0, session group 0"
    )
    assert live_run.scheduling_in_force(tmp_path, live_run.LiveTurn(case, policy, 2)) == ""


def test_a_fixed_level_is_left_alone_by_the_shield() -> None:
    options = policy_live.argparse.Namespace(policy_file=None)
    parameters = live_cases._policy_parameters("fixed:5", options, read_manifest(default_bank()))
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
