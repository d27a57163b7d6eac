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

"""Faults: their kinds, how one is put into a running graph, and what came of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from faults.running_graph import RunningGraph
from hand_tracking_dsp.nodes.graph.names import ALL_NODES

BACK_LIMIT_S = 5.0
"""Time within which everything has to work again once a fault is over."""

_GIVE_UP_S = 60.0
_NAME_LIMIT_S = 8.0
_LOG_LIMIT_S = 30.0
_UNDISTURBED_S = 1.5
_POLL_S = 0.05

Injection = Callable[[RunningGraph, Random], Generator[str, None, None]]


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A kind of fault.

    Attributes:
        name: For people.
        inject: Generator function: puts the fault in, yields what the one who caused it was answered ("":
            nothing), and takes it away.
        node: Pattern of the names of the nodes that are to name it in /diagnostics.
        saying: Pattern of the sentence; "": nothing is to be said, since frames go on or the one who
            caused it is answered.
        logged: Pattern of the line in which the command that started the nodes is to name it, where no node
            can; "": it need not.
        noted: Whether a note at level OK names it: what is meant is clear, and is done.
        ends: Nodes whose process the fault itself ends, or that are started again for it.
        transport: ``raw`` or ``compressed``: images that it needs; "": either.
    """

    name: str
    inject: Injection
    node: str = ""
    saying: str = ""
    logged: str = ""
    noted: bool = False
    ends: tuple[str, ...] = ()
    transport: str = ""


KINDS: dict[str, FaultKind] = {}
"""All kinds by name, filled by the modules of faults.kinds."""


def fault(
    name: str,
    node: str = "",
    saying: str = "",
    *,
    logged: str = "",
    noted: bool = False,
    ends: tuple[str, ...] = (),
    transport: str = "",
) -> Callable[[Injection], Injection]:
    """Declare a kind of fault by its generator function."""

    def declare(inject: Injection) -> Injection:
        if name in KINDS:
            msg = f"There are two kinds of fault called {name!r}: give one another name."
            raise ValueError(msg)
        KINDS[name] = FaultKind(name, inject, node, saying, logged, noted, ends, transport)
        return inject

    return declare


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a fault.

    Attributes:
        kind: Name of its kind.
        named: ``diagnostics``, ``log`` (of the command that started the nodes), ``answer`` (to whoever caused
            it), ``no effect`` (frames went on), or ``silent``.
        back_s: Seconds from the end of the fault until everything worked; None: not within a minute.
        deaths: Nodes that ended although the fault did not end them.
        tracebacks: Tracebacks that the nodes printed.
        said: Sentences of WARN and ERROR meanwhile.
        missing: What did not come back.
        lingering: Warnings that stayed; looked for only now and then, since some are shown for seconds.
    """

    kind: str
    named: str
    back_s: float | None
    deaths: tuple[str, ...]
    tracebacks: int
    said: tuple[str, ...]
    missing: tuple[str, ...] = ()
    lingering: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether nothing died, nothing was silent, and everything was back in time."""
        in_time = self.back_s is not None and self.back_s <= BACK_LIMIT_S
        return in_time and self.named != "silent" and not (self.deaths or self.tracebacks or self.lingering)


def put_in(kind: FaultKind, graph: RunningGraph, random: Random) -> Outcome:
    """Put a fault into a graph that works, take it away, and wait until the graph works again."""
    graph.probe.forget()
    pids, place, start_s = graph.pids, graph.log_size(), time.monotonic()
    hold = contextmanager(kind.inject)
    with hold(graph, random) as answer:
        named = _wait_until_named(kind, graph, answer, start_s, place)
    over_s = time.monotonic()
    if named == "log":  # what is started again may still be on its way out
        _wait_for_others(graph, {node: pids[node] for node in kind.ends if node in pids}, over_s)
    back_s = graph.wait_until_back(over_s, _GIVE_UP_S)
    missing = () if back_s is not None else tuple(graph.probe.silent(over_s, ALL_NODES))
    after = graph.pids
    deaths = [node for node, pid in pids.items() if after.get(node) != pid and node not in kind.ends]
    if not graph.up_runs:
        deaths.append("up")
    if (
        named == "silent"
        and kind.saying
        and graph.probe.said(kind.node, kind.saying, start_s, noted=kind.noted)
    ):
        named = "diagnostics"
    return Outcome(
        kind.name,
        named,
        back_s,
        tuple(deaths),
        len(re.findall(r"Traceback \(most recent", graph.log_since(place))),
        tuple(graph.probe.troubles(start_s)),
        missing,
    )


def _wait_for_others(graph: RunningGraph, pids: dict[str, int], since_s: float) -> None:
    """Wait until these nodes have other processes."""
    while time.monotonic() < since_s + _GIVE_UP_S:
        now = graph.pids
        if all(node in now and now[node] != pid for node, pid in pids.items()):
            return
        time.sleep(_POLL_S)


def _wait_until_named(kind: FaultKind, graph: RunningGraph, answer: str, start_s: float, place: int) -> str:
    if answer:
        return "answer"
    if not kind.saying and not kind.logged:
        begin_s = time.monotonic()
        time.sleep(_UNDISTURBED_S)
        return "no effect" if graph.probe.flowing_since(begin_s) else "silent"
    limit_s = _LOG_LIMIT_S if kind.logged else _NAME_LIMIT_S
    while time.monotonic() < start_s + limit_s:
        if kind.logged and re.search(kind.logged, graph.log_since(place)):
            return "log"
        if kind.saying and graph.probe.said(kind.node, kind.saying, start_s, noted=kind.noted):
            return "diagnostics"
        time.sleep(_POLL_S)
    return "silent"
