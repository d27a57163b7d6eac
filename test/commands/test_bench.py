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
import re
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest

from hand_tracking_dsp.commands import bench, workload_graph, workload_settings
from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.nodes.graph.run import GraphRun
from hand_tracking_dsp.nodes.graph.transport import PROFILE_VARIABLES
from hand_tracking_dsp.recordings.run import ObservedRun
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import read_manifest

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
    sparse = "level=4,search_interval_s=0.2"
    assert workload("--settings", "default", sparse, "--out", str(out)) == 0
    printed = capsys.readouterr().out
    assert "Without MediaPipe: there is no /nowhere/python" in printed
    assert f"| {sparse} | " in printed
    assert "nan" not in printed.partition("frame time")[0]
    found = json.loads(out.read_text())["clips"]
    assert found["trackers"]["default"]["near_dense_share"] == 1.0
    assert found["trackers"][sparse]["frames"] == 20
    assert set(found["ratios"][sparse]) == {"of dense, every hand on every frame"}
    assert set(found["clips"]["default"]) == {"synthetic"}


def test_workload_at_the_rate_of_the_clip_takes_its_time(capsys) -> None:
    assert workload("--paced", "--any-core") == 0
    assert "at the rate of the clips, in turns of 15 frames" in capsys.readouterr().out


def test_workload_refuses_what_is_no_parameter_of_the_tracker() -> None:
    with pytest.raises(ConfigurationError, match="has no parameter 'searching'"):
        workload("--settings", "searching=1")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("level=5", "There is no level 5: the bank dsp has levels 0 to 4."),
        ("level=99,gate.enabled=false", "There is no level 99: the bank dsp has levels 0 to 4."),
        ("operating_point=60", "There is no operating point 60: the bank dsp has 0 to"),
    ],
)
def test_workload_refuses_a_level_or_point_that_the_bank_has_not(setting: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        workload("--settings", "default", setting)


def test_the_example_of_the_help_can_be_run() -> None:
    parser = ArgumentParser()
    bench.add_arguments(parser)
    (example,) = re.findall(r"for example\s+(level=\S+)", parser.format_help())
    workload_settings.require_setting(workload_settings.read_setting(example))


class StandInGraph:
    """Stands in for run_graph: one process takes half a core in every run, another one a tenth."""

    def __init__(self, seconds: float = 60.0) -> None:
        self.runs: list[GraphRun] = []
        self._seconds = seconds

    def __call__(self, options: GraphRun, on_state) -> ObservedRun:
        self.runs.append(options)
        on_state(None, min(self._seconds, options.duration_s))
        values = {"level": 0, "hands": 1, "total_ms": 5.0, "end_to_end_ms": 8.0, "provider": "a/b"}
        costs = [FrameCost(stamp_ns=i * 33_333_333, **values) for i in range(31)]
        return ObservedRun(costs=costs, processor_shares={"tracker": 0.5, "power_node": 0.1})


def graph_bench(monkeypatch: pytest.MonkeyPatch, graph: StandInGraph, *arguments: str) -> int:
    """Run the part of `bench workload` that runs the graph, over empty videos."""
    monkeypatch.setattr(workload_graph, "run_graph", graph)
    monkeypatch.setattr(workload_graph, "write_scene", lambda _name, path: path.touch())
    parser = ArgumentParser()
    bench.add_arguments(parser)
    return bench.run(parser.parse_args(["workload", "--parts", "graph", "--repeats", "2", *arguments]))


def point_of_level(level: int) -> int:
    """Return the first point of the package's bank that has a level."""
    return [point.level for point in read_manifest(default_bank()).points].index(level)


def test_settings_and_processes_of_the_graph_take_turns(monkeypatch, capsys, tmp_path: Path) -> None:
    graph, resting = StandInGraph(), tmp_path / "hand.avi"
    resting.touch()
    kinds = ("--settings", "default", "level=4", "--processes", "composed", "separate")
    assert graph_bench(monkeypatch, graph, *kinds, "--resting-hand", str(resting)) == 0
    assert len(graph.runs) == 3 * 4 * 2
    runs = [one.graph for one in graph.runs]
    assert [run.composed for run in runs[:4]] == [True, False, True, False]
    assert [run.parameters["hand_tracker_node"].get("level", 0) for run in runs[:4]] == [0, 0, 4, 4]
    assert [run.parameters["pruning_controller_node"]["fixed.level"] for run in runs[:4]] == [
        *(1, 1),
        *[point_of_level(4)] * 2,
    ]
    assert [run.composed for run in runs[12:16]] == [False, True, False, True], "then backwards"
    assert {run.parameters["camera_node"]["source"] for run in runs[4:8]} == {str(resting)}
    printed = capsys.readouterr().out
    assert "| scene | setting | processes | all | tracker | power_node | frames a second |" in printed
    assert "| resting hand | level=4 | separate | 60.0 | 50.0 | 10.0 | 30.0 | 100% |" in printed


def test_the_figures_of_every_run_of_the_graph_are_written(monkeypatch, tmp_path: Path) -> None:
    assert graph_bench(monkeypatch, StandInGraph(), "--out", str(tmp_path / "graph.json")) == 0
    (found,) = json.loads((tmp_path / "graph.json").read_text())["graph"]["scenes"]["empty room"]
    assert (found["setting"], found["processes"]) == ("default", "composed")
    assert [run["cores"]["all"] for run in found["runs"]] == [0.6, 0.6]


def test_a_scene_that_is_not_there_is_named_before_anything_runs(monkeypatch) -> None:
    graph = StandInGraph()
    with pytest.raises(SourceError, match=r"There is no video /nowhere/room\.avi"):
        graph_bench(monkeypatch, graph, "--empty-room", "/nowhere/room.avi")
    assert graph.runs == []


def test_an_operating_point_is_kept_by_the_controller(monkeypatch) -> None:
    graph = StandInGraph()
    assert graph_bench(monkeypatch, graph, "--settings", "operating_point=2") == 0
    controllers = [one.graph.parameters["pruning_controller_node"] for one in graph.runs]
    assert {one["fixed.level"] for one in controllers} == {one["initial_level"] for one in controllers} == {2}


def test_a_level_without_an_operating_point_is_refused_before_anything_runs(monkeypatch) -> None:
    bank = read_manifest(default_bank())
    points = [replace(bank.points[0], level=0, cost=1.0), replace(bank.points[0], level=4, cost=0.5)]
    short = replace(bank, operating_points=tuple(points))
    monkeypatch.setattr(workload_settings, "read_manifest", lambda _: short)
    graph = StandInGraph()
    with pytest.raises(ConfigurationError, match=r"no operating point of level 2.*operating_point=0 to 1"):
        graph_bench(monkeypatch, graph, "--settings", "level=2")
    assert graph.runs == []


def test_ctrl_c_ends_all_runs_of_the_graph(monkeypatch) -> None:
    graph = StandInGraph(seconds=1.0)
    with pytest.raises(KeyboardInterrupt):
        graph_bench(monkeypatch, graph)
    assert len(graph.runs) == 1


def test_shows_the_parts_of_a_frame(tmp_path, capsys) -> None:
    parser = ArgumentParser()
    bench.add_arguments(parser)
    arguments = ["frame", "--frames", "60", "--repeats", "2", "--out", str(tmp_path / "frame.json")]
    assert bench.run(parser.parse_args(arguments)) == 0
    printed = capsys.readouterr().out
    assert "| everything but the network |" in printed
    figures = json.loads((tmp_path / "frame.json").read_text())
    assert figures["ms"]["its network"]["p50"] > 0
    assert f"{figures['frames']} of them" in printed
