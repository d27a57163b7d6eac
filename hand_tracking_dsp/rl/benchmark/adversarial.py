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

"""Adversarial missions: what other missions rarely hold, one thing at a time, frame by frame.

Decisions come ten times a second, as in the node. What every point would take of every frame is known, so
that a policy's late frames can be held against those of the sparsest point in the same minute.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.controller import Controller
from hand_tracking_dsp.control.goals import BatteryGoal, GoalOptions
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.control.policies import Policy
from hand_tracking_dsp.control.samples import BatterySample, LatencySample
from hand_tracking_dsp.evaluation.measures.drift import accuracy_of_drift
from hand_tracking_dsp.evaluation.workload.tally import NEAR_PERCENT
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.frames import Array
from hand_tracking_dsp.rl.simulation.reflex_levels import expected_slowness, levels_run

BUDGET_MS = 33.0
RATE_HZ = 30
DENSE_BUDGETS = 0.45
"""Time of a frame with one hand at the dense level on the quiet machine, in budgets."""

_MINUTE_S, _DECISION_S, _START_S = 60.0, 0.1, 100.0
_DRIFT_EVERY = 30
_JITTER = 0.1
# The densest point is late then, the cheapest seldom.
_BURST = 2.6
_TRACKER_W, _BASE_W = 8.0, 4.0


@dataclass(frozen=True, slots=True, eq=False)
class AdversarialMission:
    """A mission frame by frame; [n] is by frame.

    Attributes:
        name: Name, for people.
        slower: float64 [n]: factor by which the machine is slower than when it is quiet.
        budget_ms: float64 [n]: latency budget, milliseconds.
        hands: int64 [n]: hands in view.
        difficulty: float64 [n]: difficulty of the scene, 0 to 1.
        told: bool [n]: whether drift is measured at all.
        rate_hz: Frame rate, Hz.
        battery: Share of what the densest point needs for the whole mission that the battery holds above its
            reserve; NaN: mains power.
        battery_s: Time between two readings of the battery, seconds.
        reflex: Whether the tracker runs sparser levels on frames without time for the point's.
    """

    name: str
    slower: Array
    budget_ms: Array
    hands: NDArray[np.int64]
    difficulty: Array
    told: NDArray[np.bool_]
    rate_hz: int = RATE_HZ
    battery: float = math.nan
    battery_s: float = 1.0
    reflex: bool = False


@dataclass(frozen=True, slots=True)
class AdversarialScore:
    """Score of a policy in a mission.

    Attributes:
        late: Share of the frames with a hand that were late, 0 to 1.
        against_sparsest: Late frames of the worst minute, relative to those of the sparsest point in it or,
            where these are fewer, to the share that the goals accept.
        error: Mean of 1 - Accuracy of the hands, 0 to 1.
        usable: Share of the hands in time and within 10 % of palm of the dense level's.
        energy: Mean power of the tracker, 1 = the densest point's.
        charge_left: Charge above the reserve at the end, in shares of what there was; NaN: mains power.
        last: Operating point at the end.
    """

    late: float
    against_sparsest: float
    error: float
    usable: float
    energy: float
    charge_left: float
    last: int


def adversarial_missions(seconds: float = 300.0, drain_s: float = 4 * 3600.0) -> list[AdversarialMission]:
    """Return the missions, of so many seconds, the four-hour drain apart."""
    plain = _plain(seconds)
    time_s = np.arange(len(plain.slower)) / RATE_HZ
    halved = np.where(time_s < seconds / 2, BUDGET_MS, BUDGET_MS / 2)
    drain = _plain(drain_s, rate_hz=5)
    return [
        replace(plain, name="quiet, full battery", battery=2.0),
        replace(plain, name="bursts of 200 ms each second", slower=np.where(time_s % 1.0 < 0.2, _BURST, 1.0)),
        replace(plain, name="bursts of 20 s each minute", slower=np.where(time_s % 60.0 < 20.0, _BURST, 1.0)),
        replace(plain, name="budget halved", budget_ms=halved),
        replace(plain, name="throttling", slower=_throttled(time_s)),
        replace(plain, name="battery told each 10 s", battery=0.85, battery_s=10.0),
        replace(
            plain,
            name="drift lost in a hard scene",
            difficulty=np.where(time_s < seconds / 3, 0.1, 1.0),
            told=time_s < seconds / 3,
        ),
        replace(
            plain,
            name="hands absent for minutes",
            hands=np.where((time_s % 150 > 30) & (time_s % 150 < 120), 0, 1),
            slower=np.where(time_s % 20 < 5, _BURST, 1.0),
        ),
        replace(plain, name="difficulty jumps", difficulty=np.where(time_s % 30 < 15, 0.0, 1.0)),
        replace(drain, name="four-hour drain", battery=0.85, battery_s=10.0),
    ]


def with_reflex(missions: Sequence[AdversarialMission]) -> list[AdversarialMission]:
    """Return the same missions with the tracker's reflex, which is on unless somebody turns it off."""
    return [replace(one, name=f"{one.name}; reflex", reflex=True) for one in missions]


