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

"""The sub-command demo: the four nodes for a while, and a video, plots and figures of it."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import DRAWN_SOURCES
from hand_tracking_dsp.commands.arguments import add_option, require_between
from hand_tracking_dsp.commands.demo_page import served_page
from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.output import machine_line, require_writable, write_json
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError
from hand_tracking_dsp.evaluation.measures.space import STATES
from hand_tracking_dsp.evaluation.statistics import percentiles
from hand_tracking_dsp.evaluation.summary import count_switches, frame_rate_hz, summarize
from hand_tracking_dsp.evaluation.video import FrameSpool, write_video
from hand_tracking_dsp.nodes.graph.names import NODES
from hand_tracking_dsp.nodes.graph.processes import GraphOptions, Value
from hand_tracking_dsp.nodes.graph.run import GraphRun, run_graph
from hand_tracking_dsp.options import declaration
from hand_tracking_dsp.power.simulated_battery import SimulatedBatteryOptions
from hand_tracking_dsp.recordings.run import ObservedRun
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.operating_point import point_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hand_tracking_dsp.nodes.graph.observer import GraphObserver

_RECENT_S = 3.0
_INSET_STEP = 3
# A battery that falls by so much in the run, and is to last so many times as long: it has to be spared.
_CHARGE, _DRAIN, _LASTS = 0.65, 0.3, 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--duration", type=float, default=20.0, metavar="S", help="seconds to run (default: 20)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("out/demo"), metavar="DIR", help="folder for the results"
    )
    parser.add_argument(
        "--source",
        default="synthetic",
        help="synthetic, mesh, a device (0 or /dev/video0), a video file, a folder of images or a stream",
    )
    parser.add_argument(
        "--depth",
        action="store_true",
        help="place hands in metres by depth (mode fused); the source must have depth: synthetic or mesh",
    )
    parser.add_argument(
        "--view",
        action="store_true",
        help="serve the page of hand-tracking-dsp view meanwhile, at its usual port",
    )
    add_option(parser, "--depth-noise", declaration(SourceOptions, "depth_noise"))
    add_option(parser, "--backend", declaration(RuntimeOptions, "backend"))
    add_option(parser, "--budget-ms", declaration(ControllerOptions, "budget_ms"))


def run(args: argparse.Namespace) -> int:
    """Run the nodes, show how they do, and leave the results.

    Raises:
        HandTrackingError: No frame was handled, or no hand was seen; the message says why.
    """
    require_between(args, duration=(1, 3600))
    if args.depth and args.source not in DRAWN_SOURCES:
        msg = f"{args.source} has no depth: leave out --depth, or give --source {' or '.join(DRAWN_SOURCES)}."
        raise ConfigurationError(msg)
    require_writable(args.out, "summary.json", "video.mp4")
    out: Path = args.out
    view = LiveView()
    view.say(
        f"Four nodes for {args.duration:g} s; camera: {args.source}; battery: simulated, {_DRAIN:.0%} of it "
        f"used in that time, although the controller is asked to make it last {_LASTS} times as long"
    )
    view.say(f"{machine_line()}\n")
    with (
        served_page() if args.view else nullcontext() as domain_id,
        FrameSpool(out) as spool,
        FrameSpool(out) as depths,
    ):
        options = GraphOptions(parameters=_parameters(args), domain_id=domain_id)
        graph = GraphRun(args.duration, options, out / "nodes.log", NODES[-1:])
        show = partial(_show, view, args, _level_names())
        on_depth = partial(_keep_depth, depths) if args.depth else None
        recording = run_graph(graph, spool.add, show, on_depth)
        summary = {
            "source": args.source,
            "battery_simulated": True,
            "budget_ms": args.budget_ms,
            **({"depth_noise": args.depth_noise} if args.depth else {}),
            **summarize(recording),
        }
        write_json(out / "summary.json", summary)
        files = ["summary.json", "nodes.log", *_write_pictures(view, args, recording, spool, depths)]
    if spool.problem:
        view.say(spool.problem)
    for line in _report(summary, [out / name for name in files]):
        view.say(line)
    if summary["frames_with_hands"] == 0:
        advice = "report it" if args.source in DRAWN_SOURCES else "hold an open hand into the camera's view"
        msg = f"No hand was seen in {summary['frames']} frames of {args.source}: {advice}, please."
        raise HandTrackingError(msg)
    return 0


def _parameters(args: argparse.Namespace) -> dict[str, dict[str, Value]]:
    """Choose what differs from config/hand_tracking.yaml: the source, the backend, budget and battery."""
    battery = SimulatedBatteryOptions()
    lifetime_s = 3600 * battery.capacity_wh / (battery.base_w + battery.load_w[0])
    camera: dict[str, Value] = {"source": args.source, "allow_gstreamer": True}
    tracker: dict[str, Value] = {"backend": args.backend}
    if args.depth:
        camera |= {"depth": True, "depth_noise": args.depth_noise}
        tracker["depth.mode"] = "fused"
    return {
        "camera_node": camera,
        "hand_tracker_node": tracker,
        "pruning_controller_node": {
            "budget_ms": args.budget_ms,
            "battery.until": f"{_LASTS * args.duration:g}s",
        },
        "power_node": {
            "source": "simulated",
            "simulated.charge": _CHARGE,
            "simulated.time_scale": _DRAIN * lifetime_s / args.duration,
        },
    }


def _show(
    view: LiveView, args: argparse.Namespace, names: list[str], observer: GraphObserver, elapsed_s: float
) -> None:
    """Show the last seconds of a run."""
    if elapsed_s < 0:
        waiting = f"starting, {-elapsed_s:.0f} s so far"
        view.update([("time", waiting)], waiting)
        return
    recording = observer.recording
    costs = list(recording.costs)
    newest = costs[-1]
    recent = [cost for cost in costs if newest.stamp_ns - cost.stamp_ns <= _RECENT_S * 1e9]
    total = percentiles([cost.total_ms for cost in recent])
    end_to_end = percentiles([cost.end_to_end_ms for cost in recent])
    rate = f"{frame_rate_hz(recent):.1f} Hz" if len(recent) > 1 else "first frame"
    charge = recording.charges[-1].charge if recording.charges else None
    battery = "not received yet" if charge is None else f"{100 * charge:.0f} % (simulated)"
    level = f"{newest.level} ({names[newest.level]})"
    budget = f"budget {args.budget_ms:g} ms"
    rows = [
        ("time", f"{elapsed_s:.1f} of {args.duration:g} s"),
        ("frames", f"{rate}, {len(costs)} handled, {newest.frames_dropped} dropped for a newer one"),
        ("latency", f"p50 {total['p50']:.1f}  p99 {total['p99']:.1f} ms in the tracker"),
        ("", f"p50 {end_to_end['p50']:.1f}  p99 {end_to_end['p99']:.1f} ms end to end, {budget}"),
        ("level", f"{level}, {point_name(newest.operating_point)}, {count_switches(costs)} switches so far"),
        ("", recording.commands[-1].detail if recording.commands else ""),
        ("battery", battery),
        ("hands", str(newest.hands)),
    ]
    plain = (
        f"{elapsed_s:5.1f} s | {rate} | latency p50 {total['p50']:.1f} p99 {total['p99']:.1f} ms, "
        f"end to end p99 {end_to_end['p99']:.1f} ms, {budget} | level {level} | battery {battery} | "
        f"hands {newest.hands}"
    )
    view.update(rows, plain)


def _write_pictures(
    view: LiveView, args: argparse.Namespace, recording: ObservedRun, spool: FrameSpool, depths: FrameSpool
) -> list[str]:
    """Write plots and video; returns the names of the files."""
    # Its import takes as long as a node's start, which it should not delay.
    from hand_tracking_dsp.evaluation.report.run_plots import save_battery_plot, save_latency_plot
    from hand_tracking_dsp.evaluation.report.timeline import save_timeline

    out: Path = args.out
    note = "synthetic picture" if args.source in DRAWN_SOURCES else ""
    labels = [label for label in (note, "simulated battery") if label]
    marks = [f"synthetic depth, noise: {args.depth_noise}", "dots: measured, rings: inferred"]
    save_latency_plot(recording, args.budget_ms, out / "latency_level.png", ", ".join(labels))
    save_timeline(recording.costs, out / "timeline.png", note=note)
    files = ["latency_level.png", "timeline.png"]
    if recording.charges:
        save_battery_plot(recording, out / "battery.png", "simulated battery")
        files.append("battery.png")
    if len(spool):
        show = partial(_show_video, view, len(spool))
        write_video(spool, recording, out / "video.mp4", labels + marks * args.depth, show, depths)
        files += ["video.mp4", "video.png"] if (out / "video.png").exists() else ["video.mp4"]
    return files


def _show_video(view: LiveView, total: int, done: int) -> None:
    view.progress("video", done, total)


def _keep_depth(depths: FrameSpool, stamp_ns: int, depth_mm: NDArray[np.uint16]) -> None:
    """Keep a depth image as small as the video shows it."""
    depths.add(stamp_ns, np.ascontiguousarray(depth_mm[::_INSET_STEP, ::_INSET_STEP]))


def _report(summary: dict[str, Any], files: list[Path]) -> list[str]:
    """Put a summary into lines for a person."""
    names = _level_names()
    levels = [f"{n} frames at {k} ({names[int(k)]})" for k, n in summary["frames_by_level"].items()]
    points = [f"{n} frames at {k}" for k, n in summary["frames_by_point"].items()]
    hands = (
        f"{summary['frames']} at {summary['frame_rate_hz']:.1f} Hz, {summary['frames_with_hands']} with hands"
    )
    missed = (
        f"{summary['frames_dropped']} dropped for a newer one, {summary['frames_lost']} lost in transport"
    )
    rows = [
        ("frames", f"{hands}; {missed}"),
        ("backend", summary["backend"]),
        ("latency in the tracker", _percentiles(summary["latency_ms"])),
        ("latency end to end", _percentiles(summary["end_to_end_ms"])),
        ("levels", ", ".join(levels)),
        ("operating points", f"{', '.join(points)}; {summary['switches']} switches"),
    ]
    if "error_px" in summary:
        found = f"{summary['truth_hands_found']} of {summary['truth_hands']} synthetic hands found"
        error = f"{summary['error_px']:.1f} px, {summary['error_palm_percent']:.1f} % of palm size; {found}"
        rows.append(("error to exact truth", error))
    if "error_3d_mm" in summary:
        rows += _rows_of_depth(summary)
    rows.append(("files", ", ".join(map(str, files))))
    return ["", *(f"{name:<24}{value}" for name, value in rows)]


def _rows_of_depth(summary: dict[str, Any]) -> list[tuple[str, str]]:
    shares = ", ".join(f"{100 * summary[f'joints_{state}']:.0f} % {state}" for state in STATES)
    rows = [("joints in space", shares), ("depth in the tracker", _percentiles(summary["depth_ms"]))]
    if summary["truth_hands_3d"]:
        error = f"{summary['error_3d_mm']:.1f} mm, visible joints {summary['visible_error_3d_mm']:.1f} mm"
        placed = f"{summary['truth_hands_3d_found']} of {summary['truth_hands_3d']} synthetic hands placed"
        rows.insert(0, ("error in space", f"{error}; {placed}; noise of depth: {summary['depth_noise']}"))
    return rows


def _percentiles(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in values.items()) + " ms"


def _level_names() -> list[str]:
    return [level.name for level in read_manifest(default_bank()).levels]
