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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.up import node_parameters
from hand_tracking_dsp.evaluation.load import Load, LoadScript
from hand_tracking_dsp.nodes.graph.names import NODES
from hand_tracking_dsp.nodes.graph.processes import GraphOptions, Value
from hand_tracking_dsp.nodes.graph.run import GraphRun, run_graph
from hand_tracking_dsp.power.simulated_battery import SimulatedBatteryOptions
from hand_tracking_dsp.recordings.run import ObservedRun
from hand_tracking_dsp.tracking.manifest import Manifest

if TYPE_CHECKING:
    from hand_tracking_dsp.nodes.graph.observer import GraphObserver

DEFAULTS = ("camera.hands=2", "tracker.precision=fp32")
# At the dense level the battery falls from _CHARGE by _DRAIN within a run, through half charge, where the
# threshold policy begins to save.
_CHARGE, _DRAIN = 0.8, 0.45
BATTERY = SimulatedBatteryOptions()
CONTROLLER, POWER = "pruning_controller_node", "power_node"

DEADLINES: Mapping[str, Mapping[str, Value]] = {
    name: {"deadline.predict": name in ("predict", "both"), "deadline.reflex": name in ("reflex", "both")}
    for name in ("none", "predict", "reflex", "both")
}
"""The tracker's parameters by what keeps its deadline."""


@dataclass(frozen=True, slots=True)
class LivePolicy:
    """A policy as it is run in the graph.

    Attributes:
        name: Name of the policy and, where several are compared, of the scheduling and of what keeps the
            deadline.
        parameters: Parameters of the controller.
        scheduling: Parameter scheduling of the nodes on the hands' way.
        deadline: Key of DEADLINES.
    """

    name: str
    parameters: Mapping[str, Value]
    scheduling: str = "auto"
    deadline: str = "both"


def run_policy(
    options: argparse.Namespace,
    script: LoadScript,
    policy: LivePolicy,
    bank: Manifest,
    number: int,
    view: LiveView,
) -> ObservedRun | None:
    """Run the graph once with a policy.

    Returns:
        The recording; None if the run was interrupted.

    Raises:
        HandTrackingError: A node failed.
    """
    given = node_parameters([*DEFAULTS, *options.parameters])
    # What makes a policy what it is goes before what is given for all.
    given[CONTROLLER] = {
        name: text for name, text in given.get(CONTROLLER, {}).items() if name not in policy.parameters
    }
    graph = GraphRun(
        options.duration,
        GraphOptions(NODES[:-1], parameters=_parameters(options, policy, bank), yaml_parameters=given),
        _log(options.out, policy, number),
        NODES[-1:],
    )
    with Load(script) as load:
        session = _LiveSession(f"{policy.name}, round {number}", options.duration, load, view)
        try:
            recording = run_graph(graph, on_state=session.tick)
        except KeyboardInterrupt:  # while nodes were started or stopped
            return None
    return recording if session.complete else None


def scheduling_in_force(out: Path, policy: LivePolicy, number: int) -> str:
    """Return what the nodes read from the kernel when a run began; "": they did not say."""
    try:
        text = _log(out, policy, number).read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.findall(rf" scheduling {policy.scheduling}: (.*)$", text, re.MULTILINE)
    return found[-1] if found else ""


def _log(out: Path, policy: LivePolicy, number: int) -> Path:
    return out / f"{re.sub('[:, ]+', '_', policy.name)}_{number}.nodes.log"


def _parameters(
    options: argparse.Namespace, policy: LivePolicy, bank: Manifest
) -> dict[str, dict[str, Value]]:
    watts = load_w(bank)
    lifetime_s = 3600 * BATTERY.capacity_wh / (BATTERY.base_w + watts[0])
    return {
        "camera_node": {
            "source": options.source,
            "allow_gstreamer": True,
            "scheduling": policy.scheduling,
        },
        "hand_tracker_node": {
            "scheduling": policy.scheduling,
            "deadline.ms": options.budget_ms,
            **DEADLINES[policy.deadline],
        },
        CONTROLLER: {"budget_ms": options.budget_ms, **policy.parameters},
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

    def __init__(self, name: str, duration_s: float, load: Load, view: LiveView) -> None:
        self._name = name
        self._duration_s = duration_s
        self._load = load
        self._view = view
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
