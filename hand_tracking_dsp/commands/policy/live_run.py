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

"""One run of the graph with a policy, under load and with a simulated battery."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.up import node_parameters
from hand_tracking_dsp.evaluation.live_comparison import LiveRun
from hand_tracking_dsp.evaluation.load import Load, LoadScript
from hand_tracking_dsp.nodes.graph.names import NODES
from hand_tracking_dsp.nodes.graph.processes import GraphOptions, Value
from hand_tracking_dsp.nodes.graph.run import GraphRun, run_graph
from hand_tracking_dsp.power.energy_meter import EnergyMeter
from hand_tracking_dsp.power.simulated_battery import SimulatedBatteryOptions
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.types import Image

if TYPE_CHECKING:
    from hand_tracking_dsp.nodes.graph.observer import GraphObserver

DEFAULTS = ("tracker.precision=fp32",)
# At the dense level the battery falls from _CHARGE by _DRAIN within a run, through half charge, where the
# threshold policy begins to save.
_CHARGE, _DRAIN = 0.8, 0.45
BATTERY = SimulatedBatteryOptions()
CORE_W = 5.0
"""Watts of a busy core where nothing measures it: an assumption, that of a small desktop."""

CAMERA, TRACKER, CONTROLLER, POWER = NODES

DEADLINES: Mapping[str, Mapping[str, Value]] = {
    name: {"deadline.predict": name in ("predict", "both"), "deadline.reflex": name in ("reflex", "both")}
    for name in ("none", "predict", "reflex", "both")
}
"""The tracker's parameters by what keeps its deadline."""


@dataclass(frozen=True, slots=True)
class LivePolicy:
    """A policy as it is run in the graph.

    Attributes:
        name: Name of the policy and, where several are compared, of what keeps the deadline.
        parameters: Parameters of the controller.
        deadline: Key of DEADLINES.
    """

    name: str
    parameters: Mapping[str, Value]
    deadline: str = "both"


@dataclass(frozen=True, slots=True)
class LiveCase:
    """Conditions that policies are compared in.

    Attributes:
        name: Name of what differs from the other cases; "" for a single one.
        budget_ms: Latency budget, milliseconds.
        hands: Hands in the drawn picture; 0: the camera's.
        scheduling: Parameter scheduling of the nodes on the hands' way.
    """

    name: str
    budget_ms: float
    hands: int
    scheduling: str = "auto"


@dataclass(frozen=True, slots=True)
class LiveTurn:
    """One run: a case, a policy, and the number of the round, from 1."""

    case: LiveCase
    policy: LivePolicy
    number: int

    @property
    def name(self) -> str:
        """Name for people."""
        case = f"{self.case.name}: " if self.case.name else ""
        return f"{case}{self.policy.name}, round {self.number}"


@dataclass(frozen=True, slots=True)
class Measuring:
    """Measurements beside the topics of a run.

    Attributes:
        energy: Meter of the machine's energy; None: it is estimated.
        core_w: Watts of a busy core, of which it is estimated then.
        truth: Whether the camera's exact joints are recorded, which tell which image is which.
        on_image: Function called with every image; None: none is received.
    """

    energy: EnergyMeter | None = None
    core_w: float = CORE_W
    truth: bool = False
    on_image: Callable[[int, Image], None] | None = None


def run_policy(
    options: argparse.Namespace,
    script: LoadScript,
    turn: LiveTurn,
    bank: Manifest,
    view: LiveView,
    measuring: Measuring | None = None,
) -> LiveRun | None:
    """Run the graph once with a policy.

    Returns:
        The run, whose hands are not compared yet; None if it was interrupted.

    Raises:
        HandTrackingError: A node failed.
    """
    measuring = measuring or Measuring()
    policy = turn.policy
    given = node_parameters([*DEFAULTS, *options.parameters])
    # What makes a policy what it is goes before what is given for all.
    given[CONTROLLER] = {
        name: text for name, text in given.get(CONTROLLER, {}).items() if name not in policy.parameters
    }
    graph = GraphRun(
        options.duration,
        GraphOptions(parameters=node_values(options, turn.case, policy, bank), yaml_parameters=given),
        _log(options.out, turn),
        NODES[-1:],
    )
    with Load(script) as load:
        session = _LiveSession(turn.name, options.duration, load, view, measuring.energy)
        try:
            recording = run_graph(graph, measuring.on_image, session.tick, truth=measuring.truth)
        except KeyboardInterrupt:  # while nodes were started or stopped
            return None
    if not session.complete:
        return None
    shares = recording.processor_shares
    processor_s = {name: options.duration * shares[name] for name in NODES[:-1] if name in shares}
    found = LiveRun(policy.name, recording, processor_s, round_number=turn.number)
    return replace(
        found,
        energy_j=measuring.energy.joules if measuring.energy else measuring.core_w * found.all_s,
    )


