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

"""Faults in the running graph while a hand drives, measured on the side of the base."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType

from hand_tracking_dsp.cameras.synthetic.driving import write_driving_hand
from hand_tracking_dsp.errors import HandTrackingError
from hand_tracking_dsp.evaluation.stops import ReceivedCommand, Stop, find_stop
from hand_tracking_dsp.nodes.graph.domains import own_domain
from hand_tracking_dsp.nodes.graph.names import FOR_DRIVING
from hand_tracking_dsp.nodes.graph.processes import GraphOptions, NodeProcesses
from hand_tracking_dsp.temporary import temporary_folder

VICTIMS = ("camera_node", "hand_tracker_node", "gesture_node", "gesture_teleop_node")
"""Nodes between the hand and the base, in that order."""

FAULTS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
"""Faults of a process by name: it is ended, or it hangs."""

_IMAGES = 240  # the hand drives for 6 of 8 seconds
_DRIVE_LIMIT_S = 60.0
_WATCHED_S = 1.5
_DRIVEN_S = (0.3, 1.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: what happens to which node."""

    victim: str
    name: str


def run_stop_trials(
    faults: list[Fault], trials: int, busy: int, log: Callable[[str, str], None]
) -> Iterator[tuple[Fault, Stop]]:
    """Run the trials; yield each with its stop.

    A synthetic hand drives a stand-in base through camera, tracker, gestures and teleoperation, each a
    process; then one of them is hit.

    Args:
        faults: Faults to try.
        trials: Trials of each.
        busy: Processes that compute without a pause beside it.
        log: Function called with node and line for everything the nodes print.

    Raises:
        HandTrackingError: The hand does not drive the base, so that there is nothing to stop.
        OutputError: No temporary folder can be made.
    """
    with ExitStack() as ending:
        folder = ending.enter_context(temporary_folder())
        write_driving_hand(folder, _IMAGES)
        options = GraphOptions(
            nodes=VICTIMS,
            domain_id=ending.enter_context(own_domain()),
            # Another graph that happens to be in the same domain must not drive this base.
            namespace=f"stop_trials_{os.getpid()}",
            parameters={
                "camera_node": {"source": str(folder), "rate_hz": 30.0, "loop": True},
                "gesture_teleop_node": {"stamped": True},
                **FOR_DRIVING,
            },
        )
        base = ending.enter_context(_StandInBase(options))
        nodes = ending.enter_context(NodeProcesses(options, log))
        ending.enter_context(busy_processes(busy))
        for fault in faults:
            for _ in range(trials):
                base.await_drive(random.uniform(*_DRIVEN_S))
                yield fault, _try(fault, nodes, base)


def _try(fault: Fault, nodes: NodeProcesses, base: _StandInBase) -> Stop:
    pid = nodes.pids[fault.victim]
    fault_s = time.monotonic()
    os.kill(pid, FAULTS[fault.name])
    time.sleep(_WATCHED_S)
    stop = find_stop(base.commands(fault_s - _WATCHED_S), fault_s)
    if fault.name == "kill":
        while fault.victim in nodes.pids:
            time.sleep(0.01)
        nodes.start(fault.victim)
    else:
        os.kill(pid, signal.SIGCONT)
    return stop


class _StandInBase:
    """The process that stands in for the base, and what it has received."""

    def __init__(self, options: GraphOptions) -> None:
        self._environment = options.child_environment()
        self._namespace = options.namespace
        self._commands: list[ReceivedCommand] = []

    def __enter__(self) -> _StandInBase:
        code = "from hand_tracking_dsp.nodes.stand_in_base import main; main()"
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-c", f"import sys; sys.path[:] = filter(None, sys.path); {code}"),
                *("--ros-args", "-r", f"__ns:=/{self._namespace}"),
            ],
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    def commands(self, since_s: float) -> list[ReceivedCommand]:
        """Return what was received since a time of the monotonic clock, seconds."""
        return [command for command in self._commands if command.received_s >= since_s]

    def await_drive(self, seconds: float) -> None:
        """Wait until a hand has driven the base for so long.

        Raises:
            HandTrackingError: None does.
        """
        limit_s = time.monotonic() + _DRIVE_LIMIT_S
        while time.monotonic() < limit_s:
            recent = self.commands(time.monotonic() - seconds)
            enough = recent and recent[0].received_s < time.monotonic() - seconds + 0.1
            if enough and all(command.moves for command in recent):
                return
            time.sleep(0.02)
        msg = (
            f"The synthetic hand has not driven the base for {seconds:.1f} s within {_DRIVE_LIMIT_S:.0f} s: "
            f"the machine is too busy for images no older than the watchdog allows."
        )
        raise HandTrackingError(msg)

    def _read(self) -> None:
        for line in self._process.stdout or ():
            received_s, sent_s, moves = line.split()
            self._commands.append(ReceivedCommand(float(received_s), float(sent_s), moves == "1"))


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Keep the machine busy with so many processes."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()
