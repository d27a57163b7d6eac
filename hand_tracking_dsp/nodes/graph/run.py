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

"""Runs of the nodes for a while under an observer, away from other ROS graphs."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.errors import HandTrackingError, OutputError
from hand_tracking_dsp.files import make_folder
from hand_tracking_dsp.nodes.graph.domains import own_domain
from hand_tracking_dsp.nodes.graph.processes import GraphOptions, NodeProcesses
from hand_tracking_dsp.nodes.graph.processor_time import ProcessorMeter
from hand_tracking_dsp.recordings.run import ObservedRun
from hand_tracking_dsp.tracking.types import Image

if TYPE_CHECKING:
    from hand_tracking_dsp.nodes.graph.observer import GraphObserver

_START_LIMIT_S = 60.0
# A camera that fails is tried again, and may answer then.
_TROUBLE_LIMIT_S = 5.0
_POLL_S = 0.25
_SETTLE_S = 0.3


@dataclass(frozen=True, slots=True)
class GraphRun:
    """Options of a run.

    Attributes:
        duration_s: Time from the moment when all nodes are seen, seconds.
        graph: Nodes, and their options; without a ROS domain own_domain chooses one.
        log: Path of the file for what the nodes print.
        late_nodes: Names of the nodes of the graph that are active only from that moment, so that neither
            a battery falls before it, nor a process starts after it.
        stats_topic: Topic of TrackerStats.
    """

    duration_s: float
    graph: GraphOptions
    log: Path
    late_nodes: tuple[str, ...] = ()
    stats_topic: str = "stats"


def run_graph(
    options: GraphRun,
    on_image: Callable[[int, Image], None] | None = None,
    on_state: Callable[[GraphObserver, float], None] = lambda _observer, _elapsed_s: None,
    on_depth: Callable[[int, NDArray[np.uint16]], None] | None = None,
    *,
    truth: bool = False,
) -> ObservedRun:
    """Run the nodes as processes of their own, and record what they publish.

    Without ROS_DOMAIN_ID in the environment they get a domain of their own, so that neither a robot nearby
    nor another graph of this machine is disturbed. Ctrl-C ends the run early and is not an error.

    Args:
        options: Nodes, parameters and duration.
        on_image: Function called with stamp (nanoseconds) and BGR pixels for every image.
        on_state: Function called about four times a second with the observer and the seconds since the
            nodes are seen (negative before that: seconds since the start).
        on_depth: As GraphObserver's.
        truth: As GraphObserver's.

    Raises:
        HandTrackingError: A node ended by itself, or no frame was handled; the message holds what the
            nodes said.
        OutputError: The log or a temporary file cannot be written.
    """
    from hand_tracking_dsp.nodes.graph.observer import GraphObserver

    with (
        own_domain(options.graph.domain_id) as domain_id,
        _NodeLog(options.log) as log,
        GraphObserver(
            domain_id, on_image, on_depth=on_depth, stats_topic=options.stats_topic, truth=truth
        ) as observer,
    ):
        graph = _with_late_nodes(replace(options.graph, domain_id=domain_id), options.late_nodes)
        with NodeProcesses(graph, log.add) as nodes:
            try:
                _watch(options, nodes, observer, log, on_state)
                _check_alive(nodes, log)
            except KeyboardInterrupt:
                log.add("demo", "interrupted")
        # What was published last is still under way.
        time.sleep(_SETTLE_S)
    if not observer.recording.costs:
        msg = f"No frame was handled. {log.trouble}"
        raise HandTrackingError(msg)
    return observer.recording


def _watch(
    options: GraphRun,
    nodes: NodeProcesses,
    observer: GraphObserver,
    log: _NodeLog,
    on_state: Callable[[GraphObserver, float], None],
) -> None:
    recording = observer.recording
    start_s = time.monotonic()
    # Discovery of each by the observer takes 0.1 to 5 s; what was before is not part of the run.
    while missing := _missing(options, observer):
        _check_alive(nodes, log)
        waited_s = time.monotonic() - start_s
        if waited_s > _START_LIMIT_S or log.complained_for_s > _TROUBLE_LIMIT_S:
            msg = f"{missing} within {waited_s:.0f} s. {log.trouble}"
            raise HandTrackingError(msg)
        on_state(observer, -waited_s)
        time.sleep(_POLL_S)
    recording.restart()
    meter = ProcessorMeter(nodes.processes)
    for node in options.late_nodes:
        observer.activate(node)
    first_s = time.monotonic()
    while (elapsed_s := time.monotonic() - first_s) < options.duration_s:
        on_state(observer, elapsed_s)
        if nodes.exited():
            return
        time.sleep(min(_POLL_S, max(options.duration_s - elapsed_s, 0)))
    recording.processor_shares = meter.shares(nodes.processes)
    on_state(observer, options.duration_s)


def _with_late_nodes(graph: GraphOptions, names: tuple[str, ...]) -> GraphOptions:
    late = {name: {**graph.parameters.get(name, {}), "autostart": False} for name in names}
    return replace(graph, parameters={**graph.parameters, **late})


def _missing(options: GraphRun, observer: GraphObserver) -> str:
    """Say what a run cannot begin without; "": it can begin."""
    if not (observer.recording.costs and observer.recording.published):
        return "No frame was handled"
    for node in options.late_nodes:
        if not observer.can_activate(node):
            return f"{node} was not seen"
    return ""


def _check_alive(nodes: NodeProcesses, log: _NodeLog) -> None:
    for node, code in nodes.exited().items():
        msg = f"{node} ended by itself with status {code}. {log.trouble}"
        raise HandTrackingError(msg)


class _NodeLog:
    """Keeps what the nodes print, in a file and the last complaints in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            make_folder(path.parent)
            self._file = path.open("w", encoding="utf-8")
        except OSError as error:
            msg = f"{path} cannot be written ({error.strerror}): choose another folder or make room."
            raise OutputError(msg) from error
        self._complaints: dict[str, str] = {}
        self._last: deque[str] = deque(maxlen=4)
        self._first_complaint_s = math.inf
        self._lock = threading.Lock()

    def __enter__(self) -> _NodeLog:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock, suppress(OSError):
            self._file.close()

    @property
    def complained_for_s(self) -> float:
        """Seconds since the first error; negative where there is none."""
        return time.monotonic() - self._first_complaint_s

    @property
    def trouble(self) -> str:
        """The last error of each node, or their last lines, and where to read all."""
        lines = list(self._complaints.values()) or self._last
        said = " ".join(lines) if lines else "The nodes said nothing."
        return f"{said} (All of it is in {self._path}.)"

    def add(self, node: str, line: str) -> None:
        """Keep a line; called from several threads."""
        with self._lock:
            if self._file.closed:
                return
            with suppress(OSError):  # a full disk ends the log, not the run
                self._file.write(f"{node:<23} | {line}\n")
                self._file.flush()
            self._last.append(f"{node}: {line}")
            if "[ERROR]" in line or "[FATAL]" in line or "Error: " in line:
                self._complaints[node] = f"{node}: {line.removeprefix('[ERROR] ')}"
                self._first_complaint_s = min(self._first_complaint_s, time.monotonic())