def scheduling_in_force(out: Path, turn: LiveTurn) -> str:
    """Return what the nodes read from the kernel when a run began; "": they did not say."""
    try:
        text = _log(out, turn).read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.findall(rf" scheduling {turn.case.scheduling}: (.*)$", text, re.MULTILINE)
    return found[-1] if found else ""


def file_name(text: str) -> str:
    """Return a text of names as a part of a file's name."""
    return re.sub("[:, ]+", "_", text)


def _log(out: Path, turn: LiveTurn) -> Path:
    words = [word for word in (turn.case.name, turn.policy.name, str(turn.number)) if word]
    return out / f"{file_name(' '.join(words))}.nodes.log"


def node_values(
    options: argparse.Namespace, case: LiveCase, policy: LivePolicy, bank: Manifest
) -> dict[str, dict[str, Value]]:
    """Return the parameters of the nodes in a case, with a policy."""
    watts = load_w(bank)
    lifetime_s = 3600 * BATTERY.capacity_wh / (BATTERY.base_w + watts[0])
    return {
        CAMERA: {
            "source": options.source,
            "allow_gstreamer": True,
            "scheduling": case.scheduling,
            **({"hands": case.hands} if case.hands else {}),
        },
        TRACKER: {
            "scheduling": case.scheduling,
            "deadline.ms": case.budget_ms,
            **DEADLINES[policy.deadline],
        },
        CONTROLLER: {"budget_ms": case.budget_ms, **policy.parameters},
        POWER: {
            "source": "simulated",
            "simulated.base_w": BATTERY.base_w,
            "simulated.load_w": watts,
            "simulated.charge": _CHARGE,
            "simulated.time_scale": _DRAIN * lifetime_s / options.duration,
        },
    }


def fixed_point(number: int) -> dict[str, Value]:
    """Return the controller's parameters that keep an operating point; the shield would make it sparser."""
    shield = {"shield.deadline_miss_limit": 1.0, "battery.reserve": 0.0}
    return {"policy": "fixed", "fixed.level": number, "initial_level": number, **shield}


def load_w(bank: Manifest) -> list[float]:
    """Estimate the tracker's power at each level, watts: in proportion to its network's multiplications."""
    return [BATTERY.load_w[0] * level.macs / max(bank.levels[0].macs, 1) for level in bank.levels]


class _LiveSession:
    """Starts the load with a run, and shows how the run goes."""

    def __init__(
        self, name: str, duration_s: float, load: Load, view: LiveView, energy: EnergyMeter | None
    ) -> None:
        self._name = name
        self._duration_s = duration_s
        self._load = load
        self._view = view
        self._energy = energy
        self._elapsed_s = -1.0

    @property
    def complete(self) -> bool:
        """Return whether the run reached its end."""
        return self._elapsed_s >= self._duration_s

    def tick(self, observer: GraphObserver, elapsed_s: float) -> None:
        """Start the load with the run; called some times a second, with negative seconds before."""
        if elapsed_s < 0:
            waiting = f"starting for {-elapsed_s:.0f} s"
            self._view.update([("run", self._name), ("time", waiting)], f"{self._name} | {waiting}")
            return
        if self._elapsed_s < 0:
            self._load.start()
            if self._energy:
                self._energy.start()
        elif self._energy:
            self._energy.sample()
        self._elapsed_s = elapsed_s
        recording = observer.recording
        newest = recording.costs[-1]
        charge = f"{100 * recording.charges[-1].charge:.0f} %" if recording.charges else "not received yet"
        rows = [
            ("run", self._name),
            ("time", f"{elapsed_s:.1f} of {self._duration_s:g} s"),
            ("load", f"{self._load.busy} processes"),
            ("level", str(newest.level)),
            ("latency", f"{newest.end_to_end_ms:.1f} ms end to end"),
            ("battery", f"{charge} (simulated)"),
        ]
        self._view.update(rows)
