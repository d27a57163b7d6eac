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

"""The shield: overrules a policy where it would let the hands be late or the battery run empty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.control.goals import BatteryGoal
from hand_tracking_dsp.control.options import ShieldOptions
from hand_tracking_dsp.control.reasons import Reason
from hand_tracking_dsp.control.state import Situation

# A point that fails again within a minute of its release is barred twice as long, up to eight times.
_FORGIVEN_S, _MOST_HOLDS = 60.0, 8
# Shares of the accepted late frames: over the last minute, from which on points are watched, and over the
# last half second, from which on one is refused. Two seconds after a burst no frame of it counts.
_WATCHED, _REFUSED = 0.5, 0.75
# With a reflex that works a sparser point helps only where more frames of this half second are late.
_REFLEX_WORKS, _MORE = 0.5, 0.02


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer of a policy: a point of the bank, or None, and a sentence that gives the reason."""

    point: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The point to use, why, and why in a sentence."""

    point: int
    reason: Reason
    detail: str


class Shield:
    """Reviews every answer of the policy; the first rule that applies decides.

    In this order: battery at its reserve, latency lost, battery lost, battery that does not report its
    charge, invalid answer, deadline missed too often, more late frames than the goals accept, drift no longer
    measured. Dwell time and the bounds of the constrained mode are the controller's affair.
    """

    def __init__(self, options: ShieldOptions, battery: BatteryGoal) -> None:
        self.options, self.battery = options, battery
        self._at_reserve = False
        self._barred_below = 0
        self._barred_until_s = -math.inf
        self._hold_s = 0.0

    def review(
        self, answer: Answer, situation: Situation, late: float = 0.0, late_target: float = 1.0
    ) -> Verdict:
        """Return the verdict on a policy's answer; its point is always one of the bank.

        Args:
            answer: The answer.
            situation: The situation.
            late: Share of late frames over the last minute, 0 to 1.
            late_target: Share of late frames that the goals accept, 0 to 1.
        """
        verdict = self._battery_reserve(situation) or self._lost_input(situation)
        if verdict is not None:
            return verdict
        if answer.point is None:
            detail = f"{answer.detail} Point {situation.point} is kept."
            return Verdict(situation.point, Reason.SHIELD_INVALID_LEVEL, detail)
        verdict = self._deadline(answer.point, situation)
        # A limit of all frames is the shield off.
        watching = self.options.deadline_miss_limit < 1.0 and late > _WATCHED * late_target
        if verdict is None and watching:
            verdict = _keep_target(answer.point, situation, late, late_target)
        verdict = verdict or self._blind(answer.point, situation)
        return verdict or Verdict(answer.point, Reason.POLICY, answer.detail)

    def _battery_reserve(self, situation: Situation) -> Verdict | None:
        charge = situation.charge
        reserve, release = self.battery.reserve, self.battery.reserve_hysteresis
        self._at_reserve = charge <= reserve or (self._at_reserve and charge < reserve + release)
        if not self._at_reserve:
            return None
        detail = (
            f"The battery is at {charge:.0%} (reserve {reserve:.0%}, over at {reserve + release:.0%}):"
            f" point {situation.sparsest}, the sparsest, saves power."
        )
        return Verdict(situation.sparsest, Reason.SHIELD_BATTERY_RESERVE, detail)

    def _lost_input(self, situation: Situation) -> Verdict | None:
        options, battery = self.options, situation.battery
        received = situation.latency_received
        patience_s = options.stale_latency_s if received else options.startup_grace_s
        if situation.latency_silent_s > patience_s:
            reason, silent_s = Reason.STALE_LATENCY, situation.latency_silent_s
            since = "" if received else "since the start, "
            cause = f"No latency was received {since}for {silent_s:.1f} s (limit {patience_s:.1f} s)"
        elif situation.battery_stale:
            reason, silent_s = Reason.STALE_BATTERY, situation.battery_silent_s
            cause = f"The battery was silent for {silent_s:.1f} s (limit {options.stale_battery_s:.1f} s)"
        elif battery is not None and battery.discharging and math.isnan(situation.charge):
            reason = Reason.SHIELD_BATTERY_UNKNOWN
            cause = f"The battery is discharging and its charge is {battery.charge:g}, not 0 to 1"
        else:
            return None
        point = options.fallback_level if options.fallback_level >= 0 else situation.sparsest
        point = min(point, situation.sparsest)
        return Verdict(point, reason, f"{cause}: point {point} is the fallback.")

    def _deadline(self, wanted: int, situation: Situation) -> Verdict | None:
        limit, now_s = self.options.deadline_miss_limit, situation.now_s
        if situation.summary.miss_share > limit and wanted <= situation.point:
            self._barred_below = situation.point + 1
            if now_s >= self._barred_until_s:
                again = now_s < self._barred_until_s + _FORGIVEN_S
                self._hold_s = (
                    min(2 * self._hold_s, _MOST_HOLDS * self.options.deadline_hold_s) if again else 0.0
                )
                self._hold_s = max(self._hold_s, self.options.deadline_hold_s)
            self._barred_until_s = now_s + self._hold_s
            cause = f"{situation.summary.miss_share:.0%} of frames were over {situation.budget_ms:.1f} ms"
            cause += f" (limit {limit:.0%})"
        elif now_s < self._barred_until_s and wanted < self._barred_below:
            rest_s = self._barred_until_s - now_s
            cause = f"Denser points missed the deadline and rest for {rest_s:.1f} s more"
        else:
            return None
        point = min(self._barred_below, situation.sparsest)
        if point == wanted:
            return None
        detail = f"{cause}: point {point} instead of {wanted}, which the policy wants."
        return Verdict(point, Reason.SHIELD_DEADLINE, detail)

    def _blind(self, wanted: int, situation: Situation) -> Verdict | None:
        """Refuse a sparser point while its cost is not known, unless frames are late."""
        silent_s, limit_s = situation.drift_missing_s, self.options.stale_drift_s
        summary = situation.summary
        # Latency that is not measured, as just after a change of point, is no reason either.
        late = summary.p95_ms > situation.budget_ms or summary.miss_share > self.options.deadline_miss_limit
        if wanted <= situation.point or silent_s <= limit_s or late:
            return None
        detail = (
            f"Drift has not been measured for {silent_s:.0f} s with hands in view (limit {limit_s:.0f} s):"
            f" point {situation.point} is kept instead of {wanted}, which the policy wants."
        )
        return Verdict(situation.point, Reason.SHIELD_DRIFT_UNKNOWN, detail)


def _keep_target(wanted: int, situation: Situation, late: float, late_target: float) -> Verdict | None:
    """Refuse a point at which too many frames of half a second would be late, if a sparser one has fewer."""
    of_points = situation.by_point.get("late_0.5s")
    if of_points is None or not np.isfinite(of_points).all():
        return None
    limit = max(_REFUSED * late_target, _MORE if situation.reflex > _REFLEX_WORKS else 0.0)
    allowed = np.flatnonzero(of_points[wanted:] <= limit)
    point = wanted + int(allowed[0] if len(allowed) else np.argmin(of_points[wanted:]))
    if point == wanted:
        return None
    detail = (
        f"{late:.1%} of the last minute's frames were late (accepted: {late_target:.1%}), and "
        f"{of_points[wanted]:.1%} of the last half second's would be at point {wanted}, which is wanted: "
        f"point {point} instead."
    )
    return Verdict(point, Reason.SHIELD_DEADLINE, detail)
