"""hand-tracking-dsp policy record-trace: the cost of each frame of a running graph, its own, or a bag."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from hand_tracking_dsp.commands.arguments import add_bank
from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.up import add_node_parameters, node_parameters, require_ros
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.load import Load, LoadScript
from hand_tracking_dsp.nodes.graph.processes import NODES, Value
from hand_tracking_dsp.nodes.graph.run import GraphRun, own_domain, run_graph
from hand_tracking_dsp.recordings.bags.trace import read_bag_trace
from hand_tracking_dsp.recordings.trace import Trace, TraceBuilder
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import read_manifest

_DURATION_S = 60.0
_POLL_S = 0.25
# The last message to the controller needs time to arrive.
_SETTLE_S = 0.3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the CSV that is written")
    parser.add_argument("--bag", type=Path, help="take the frames out of this bag")
    parser.add_argument("--topic", default="", help="of TrackerStats (default: stats, or the bag's only one)")
    parser.add_argument(
        "--duration", type=float, metavar="S", help="seconds to listen; without it until Ctrl-C, --run: 60"
    )
    parser.add_argument("--run", action="store_true", help="start the four nodes for it")
    parser.add_argument("--source", default="synthetic", help="with --run: the camera's source")
    parser.add_argument(
        "--sweep",
        type=float,
        metavar="S",
        help="set each level in turn for so many seconds, by operator_level",
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
    for name, least in (("duration", 1), ("sweep", 0.5)):
        value = getattr(options, name)
        if value is not None and not least <= value <= 86400:
            msg = f"--{name} is {value:g} s: choose {least:g} to 86400."
            raise ConfigurationError(msg)


class _TraceSession:
    """Starts load and sweep over the levels with the recording, and shows how it goes."""

    def __init__(
        self,
        builder: TraceBuilder,
        load: Load | None,
        sweep: Callable[[float], None] | None,
        view: LiveView,
        until: str,
    ) -> None:
        self._builder = builder
        self._load = load
        self._sweep = sweep
        self._view = view
        self._until = until
        self._started = False

    def tick(self, elapsed_s: float) -> None:
        """Do what is due; called some times a second, with negative seconds before the first frame."""
        if elapsed_s < 0:
            waiting = f"starting for {-elapsed_s:.0f} s"
            self._view.update([("time", waiting)], waiting)
            return
        if not self._started:
            self._started = True
            self._builder.restart()
            if self._load:
                self._load.start()
        if self._sweep:
            self._sweep(elapsed_s)
        self._show(elapsed_s)

    def _show(self, elapsed_s: float) -> None:
        frame = self._builder.latest
        busy = f"{self._load.busy} processes" if self._load else "not made here"
        rows = [("time", f"{elapsed_s:.1f} {self._until}"), ("frames", str(len(self._builder)))]
        if frame:
            rows += [
                ("level", str(frame.level)),
                ("latency", f"{frame.end_to_end_ms:.1f} ms end to end"),
                ("hands", str(frame.hands)),
            ]
        rows.append(("load", busy))
        self._view.update(rows)


def _record(options: argparse.Namespace, view: LiveView) -> Trace:
    require_ros()
    script = LoadScript.parse(options.load) if options.load else None
    levels = len(read_manifest(options.bank or default_bank()).levels)
    # Its import needs ROS 2.
    from hand_tracking_dsp.nodes.graph.trace_observer import TraceObserver

    duration_s = options.duration or (_DURATION_S if options.run else math.inf)
    until = "s, until Ctrl-C" if math.isinf(duration_s) else f"of {duration_s:g} s"
    domain_id = own_domain() if options.run else None
    with ExitStack() as stack:
        load = stack.enter_context(Load(script)) if script else None
        observer = stack.enter_context(TraceObserver(domain_id, options.topic or "stats"))
        sweep = _Sweep(observer.set_operator_level, levels, options.sweep) if options.sweep else None
        session = _TraceSession(observer.builder, load, sweep, view, until)
        if options.run:
            graph = _graph(options, duration_s, domain_id)
            run_graph(graph, on_state=lambda _recording, elapsed_s: session.tick(elapsed_s))
        else:
            _listen(session, duration_s)
            if sweep:
                observer.set_operator_level(-1)
                time.sleep(_SETTLE_S)
        return observer.builder.trace()


class _Sweep:
    """Sets level 0, 1, 2, … in turn, again and again."""

    def __init__(self, set_level: Callable[[int], bool], levels: int, seconds: float) -> None:
        self._set_level = set_level
        self._levels = levels
        self._seconds = seconds
        self._last = -1

    def __call__(self, elapsed_s: float) -> None:
        """Set the level that is due at a time (seconds), once."""
        level = int(elapsed_s / self._seconds) % self._levels
        if level != self._last and self._set_level(level):
            self._last = level


def _graph(options: argparse.Namespace, duration_s: float, domain_id: int | None) -> GraphRun:
    parameters: dict[str, dict[str, Value]] = {"camera_node": {"source": options.source}}
    if options.bank:
        bank = str(options.bank.resolve())
        parameters |= {"hand_tracker_node": {"bank": bank}, "pruning_controller_node": {"bank": bank}}
    return GraphRun(
        duration_s,
        NODES,
        (),
        parameters,
        options.out.with_suffix(".nodes.log"),
        yaml_parameters=node_parameters(options.parameters),
        domain_id=domain_id,
    )


def _listen(session: _TraceSession, duration_s: float) -> None:
    first_s = time.monotonic()
    try:
        while (elapsed_s := time.monotonic() - first_s) < duration_s:
            session.tick(elapsed_s)
            time.sleep(min(_POLL_S, duration_s - elapsed_s))
    except KeyboardInterrupt:
        return


def _summary(trace: Trace, out: Path) -> str:
    p50, p99 = np.quantile(trace.latency_ms, (0.5, 0.99))
    levels = ", ".join(str(level) for level in sorted({frame.level for frame in trace.frames}))
    return (
        f"{len(trace.frames)} frames in {trace.duration_s:.1f} s at the levels {levels}; "
        f"latency p50 {p50:.1f}, p99 {p99:.1f} ms; written into {out}."
    )
