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

"""A long run of the graph, with what it used by the minute."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from faults.running_graph import RunningGraph
from hand_tracking_dsp.nodes.graph.names import ALL_NODES

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Minute:
    """What a graph did in a minute.

    Attributes:
        number: Counts from 1.
        frames: Frames that were handled.
        lost: Images replaced before they were handled, and refused ones.
        latency_ms: Median and 95th percentile of total_ms.
        switches: Changes of level.
        memory_mib: Resident memory by node.
        threads: Threads by node.
        files: Open file descriptors by node.
        cpu_percent: Of one core, all nodes together.
        restarted: Nodes whose process is another than a minute before.
        troubles: Sentences of WARN and ERROR.
    """

    number: int
    frames: int
    lost: int
    latency_ms: tuple[float, float]
    switches: int
    memory_mib: dict[str, float]
    threads: dict[str, int]
    files: dict[str, int]
    cpu_percent: float
    restarted: tuple[str, ...]
    troubles: tuple[str, ...]


def soak(graph: RunningGraph, minutes: int, minute_s: float = 60.0) -> list[Minute]:
    """Watch a graph for so many minutes.

    Args:
        graph: A graph that works.
        minutes: Number of minutes.
        minute_s: Length of one, seconds; shorter for a trial.
    """
    probe = graph.probe
    table = []
    pids, cpu_s, lost = graph.pids, _cpu_s(graph), sum(probe.dropped)
    for number in range(1, minutes + 1):
        begin_s = time.monotonic()
        probe.latencies_ms.clear()
        probe.levels.clear()
        time.sleep(minute_s)
        latencies, levels = sorted(probe.latencies_ms), list(probe.levels)
        before, pids = pids, graph.pids
        cpu_before_s, cpu_s = cpu_s, _cpu_s(graph)
        lost_before, lost = lost, sum(probe.dropped)
        table.append(
            Minute(
                number,
                len(latencies),
                max(lost - lost_before, 0),
                (median(latencies), latencies[int(0.95 * len(latencies))]) if latencies else (0.0, 0.0),
                sum(a != b for a, b in pairwise(levels)),
                {node: _memory_mib(pid) for node, pid in pids.items()},
                {node: len(_listing(pid, "task")) for node, pid in pids.items()},
                {node: len(_listing(pid, "fd")) for node, pid in pids.items()},
                100 * (cpu_s - cpu_before_s) / (time.monotonic() - begin_s),
                tuple(node for node in ALL_NODES if pids.get(node) != before.get(node)),
                tuple(probe.troubles(begin_s)),
            )
        )
        probe.forget()
        print(_line(table[-1]), flush=True)
    return table


def _line(minute: Minute) -> str:
    p50, p95 = minute.latency_ms
    memory = sum(minute.memory_mib.values())
    return (
        f"minute {minute.number}: {minute.frames} frames, {minute.lost} lost, {p50:.1f} ms (p95 {p95:.1f}), "
        f"{memory:.0f} MiB, {sum(minute.threads.values())} threads, {sum(minute.files.values())} files, "
        f"{minute.cpu_percent:.0f} % of a core"
        + "".join(f"; restarted {node}" for node in minute.restarted)
        + "".join(f"; {text}" for text in minute.troubles)
    )


def _memory_mib(pid: int) -> float:
    return int(_text(pid, "statm").split()[1]) * os.sysconf("SC_PAGE_SIZE") / _MEBIBYTE


def _cpu_s(graph: RunningGraph) -> float:
    fields = [_text(pid, "stat").rsplit(")", 1)[-1].split() for pid in set(graph.pids.values())]
    return sum(int(each[11]) + int(each[12]) for each in fields) / _TICKS_A_SECOND


def _text(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text(encoding="ascii", errors="replace")


def _listing(pid: int, name: str) -> list[Path]:
    return list(Path(f"/proc/{pid}/{name}").iterdir())
