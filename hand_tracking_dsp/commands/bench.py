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

"""hand-tracking-dsp bench: frame times, work over clips, agreement with MediaPipe, transport, and stops."""

from __future__ import annotations

import argparse
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.commands import agreement, frame_parts, stops, workload
from hand_tracking_dsp.commands.arguments import require_at_least
from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.output import (
    machine,
    machine_line,
    markdown_table,
    require_writable,
    write_json,
)
from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError
from hand_tracking_dsp.evaluation.speed import Series, alternate, switch_levels
from hand_tracking_dsp.evaluation.statistics import median_ratio
from hand_tracking_dsp.evaluation.summary import summarize
from hand_tracking_dsp.evaluation.workers import TrackerWorker, mediapipe_worker, package_worker
from hand_tracking_dsp.nodes.graph.processes import GraphOptions
from hand_tracking_dsp.nodes.graph.run import GraphRun, run_graph
from hand_tracking_dsp.nodes.graph.transport import rmw_implementation, transport_in_force
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import Image

# How the networks run, and the palm detector; "" is the bank's default one.
_BACKENDS = {
    "ONNX Runtime fp32": (RuntimeOptions(backend="onnxruntime", precision="fp32"), "full"),
    "OpenVINO fp32": (RuntimeOptions(backend="openvino", precision="fp32"), "full"),
    "OpenVINO bf16": (RuntimeOptions(backend="openvino", precision="bf16"), "full"),
    "ONNX Runtime as by default": (RuntimeOptions(backend="onnxruntime"), ""),
    "OpenVINO as by default": (RuntimeOptions(backend="openvino"), ""),
    "as by default": (RuntimeOptions(), ""),
}
_MEDIAPIPE = "MediaPipe"
# A transport that loses more of the images than this is named.
_LOSSY = 0.01
_FRAMES = 300
_ONE_HAND = TrackerOptions(max_hands=1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=("speed", "frame", "workload", "transport", "agreement", "stop"),
        default="speed",
        help="what to measure (default: %(default)s)",
    )
    parser.add_argument(
        "--video",
        default="synthetic",
        help="speed and frame: video, a file or folder, or synthetic (default)",
    )
    parser.add_argument(
        "--frames",
        type=int,
        help=f"speed, frame and workload: frames of a video at most (default: {_FRAMES}, workload all)",
    )
    parser.add_argument(
        "--repeats",
        type=int,
        default=2,
        help="speed, frame and workload: how often to go through the frames",
    )
    parser.add_argument(
        "--mediapipe-python",
        type=Path,
        default=Path(".venv-mediapipe/bin/python"),
        metavar="PYTHON",
        help="speed, workload and agreement: a Python that has mediapipe==0.10.21 (default: %(default)s)",
    )
    parser.add_argument(
        "--any-core",
        action="store_true",
        help="speed and workload: leave the processes to the scheduler, not on one core",
    )
    parser.add_argument(
        "--duration",
        type=float,
        default=60.0,
        metavar="S",
        help="transport and workload: seconds to run the graph",
    )
    agreement.add_arguments(parser)
    workload.add_arguments(parser)
    stops.add_arguments(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the figures as JSON, too")


def run(args: argparse.Namespace) -> int:
    """Measure and print Markdown."""
    require_at_least(args, frames=1, repeats=1, count=1, trials=1, busy=0)
    require_writable(args.out)
    print(f"Machine: {machine_line()}\n", flush=True)
    measure = {
        "speed": _speed,
        "frame": lambda args: frame_parts.measure_frame(args, args.frames or _FRAMES),
        "workload": lambda args: workload.measure_workload(args, _core(args)),
        "transport": _transport,
        "agreement": agreement.measure_agreement,
        "stop": stops.measure_stops,
    }
    figures = measure[args.what](args)
    if args.out:
        write_json(args.out, {"machine": machine(), **figures})
    return 0


def _speed(args: argparse.Namespace) -> dict[str, Any]:
    frames, rate_hz, name = _read_video(args.video, args.frames or _FRAMES)
    height, width = frames[0].shape[:2]
    core = _core(args)
    where = "any core" if core is None else f"core {core}"
    print(
        f"{name}: {len(frames)} frames of {width}x{height}, {args.repeats} times; at most one hand, level "
        f"0, one inference thread each, every process on {where}; in turns of 15 frames\n",
        flush=True,
    )
    with ExitStack() as stack:
        workers: dict[str, TrackerWorker] = {}
        if args.mediapipe_python.exists():
            workers[_MEDIAPIPE] = stack.enter_context(
                mediapipe_worker(args.mediapipe_python, static=False, max_hands=1, cpu=core)
            )
        else:
            print(
                f"Without MediaPipe: there is no {args.mediapipe_python} (make setup-mediapipe makes it).\n"
            )
        for backend, (runtime, detector) in _BACKENDS.items():
            worker = package_worker(_ONE_HAND, runtime, detector=detector, cpu=core)
            workers[backend] = stack.enter_context(worker)
        print(_loading_table(workers), "\n", flush=True)
        view = LiveView()
        tracking = alternate(
            frames, workers, rate_hz, args.repeats, on_block=lambda n, of: view.progress("tracking", n, of)
        )
        print(_tracking_table(tracking), "\n", flush=True)
        ours = {name: worker for name, worker in workers.items() if name != _MEDIAPIPE}
        detecting = alternate(
            frames, ours, rate_hz, reset=True, on_block=lambda n, of: view.progress("detecting", n, of)
        )
        print(_detection_table(detecting), "\n", flush=True)
        levels = {name: _levels(frames, worker, rate_hz, args.repeats) for name, worker in ours.items()}
    print(_levels_table(levels))
    return {
        "video": name,
        "loading": {name: _loading(worker) for name, worker in workers.items()},
        "tracking": {name: _figures(series, tracking) for name, series in tracking.items()},
        "detection_ms": {name: float(np.median(series.detection_ms)) for name, series in detecting.items()},
        "levels": levels,
    }


def _core(args: argparse.Namespace) -> int | None:
    """Return the core on which all trackers stay; None: any."""
    return None if args.any_core or not hasattr(os, "sched_getaffinity") else max(os.sched_getaffinity(0))


def _read_video(spec: str, count: int) -> tuple[list[Image], float, str]:
    """Read frames as RGB into memory; returns them, their rate in Hz and the source's name."""
    frames: list[Image] = []
    with open_source(spec, SourceOptions()) as source:
        while len(frames) < count and (frame := source.read(5.0)) is not None:
            frames.append(np.ascontiguousarray(frame.image[:, :, ::-1]))
        if not frames:
            msg = f"The video {spec} has no frame: name another one."
            raise ConfigurationError(msg)
        return frames, source.rate_hz, source.name


def _loading(worker: TrackerWorker) -> dict[str, float]:
    return {name: worker.about[name] for name in ("loading_s", "memory_mib")}


def _loading_table(workers: dict[str, TrackerWorker]) -> str:
    rows = []
    for name, worker in workers.items():
        loading_s, memory_mib = _loading(worker).values()
        rows.append((name, f"{loading_s:.2f}", f"{memory_mib:.0f}"))
    return markdown_table(("loading", "s", "MiB of memory afterwards"), rows)


def _tracking_table(all_series: dict[str, Series]) -> str:
    ratio_heading = "of MediaPipe's median (95 % interval)"
    rows = []
    for name, series in all_series.items():
        ratio = "-"
        if _MEDIAPIPE in all_series and name != _MEDIAPIPE:
            ratio = str(median_ratio(series.frame_ms, all_series[_MEDIAPIPE].frame_ms))
        hands = f"{series.hands} of {len(series.frame_ms)}"
        rows.append((name, f"{series.median_ms:.2f}", f"{series.p95_ms:.2f}", ratio, hands))
    headings = ("tracking", "median ms", "p95 ms", ratio_heading, "frames with a hand")
    return markdown_table(headings, rows)


def _detection_table(all_series: dict[str, Series]) -> str:
    rows = [
        (name, f"{np.median(series.detection_ms):.2f}", f"{series.median_ms:.2f}")
        for name, series in all_series.items()
    ]
    return markdown_table(("palm detector", "median ms", "frame on which it runs, median ms"), rows)


def _levels(frames: list[Image], worker: TrackerWorker, rate_hz: float, repeats: int) -> dict[str, Any]:
    names = worker.about["levels"]
    series = switch_levels(frames, worker, len(names), rate_hz, repeats)
    return {
        "median_ms": {name: float(np.median(series.steady_ms[level])) for level, name in enumerate(names)},
        "switch_cost_ms": {name: series.cost_ms(level) for level, name in enumerate(names)},
        "switches": series.switches,
        "hands_lost": series.hands_lost,
    }


def _levels_table(levels: dict[str, dict[str, Any]]) -> str:
    after = "first frame after a switch, less that, ms"
    rows = []
    for backend, figures in levels.items():
        for index, (name, median_ms) in enumerate(figures["median_ms"].items()):
            cost = f"{figures['switch_cost_ms'][name]:+.2f}"
            counts = (str(figures["switches"]), str(figures["hands_lost"]))
            rows.append((f"{backend}, {index} ({name})", f"{median_ms:.2f}", cost, *counts))
    return markdown_table(("level", "median ms", after, "switches", "hands lost by them"), rows)


def _figures(series: Series, all_series: dict[str, Series]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "median_ms": series.median_ms,
        "p95_ms": series.p95_ms,
        "frames": len(series.frame_ms),
        "frames_with_hands": series.hands,
    }
    if _MEDIAPIPE in all_series and series is not all_series[_MEDIAPIPE]:
        ratio = median_ratio(series.frame_ms, all_series[_MEDIAPIPE].frame_ms)
        result["of_mediapipe"] = {"ratio": ratio.value, "low": ratio.low, "high": ratio.high}
    return result


def _transport(args: argparse.Namespace) -> dict[str, Any]:
    view = LiveView()
    graph = GraphOptions(
        ("camera_node", "hand_tracker_node"),
        parameters={"camera_node": {"source": "synthetic", "width": 640, "height": 480, "rate_hz": 30.0}},
    )
    in_force = transport_in_force(graph.child_environment(), rmw_implementation())
    print(in_force, "\n", flush=True)
    options = GraphRun(args.duration, graph, Path("out/bench/nodes.log"))
    recording = run_graph(options, on_state=lambda _, s: view.progress("seconds", int(s), int(args.duration)))
    figures = summarize(recording)
    if figures["frames"] < 2:
        msg = "Fewer than two frames were handled: choose a longer --duration."
        raise HandTrackingError(msg)
    transport = figures["transport_ms"]
    print(
        f"Camera to hands, synthetic picture, 640x480 bgr8 at 30 Hz, {args.duration:g} s, "
        f"{figures['backend']}:\n\n"
        "| frames handled | lost in transport | dropped for a newer one | end to end p50 / p95 ms "
        "| end to end less inference p50 / p95 ms |\n|---:|---:|---:|---:|---:|\n"
        f"| {figures['frames']} | {figures['frames_lost']} | {figures['frames_dropped']} "
        f"| {figures['end_to_end_ms']['p50']:.2f} / {figures['end_to_end_ms']['p95']:.2f} "
        f"| {transport['p50']:.2f} / {transport['p95']:.2f} |"
    )
    lost = figures["frames_lost"] / (figures["frames"] + figures["frames_lost"])
    warning = in_force.warning
    if not warning and lost > _LOSSY:
        warning = f"{lost:.0%} of the images were lost in transport: docs/nodes.md says what to set."
    if warning:
        print(f"\nWarning: {warning}", flush=True)
    return {"transport": {**figures, "middleware": in_force.rmw, "settings": in_force.settings}}
