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

"""Parameters set at run time by somebody who errs; each has to be answered with a sentence, or taken."""

from __future__ import annotations

import math
import re
from collections.abc import Generator
from random import Random

from faults.injection import fault
from faults.running_graph import RunningGraph
from hand_tracking_dsp.nodes.tables.by_node import TABLES


def _refused(name: str, node: str, parameter: str, value: object) -> None:
    """Declare a fault that has to be answered: /diagnostics would not name it."""

    @fault(name, node, re.escape(parameter))
    def inject(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
        yield graph.set_parameter(node, parameter, value)


_DOUBLE, _INTEGER = "drift_budget_ms", "drift_interval"
_refused("a parameter of the wrong type", "hand_tracker_node", _DOUBLE, "much")
_refused("a parameter out of range", "hand_tracker_node", _INTEGER, -5)
_refused("a parameter of NaN", "hand_tracker_node", _DOUBLE, math.nan)
_refused("a parameter of infinity", "hand_tracker_node", _DOUBLE, math.inf)
_refused("a parameter that is not there", "hand_tracker_node", "drift_intervall", 3)
_refused("a parameter with escape codes", "hand_tracker_node", "\x1b[2J", 3)
_refused("a number beyond 64 bits' half", "pruning_controller_node", "operator_level", 2**62)
_refused("a level that no bank has", "pruning_controller_node", "operator_level", 300)


@fault("a parameter of a megabyte of text")
def _long(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
    yield graph.set_parameter("hand_tracker_node", "bank", "x" * 1_000_000)


@fault("an integer for a number with a point")
def _integer(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
    yield graph.set_parameter("hand_tracker_node", _DOUBLE, 33)


@fault("parameters of every node set to text")
def _every(graph: RunningGraph, random: Random) -> Generator[str, None, None]:
    node = random.choice(sorted(TABLES))
    numbers = [each.name for each in TABLES[node] if isinstance(each.default, (int, float))]
    yield graph.set_parameter(node, random.choice(numbers), "text")


@fault("simulated time without a clock")
def _sim_time(graph: RunningGraph, random: Random) -> Generator[str, None, None]:
    node = random.choice(sorted(TABLES))
    graph.set_parameter(node, "use_sim_time", True)
    try:
        yield ""
    finally:
        graph.set_parameter(node, "use_sim_time", False)
