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

"""hand-tracking-dsp policy record-trace: the cost of each frame of a running graph, its own, or a bag."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hand_tracking_dsp.commands.arguments import add_bank, require_between
from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.output import require_writable
from hand_tracking_dsp.commands.up import add_node_parameters, node_parameters, require_ros
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.load import Load, LoadScript
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.nodes.graph.processes import GraphOptions, Value
from hand_tracking_dsp.nodes.graph.run import GraphRun, run_graph
from hand_tracking_dsp.recordings.bags.trace import read_bag_trace
from hand_tracking_dsp.recordings.trace import Trace
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.operating_point import point_name

if TYPE_CHECKING:
    from hand_tracking_dsp.nodes.graph.observer import GraphObserver

_DURATION_S = 60.0
_POLL_S = 0.25
# The last message to the controller needs time to arrive.
_SETTLE_S = 0.3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the CSV that is written")
    parser.add_argument("--bag", type=Path, help="take the frames out of this bag")
    parser.add_argument(
        "--topic", default="", help="topic of the TrackerStats (default: stats, or the bag's only one)"
    )
    parser.add_argument(
        "--duration", type=float, metavar="S", help="seconds to listen; without it until Ctrl-C, --run: 60"
    )
    parser.add_argument("--run", action="store_true", help="start the four nodes for it")
    parser.add_argument("--source", default="synthetic", help="with --run: the camera's source")
    parser.add_argument(
        "--sweep",
        type=float,
        metavar="S",
        help="set each operating point in turn for so many seconds, by operator_level",
    )
    parser.add_argument(
        "--load", metavar="SCRIPT", help="keep cores busy meanwhile, for example quiet:5,1:5,2:5 (repeated)"
    )
    add_bank(parser)
    add_node_parameters(parser)


def run(options: argparse.Namespace) -> int:
    """Record, and write the trace; Ctrl-C ends it early and leaves what was received.

    Raises:
        ConfigurationError: Options do not fit each other, or a value cannot be used.
        SourceError: No frame was received, or the bag cannot be used.
    """
    _check(options)
    require_writable(options.out)
    view = LiveView()
    bag = options.bag
    trace = read_bag_trace(bag, options.topic, view.say) if bag else _record(options, view)
    trace.write(options.out)
    view.say(_summary(trace, options.out))
    return 0


def _check(options: argparse.Namespace) -> None:
    listens = options.run or options.sweep is not None or options.load is not None
    if options.bag and (listens or options.duration is not None):
        msg = "--bag reads what was recorded: leave out --run, --duration, --sweep and --load."
        raise ConfigurationError(msg)
    if options.parameters and not options.run:
        msg = "-p sets parameters of nodes that this command starts: add --run, or leave it out."
        raise ConfigurationError(msg)
    node_parameters(options.parameters)
    require_between(options, duration=(1, 86400), sweep=(0.5, 86400))


class _TraceSession:
    """Starts load and sweep over the levels with the recording, and shows how it goes."""

    def __init__(self, load: Load | None, sweep: _Sweep | None, view: LiveView, until: str) -> None:
        self._load = load
        self._sweep = sweep
        self._view = view
        self._until = until
        self._observer: GraphObserver | None = None
        self._skipped = 0

    def tick(self, observer: GraphObserver, elapsed_s: float) -> None:
        """Do what is due; called some times a second, with negative seconds before the first frame."""
        if elapsed_s < 0:
            waiting = f"starting for {-elapsed_s:.0f} s"
            self._view.update([("time", waiting)], waiting)
            return
        if self._observer is None:
            self._observer = observer
            # Frames from before the load and the sweep are not part of the trace.
            self._skipped = len(observer.recording.costs)
            if self._load:
                self._load.start()
        if self._sweep:
            self._sweep(observer, elapsed_s)
        self._show(elapsed_s)

    @property
    def costs(self) -> Sequence[FrameCost]:
        """Costs of the frames since the start."""
        return self._observer.recording.costs[self._skipped :] if self._observer else ()

    def _show(self, elapsed_s: float) -> None:
        costs = self.costs
        busy = f"{self._load.busy} processes" if self._load else "not made here"
        rows = [("time", f"{elapsed_s:.1f} {self._until}"), ("frames", str(len(costs)))]
        if costs:
            rows += [
                ("runs", point_name(costs[-1].operating_point)),
                ("level", str(costs[-1].level)),
                ("latency", f"{costs[-1].end_to_end_ms:.1f} ms end to end"),
                ("hands", str(costs[-1].hands)),
            ]
        rows.append(("load", busy))
        self._view.update(rows)


def _record(options: argparse.Namespace, view: LiveView) -> Trace:
    require_ros()
    script = LoadScript.parse(options.load) if options.load else None
    points = len(read_manifest(options.bank or default_bank()).points)
    duration_s = options.duration or (_DURATION_S if options.run else math.inf)
    until = "s, until Ctrl-C" if math.isinf(duration_s) else f"of {duration_s:g} s"
    sweep = _Sweep(points, options.sweep) if options.sweep else None
    with ExitStack() as stack:
        load = stack.enter_context(Load(script)) if script else None
        session = _TraceSession(load, sweep, view, until)
        if options.run:
            run_graph(_graph(options, duration_s), on_state=session.tick)
        else:
            _listen(session, options.topic or "stats", duration_s, sweep)
    return Trace.of(session.costs)


class _Sweep:
    """Sets operating point 0, 1, 2, … in turn, again and again."""

    def __init__(self, points: int, seconds: float) -> None:
        self._points = points
        self._seconds = seconds
        self._last = -1

    def __call__(self, observer: GraphObserver, elapsed_s: float) -> None:
        """Set the point that is due at a time (seconds), once."""
        point = int(elapsed_s / self._seconds) % self._points
        if point != self._last and observer.set_operator_point(point):
            self._last = point


def _graph(options: argparse.Namespace, duration_s: float) -> GraphRun:
    parameters: dict[str, dict[str, Value]] = {
        "camera_node": {"source": options.source, "allow_gstreamer": True},
        # The cost of a level is to be seen on slow frames, too.
        "hand_tracker_node": {"deadline.reflex": False},
    }
    if options.bank:
        bank = str(options.bank.resolve())
        parameters["hand_tracker_node"]["bank"] = bank
        parameters["pruning_controller_node"] = {"bank": bank}
    return GraphRun(
        duration_s,
        GraphOptions(parameters=parameters, yaml_parameters=node_parameters(options.parameters)),
        options.out.with_suffix(".nodes.log"),
        stats_topic=options.topic or "stats",
    )


def _listen(session: _TraceSession, topic: str, duration_s: float, sweep: _Sweep | None) -> None:
    # Its import needs ROS 2.
    from hand_tracking_dsp.nodes.graph.observer import GraphObserver

    with GraphObserver(stats_topic=topic, costs_only=True) as observer:
        first_s = time.monotonic()
        with suppress(KeyboardInterrupt):
            while (elapsed_s := time.monotonic() - first_s) < duration_s:
                session.tick(observer, elapsed_s)
                time.sleep(min(_POLL_S, duration_s - elapsed_s))
        if sweep:
            observer.set_operator_point(-1)
            time.sleep(_SETTLE_S)


def _summary(trace: Trace, out: Path) -> str:
    p50, p99 = np.quantile(trace.latency_ms, (0.5, 0.99))
    levels = ", ".join(str(level) for level in sorted({frame.level for frame in trace.frames}))
    return (
        f"{len(trace.frames)} frames in {trace.duration_s:.1f} s at the levels {levels}; "
        f"latency p50 {p50:.1f}, p99 {p99:.1f} ms; written into {out}."
    )
