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

"""Processor time of the running graph in several scenes and at several settings in turn, for bench."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.output import markdown_table
from hand_tracking_dsp.commands.policy.live_run import fixed_point
from hand_tracking_dsp.commands.up import require_ros
from hand_tracking_dsp.commands.workload_settings import point_of, threads_of
from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.evaluation.summary import summarize
from hand_tracking_dsp.evaluation.workload.scenes import SCENES, write_scene
from hand_tracking_dsp.nodes.graph.processes import GraphOptions, Value
from hand_tracking_dsp.nodes.graph.run import GraphRun, run_graph
from hand_tracking_dsp.recordings.run import ObservedRun
from hand_tracking_dsp.temporary import temporary_folder
from hand_tracking_dsp.tracking.operating_point import NO_POINT

if TYPE_CHECKING:
    from hand_tracking_dsp.nodes.graph.observer import GraphObserver

_PROCESSES = ("composed", "separate")
_LOG = Path("out/bench/nodes.log")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    for scene in SCENES:
        parser.add_argument(
            f"--{scene.replace(' ', '-')}",
            type=Path,
            metavar="VIDEO",
            help=f"workload: video of the scene {scene}, shown again and again (default: a synthetic one)",
        )

    parser.add_argument(
        "--processes",
        nargs="+",
        choices=_PROCESSES,
        default=_PROCESSES[:1],
        help="workload: whether camera and tracker share a process (default: composed), or both in turn",
    )


def measure_graph(args: argparse.Namespace, settings: Mapping[str, Mapping[str, Value]]) -> dict[str, Any]:
    """Run the graph in every scene at every setting in turn, print a table, and return the figures.

    Raises:
        ConfigurationError: ROS 2 is not to be found, or the bank has no such operating point.
        SourceError: A video is not there.
        HandTrackingError: A node failed.
    """
    require_ros()
    for setting in settings.values():
        _number(setting)
    view = LiveView()
    kinds = [(name, processes) for name in settings for processes in args.processes]
    runs: dict[str, dict[tuple[str, str], list[dict[str, Any]]]] = {
        scene: {kind: [] for kind in kinds} for scene in SCENES
    }
    total = len(SCENES) * len(kinds) * args.repeats
    done = 0
    with temporary_folder() as folder:
        videos = {scene: _video(args, scene, folder) for scene in SCENES}
        for number in range(args.repeats):
            for scene in SCENES:
                # Whatever changes slowly, such as heat, falls on all alike when the order turns round.
                for name, processes in kinds[:: -1 if number % 2 else 1]:
                    graph = _graph(videos[scene], settings[name], composed=processes == "composed")
                    runs[scene][name, processes].append(_figures(_run(args.duration, graph)))
                    done += 1
                    view.progress("runs of the graph", done, total)
    backend = next(iter(runs[SCENES[0]].values()))[0]["backend"]
    threads = threads_of(next(iter(settings.values())))
    print(
        f"Processor time of the graph (camera, tracker, controller, power), 30 Hz, {args.duration:g} s, "
        f"{args.repeats} times in turn, medians, % of a core; {backend}, {threads}:\n"
    )
    print(_table(runs), flush=True)
    named = {
        scene: [
            {"setting": name, "processes": processes, "runs": found}
            for (name, processes), found in of.items()
        ]
        for scene, of in runs.items()
    }
    return {"duration_s": args.duration, "scenes": named}


def _video(args: argparse.Namespace, scene: str, folder: Path) -> Path:
    given: Path | None = getattr(args, scene.replace(" ", "_"))
    if given is not None:
        if not given.exists():  # the camera would wait for it
            msg = f"There is no video {given}: name a file, or a folder of pictures."
            raise SourceError(msg)
        return given.resolve()
    path = folder / f"{scene.replace(' ', '_')}.avi"
    write_scene(scene, path)
    return path


def _graph(video: Path, setting: Mapping[str, Value], *, composed: bool) -> GraphOptions:
    return GraphOptions(
        parameters={
            "camera_node": {"source": str(video), "loop": True},
            "hand_tracker_node": setting,
            "pruning_controller_node": fixed_point(_number(setting)),
        },
        composed=composed,
    )


def _number(setting: Mapping[str, Value]) -> int:
    """Return the number of a setting's operating point.

    Raises:
        ConfigurationError: The bank's list has none of its level.
    """
    command = point_of(setting)
    number, point = command.in_force
    if number == NO_POINT:
        last = len(command.bank.points) - 1
        msg = (
            f"The bank {command.bank.name} has no operating point of level {point.level}, so that the "
            f"controller cannot keep it: choose one from operating_point=0 to {last}."
        )
        raise ConfigurationError(msg)
    return number


def _run(duration_s: float, graph: GraphOptions) -> ObservedRun:
    """Run the graph once; KeyboardInterrupt where it was interrupted."""
    last_s = -1.0

    def note(_: GraphObserver, elapsed_s: float) -> None:
        nonlocal last_s
        last_s = elapsed_s

    recording = run_graph(GraphRun(duration_s, graph, _LOG), on_state=note)
    if last_s < duration_s:
        raise KeyboardInterrupt
    return recording


def _figures(recording: ObservedRun) -> dict[str, Any]:
    summary = summarize(recording)
    names = ("frames", "frames_with_hands", "frames_dropped", "frame_rate_hz", "end_to_end_ms", "backend")
    shares = recording.processor_shares
    return {name: summary[name] for name in names} | {"cores": {"all": sum(shares.values()), **shares}}


def _table(runs: Mapping[str, Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]]) -> str:
    columns = dict.fromkeys(name for found in runs[SCENES[0]].values() for name in found[0]["cores"])
    rows = []
    for scene, kinds in runs.items():
        for (name, processes), found in kinds.items():
            with_hands = sum(one["frames_with_hands"] for one in found) / sum(one["frames"] for one in found)
            rows.append(
                (
                    scene,
                    name,
                    processes,
                    *(_percent([one["cores"].get(column, math.nan) for one in found]) for column in columns),
                    f"{median(one['frame_rate_hz'] for one in found):.1f}",
                    f"{with_hands:.0%}",
                )
            )
    headings = ("scene", "setting", "processes", *columns, "frames a second", "with a hand")
    return markdown_table(headings, rows, left=3)


def _percent(shares: Sequence[float]) -> str:
    value = 100 * median(shares)
    return "-" if math.isnan(value) else f"{value:.1f}"
