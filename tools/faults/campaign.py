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

"""Faults put into running graphs by the hundred, each graph in a process of its own."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from random import Random

from faults.folders import Folders
from faults.injection import KINDS, FaultKind, Outcome, put_in
from faults.running_graph import RunningGraph
from hand_tracking_dsp.nodes.graph.domains import reserved_domain

_MODULES = ("images", "headers", "topics", "parameters", "processes", "inputs")
# Faults after which the graph has time to become calm.
_CALM_EVERY = 10
_TRANSPORTS = ("raw", "compressed")


def load_kinds() -> dict[str, FaultKind]:
    """Import every module of kinds, and return the kinds by name."""
    for name in _MODULES:
        import_module(f"faults.kinds.{name}")
    return KINDS


@dataclass(frozen=True, slots=True)
class Share:
    """Faults of one graph.

    Attributes:
        folder: Where the graph's files are made.
        transport: ``raw`` or ``compressed`` images.
        faults: Number of faults.
        seed: Start of the random numbers.
        only: Text that the names of the kinds must hold; "": all.
    """

    folder: Path
    transport: str
    faults: int
    seed: int
    only: str = ""


def shares(folder: Path, faults: int, graphs: int, seed: int, only: str) -> list[Share]:
    """Divide the faults over so many graphs; those of raw and of compressed images alternate."""
    return [
        Share(folder / f"graph_{n}", _TRANSPORTS[n % 2], faults // graphs, seed + n, only)
        for n in range(graphs)
    ]


def run_campaign(all_shares: list[Share]) -> list[Outcome]:
    """Run every share in a process of its own, side by side, and return all outcomes."""
    with ProcessPoolExecutor(len(all_shares), multiprocessing.get_context("spawn")) as pool:
        return [outcome for outcomes in pool.map(_run_share, all_shares) for outcome in outcomes]


def _run_share(share: Share) -> list[Outcome]:
    random = Random(share.seed)
    outcomes: list[Outcome] = []
    if not (kinds := _fitting(share)):
        return []
    order = _in_turn(kinds, random)
    graphs = 0
    while len(outcomes) < share.faults and _is_wanted():
        folders = Folders(share.folder / str(graphs))
        folders.make()
        with (
            reserved_domain() as domain_id,
            RunningGraph(folders, domain_id, share.transport) as graph,
        ):
            while len(outcomes) < share.faults and _is_wanted():
                outcomes.append(put_in(next(order), graph, random))
                if len(outcomes) % _CALM_EVERY == 0:
                    outcomes[-1] = replace(outcomes[-1], lingering=graph.wait_until_calm())
                print(_line(len(outcomes), share, outcomes[-1]), flush=True)
                if outcomes[-1].back_s is None:  # what comes next needs a graph that works
                    break
        graphs += 1
        shutil.rmtree(folders.bank)
    return outcomes


def _is_wanted() -> bool:
    """Whether the command that began this process is there: it may have been killed."""
    parent = multiprocessing.parent_process()
    return parent is None or parent.is_alive()


def _fitting(share: Share) -> list[FaultKind]:
    """List the kinds that a share's images and its text allow."""
    return [
        kind
        for kind in load_kinds().values()
        if kind.transport in ("", share.transport) and share.only in kind.name
    ]


def _in_turn(kinds: list[FaultKind], random: Random) -> Iterator[FaultKind]:
    """Yield every kind once in an order of chance, and again in another one."""
    while True:
        random.shuffle(kinds)
        yield from kinds


def _line(number: int, share: Share, outcome: Outcome) -> str:
    back = "not back" if outcome.back_s is None else f"back in {outcome.back_s:.1f} s"
    rest = "".join(f", {node} died" for node in outcome.deaths) + ", traceback" * bool(outcome.tracebacks)
    rest += "".join(f", lingering: {text}" for text in outcome.lingering)
    mark = "" if outcome.good else " <<<"
    return f"[{share.transport} {number}] {outcome.kind}: {outcome.named}, {back}{rest}{mark}"