def play_adversarial(
    mission: AdversarialMission,
    policy: Policy,
    device: DeviceModel,
    figures: PointFigures,
    options: ControllerOptions | None = None,
    seed: int = 0,
) -> AdversarialScore:
    """Play a mission with a policy.

    Args:
        mission: The mission.
        policy: A fresh policy.
        device: Device; its load states are left out.
        figures: What the controller knows of the operating points.
        options: Options of the controller; budget and the battery's goal are the mission's.
        seed: Seed of the frames' own scatter.
    """
    run = _Run(mission, device, figures, seed)
    controller = Controller(figures, policy, run.options(options or ControllerOptions(), 0))
    every = max(round(_DECISION_S * mission.rate_hz), 1)
    point = controller.decide(_START_S).point
    for frame in range(len(mission.slower)):
        if frame and mission.budget_ms[frame] != mission.budget_ms[frame - 1]:
            controller.set_options(run.options(options or ControllerOptions(), frame))
        run.play(frame, point, controller)
        if frame % every == every - 1:
            point = controller.decide(run.now_s(frame + 0.5)).point
    return run.score()


class _Run:
    """Everything about a mission that does not depend on the policy, and what it did."""

    def __init__(
        self, mission: AdversarialMission, device: DeviceModel, figures: PointFigures, seed: int
    ) -> None:
        random = np.random.default_rng(seed)
        self._mission, self._device, self._figures = mission, device, figures
        frames = len(mission.slower)
        quiet_ms = device.overhead_ms + device.level_ms[0]
        scale = DENSE_BUDGETS * BUDGET_MS / quiet_ms * mission.slower * random.lognormal(0, _JITTER, frames)
        level_ms, own = np.array(device.level_ms), np.asarray(figures.level)
        hands = np.broadcast_to(mission.hands, (len(own), frames))
        self._runs = np.broadcast_to(own[:, None], hands.shape)
        if mission.reflex:
            # The tracker's deadline is not the controller's budget, and stays.
            left_ms = BUDGET_MS - device.overhead_ms * scale
            expected = expected_slowness(scale, mission.hands > 0)
            self._runs = levels_run(own.tolist(), level_ms, hands, left_ms / expected)
        self._network_ms = level_ms[self._runs] * hands * scale
        self._latency_ms = device.overhead_ms * scale + self._network_ms
        self._spared_ms = level_ms[own][:, None] * hands * scale - self._network_ms
        easy, hard = np.array(device.easy_percent), np.array(device.hard_percent)
        of_levels = easy[:, None] + (hard - easy)[:, None] * mission.difficulty
        self._drift = of_levels[self._runs, np.arange(frames)] + figures.held_percent[:, None]
        self._sparser = of_levels[min(1, device.levels - 1)]
        self._seen = mission.hands > 0
        self._late = (self._latency_ms > mission.budget_ms) & self._seen
        self._points = np.zeros(frames, dtype=np.int64)
        # Above the reserve, in joules.
        needed_w = _BASE_W + _TRACKER_W * figures.cost[figures.densest]
        self._full_j = mission.battery * frames / mission.rate_hz * needed_w
        self._left_j = self._full_j

    def now_s(self, frame: float) -> float:
        return _START_S + frame / self._mission.rate_hz

    def options(self, options: ControllerOptions, frame: int) -> ControllerOptions:
        """Return the controller's options from a frame on; the battery is to last to the end."""
        mission = self._mission
        seconds = len(mission.slower) / mission.rate_hz
        until = "" if math.isnan(mission.battery) else f"{seconds:g}s"
        battery = replace(options.goals.battery, until=until)
        return replace(
            options,
            budget_ms=float(mission.budget_ms[frame]),
            settle_s=0.0,
            goals=replace(options.goals, battery=battery),
        )

    def play(self, frame: int, point: int, controller: Controller) -> None:
        """Run a frame at a point, and tell the controller."""
        mission, now_s = self._mission, self.now_s(frame)
        self._points[frame] = point
        latency_ms = float(self._latency_ms[point, frame])
        told = bool(mission.told[frame]) and frame % _DRIFT_EVERY == 0 and bool(self._seen[frame])
        controller.add_latency(
            LatencySample(
                now_s,
                latency_ms,
                latency_ms,
                point,
                sparsity=float(self._figures.sparsity[point]),
                drift=float(self._drift[point, frame]) if told else math.nan,
                drift_sparser=float(self._sparser[frame]) if told and point == 0 else math.nan,
                hands=int(mission.hands[frame]),
                reflex=bool(self._runs[point, frame] > self._figures.level[point]),
                commanded_ms=latency_ms + float(self._spared_ms[point, frame]),
                landmarks_ms=float(self._network_ms[point, frame]),
                detection_ms=0.0,
            )
        )
        if math.isnan(mission.battery):
            return
        power_w = _BASE_W + _TRACKER_W * float(self._figures.cost[point])
        self._left_j = max(self._left_j - power_w / mission.rate_hz, 0.0)
        if frame % max(round(mission.battery_s * mission.rate_hz), 1) == 0:
            reserve = BatteryGoal().reserve
            charge = reserve + (1 - reserve) * self._left_j / self._full_j
            controller.add_battery(BatterySample(now_s, charge, power_w, discharging=True))

    def score(self) -> AdversarialScore:
        mission, frames = self._mission, np.arange(len(self._points))
        late, seen = self._late[self._points, frames], self._seen
        drift = self._drift[self._points, frames]
        wrong = 1.0 - accuracy_of_drift(drift)[seen]
        return AdversarialScore(
            late=float(late[seen].mean()),
            against_sparsest=self._worst_minute(late, self._late[-1]),
            error=float(wrong.mean()),
            usable=float(((drift <= NEAR_PERCENT) & ~late)[seen].mean()),
            energy=float(self._figures.cost[self._points].mean()),
            charge_left=self._left_j / self._full_j if mission.battery > 0 else math.nan,
            last=int(self._points[-1]),
        )

    def _worst_minute(self, late: NDArray[np.bool_], sparsest: NDArray[np.bool_]) -> float:
        length = min(round(_MINUTE_S * self._mission.rate_hz), len(late))
        ours, theirs = (np.convolve(which, np.ones(length), "valid") for which in (late, sparsest))
        accepted = GoalOptions().late_target * length
        return float((ours / np.maximum(theirs, max(accepted, 1.0))).max())


def _plain(seconds: float, rate_hz: int = RATE_HZ) -> AdversarialMission:
    frames = round(seconds * rate_hz)
    return AdversarialMission(
        name="",
        slower=np.ones(frames),
        budget_ms=np.full(frames, BUDGET_MS),
        hands=np.ones(frames, dtype=np.int64),
        difficulty=np.full(frames, 0.3),
        told=np.ones(frames, dtype=np.bool_),
        rate_hz=rate_hz,
    )


def _throttled(time_s: Array) -> Array:
    """Return a clock that falls within ten seconds to under half, and rises again after a minute."""
    phase = time_s % 120.0
    slower: Array = np.interp(phase, (0.0, 30.0, 40.0, 100.0, 110.0, 120.0), (1.0, 1.0, 2.4, 2.4, 1.0, 1.0))
    return slower
