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

"""Priority of a node's process from activate to deactivate."""

from __future__ import annotations

from collections.abc import Callable

from hand_tracking_dsp.nodes.base.declaration import DeclaredParameters
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.scheduling.options import SchedulingOptions
from hand_tracking_dsp.scheduling.process_priority import ProcessPriority
from hand_tracking_dsp.scheduling.real_time import RealTimeThread

# Of all nodes in this process, which have its niceness in common.
_PROCESS = ProcessPriority()


class NodeScheduling:
    """Requests the priority that a node's parameters name, and reports what is in force.

    Args:
        parameters: Parameters of the node; without one named scheduling nothing is requested.
        log: Function that writes a sentence to the node's log.
    """

    def __init__(self, parameters: DeclaredParameters, log: Callable[[str], object]) -> None:
        self._parameters = parameters
        self._log = log
        self._options: SchedulingOptions | None = None
        self._real_time: RealTimeThread | None = None

    def configure(self) -> None:
        """Read the parameters.

        Raises:
            ConfigurationError: A value cannot work.
        """
        if "scheduling" in self._parameters:
            self._options = self._parameters.make(SchedulingOptions)

    def begin(self) -> None:
        """Request the priority; threads that are started later have it, too."""
        if self._options is not None:
            _PROCESS.claim(self, self._options)
            self._log(f"scheduling {self._options.scheduling}: {_PROCESS.standing().in_force}")

    def end(self) -> None:
        """Release the priority, unless another node of this process requests it."""
        _PROCESS.release(self)
        self._real_time = None

    def enter_thread(self) -> None:
        """Put the calling thread, which tracks, into real time where requested, until it ends."""
        if self._options is not None and self._options.scheduling == "realtime":
            self._real_time = RealTimeThread()

    def enter_timer(self) -> None:
        """Put the calling thread, which runs for less than a millisecond at a time, there likewise."""
        if self._options is not None and self._options.scheduling == "realtime":
            RealTimeThread()

    def describe(self, report: Report) -> None:
        """Add what is in force, and what permission would bring."""
        if self._options is None:
            return
        if self._real_time is not None:
            self._real_time.look()
            _PROCESS.renew()
        standing = _PROCESS.standing()
        in_force = f"{self._options.scheduling}: {standing.in_force}"
        report.warnings += standing.refused
        if self._real_time is not None:
            if self._real_time.in_force:
                in_force += ", tracking thread in real time"
            else:
                report.warnings.append(self._real_time.refusal)
        report.values["scheduling"] = in_force
        if standing.remarks:
            report.values["scheduling_note"] = " ".join(standing.remarks)
