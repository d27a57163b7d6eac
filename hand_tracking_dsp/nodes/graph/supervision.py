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

"""Supervision of the nodes that a command has started: what ends, freezes or goes deaf is started again.

Nodes that share a process are started again together.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING

from hand_tracking_dsp.cameras.backoff import Backoff, BackoffOptions
from hand_tracking_dsp.nodes.graph.division import process_of
from hand_tracking_dsp.nodes.graph.processes import NodeProcesses

if TYPE_CHECKING:
    from hand_tracking_dsp.nodes.graph.flow import FlowWatch

# Short at first, since a robot waits; longer where a node ends again and again, to spare the machine.
_PAUSES = BackoffOptions(retry_s=0.2, retry_max_s=10.0)
_LIVED_S = 10.0


class Supervisor:
    """Names what is wrong with nodes on stderr, and starts them again where asked to.

    Args:
        nodes: The nodes' processes, which run.
        watch: Watch over what the nodes publish, which runs.
        respawn: Whether nodes are started again.
    """

    def __init__(self, nodes: NodeProcesses, watch: FlowWatch, *, respawn: bool) -> None:
        self._nodes = nodes
        self._watch = watch
        self._respawn = respawn
        self._named: dict[str, str] = {}
        self._due_s: dict[str, float] = {}
        self._started_s: dict[str, float] = {}
        self._pauses: defaultdict[str, Backoff] = defaultdict(lambda: Backoff(_PAUSES))

    def look(self) -> bool:
        """Look at all nodes once; to be called several times a second.

        Returns:
            Whether to go on: False where a node has ended that is not started again.
        """
        now_s = time.monotonic()
        for process, status in self._nodes.exited().items():
            if process not in self._due_s:
                said = f"{process} has ended with status {status}"
                if not self._respawn:
                    _say(f"{said}: the other nodes are stopped; --respawn would start it again.")
                    return False
                _say(f"{said}: it is started again.")
                if now_s - self._started_s.get(process, now_s - _LIVED_S) >= _LIVED_S:
                    self._pauses[process].succeeded()
                self._due_s[process] = now_s + self._pauses[process].failed()
            elif now_s >= self._due_s[process]:
                self._start(process)
        self._look_at_flow()
        return True

    def _look_at_flow(self) -> None:
        troubles = self._watch.troubles()
        ill = set()
        for node, trouble in troubles.items():
            if self._respawn:
                _say(f"{node} {trouble}: it is started again.")
                ill.add(process_of(node, self._nodes.options.processes))
            elif node not in self._named:
                _say(f"{node} {trouble}; --respawn would start it again.")
        for process in sorted(ill):
            self._start(process)
        self._named = troubles

    def _start(self, process: str) -> None:
        self._due_s.pop(process, None)
        self._nodes.restart(process)
        # Afterwards: a last report of the process that has ended may still have come.
        for node in self._nodes.options.nodes_of(process):
            self._watch.forget(node)
        self._started_s[process] = time.monotonic()


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
