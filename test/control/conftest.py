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

"""A controller on a bench: a tracker of known latencies, a battery, and a clock of the test's own."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from support.points import figures_of

from hand_tracking_dsp.control.controller import Controller, Decision
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.policies import FixedPolicy, Policy
from hand_tracking_dsp.control.samples import BatterySample, LatencySample
from hand_tracking_dsp.tracking.manifest import Manifest, parse_manifest

FRAME_S = 1 / 30
DECISION_FRAMES = 3


class Bench:
    """Frames at 30 Hz from a tracker that takes a known time at every point, a decision every 0.1 s."""

    def __init__(self, controller: Controller, latency_ms: Sequence[float]) -> None:
        self.controller, self.latency_ms = controller, latency_ms
        self.frame = self.point = 0
        self.decisions: list[tuple[float, Decision]] = []

    @property
    def now_s(self) -> float:
        return 100.0 + self.frame * FRAME_S

    @property
    def last(self) -> Decision:
        return self.decisions[-1][1]

    def run(
        self,
        seconds: float,
        *,
        load: float = 1.0,
        silent: bool = False,
        battery: BatterySample | None = None,
        drift: float = math.nan,
        hands: int = 1,
    ) -> list[Decision]:
        """Go on for some seconds; battery is repeated at every decision with a fresh stamp."""
        first = len(self.decisions)
        for _ in range(round(seconds / FRAME_S)):
            self.frame += 1
            if not silent:
                total_ms = self.latency_ms[self.point] * load
                self.controller.add_latency(
                    LatencySample(self.now_s, total_ms, math.nan, self.point, drift=drift, hands=hands)
                )
            if self.frame % DECISION_FRAMES == 0:
                if battery is not None:
                    self.controller.add_battery(
                        BatterySample(
                            self.now_s, battery.charge, battery.power_w, battery.discharging, battery.present
                        )
                    )
                self.decisions.append((self.now_s, self.controller.decide(self.now_s)))
                self.point = self.last.point
        return [decision for _, decision in self.decisions[first:]]

    def changes(self) -> list[tuple[float, int, int]]:
        """Return time, point before and point after of every change."""
        return [(time, d.point_before, d.point) for time, d in self.decisions if d.point != d.point_before]


@pytest.fixture
def bench() -> Callable[..., Bench]:
    """Return a maker of benches."""

    def make(
        latency_ms: Sequence[float] = (20.0, 15.0, 10.0),
        policy: Policy | None = None,
        options: ControllerOptions | None = None,
    ) -> Bench:
        return Bench(Controller(figures_of(len(latency_ms)), policy or FixedPolicy(0), options), latency_ms)

    return make


@pytest.fixture(scope="session")
def make_bank() -> Callable[..., Manifest]:
    """Return a maker of manifests of banks that have no files."""

    def make(levels: int = 3, name: str = "test") -> Manifest:
        entries = [
            {
                "index": index,
                "name": f"level {index}",
                "file": f"{index}.onnx",
                "sha256": hashlib.sha256(f"{name} {index}".encode()).hexdigest(),
                "precision": "fp32",
                "sparsity": index / levels,
                "parameters": 1,
                "macs": 1,
            }
            for index in range(levels)
        ]
        data = {"schema": 1, "name": name, "levels": entries, "detectors": []}
        return parse_manifest(Path("/nowhere/bank.json"), data)

    return make
