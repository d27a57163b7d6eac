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

"""Limits changes of the operating point: dwell times, and the constrained mode's bounds and pace."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace

from hand_tracking_dsp.control.options import ConstraintOptions, ControllerOptions
from hand_tracking_dsp.control.reasons import Reason
from hand_tracking_dsp.control.shield import Verdict
from hand_tracking_dsp.errors import ConfigurationError

_MINUTE_S = 60.0


class RateLimiter:
    """Holds back a verdict that comes too soon after a change of point or goes too far.

    Raises:
        ConfigurationError: The bank has no such bounds, or the pace is too low for them.
    """

    def __init__(self, options: ControllerOptions, points: int) -> None:
        self._switches_s: deque[float] = deque(maxlen=1024)
        self._points = points
        self.set_options(options)

    def set_options(self, options: ControllerOptions) -> None:
        """Take other options; past changes stay remembered.

        Raises:
            ConfigurationError: The bank has no such bounds, or the pace is too low for them.
        """
        constrained = options.mode == "constrained"
        # Raises before anything has changed.
        bounds = _bounds(options.constraint, self._points) if constrained else (0, self._points - 1)
        self._options, self._constrained = options, constrained
        self._densest, self._sparsest = bounds

    @property
    def switched_s(self) -> float:
        """Time of the last change of the point, seconds; -inf: none yet."""
        return self._switches_s[-1] if self._switches_s else -math.inf

    def switched(self, now_s: float) -> None:
        """Remember a change of point at the time now_s, seconds."""
        self._switches_s.append(now_s)

    def dwell_left_s(self, now_s: float, *, sparser: bool = False) -> float:
        """Return the seconds until the dwell time allows a change in a direction; 0: now."""
        options = self._options
        dwell_s = options.min_dwell_sparser_s if sparser else options.min_dwell_s
        return max(0.0, self.switched_s + dwell_s - now_s)

    def review(self, verdict: Verdict, point: int, now_s: float) -> Verdict:
        """Return the verdict as far as it may be carried out now.

        Args:
            verdict: Verdict of the shield; its point is one of the bank.
            point: Point in use.
            now_s: Time of the decision, seconds.
        """
        if self._constrained:
            verdict = self._bounded(verdict, point)
        if verdict.point == point:
            return verdict
        left_s = self.dwell_left_s(now_s, sparser=verdict.point > point)
        if left_s > 0.0:
            detail = f"{verdict.detail} This waits {left_s:.1f} s more, for the minimum dwell time."
            return replace(verdict, point=point, detail=detail)
        if self._constrained and verdict.point < point:
            return self._paced(verdict, point, now_s)
        return verdict

    def _bounded(self, verdict: Verdict, point: int) -> Verdict:
        """Keep the point within the bounds, and a policy to one step."""
        wanted = min(max(verdict.point, self._densest), self._sparsest)
        if verdict.reason == Reason.POLICY and self._densest <= point <= self._sparsest:
            wanted = min(max(wanted, point - 1), point + 1)
        if wanted == verdict.point:
            return verdict
        detail = (
            f"{verdict.detail} The constrained mode allows points {self._densest} to {self._sparsest}, "
            f"a step at a time: point {wanted} instead of {verdict.point}."
        )
        return Verdict(wanted, Reason.CONSTRAINT, detail)

    def _paced(self, verdict: Verdict, point: int, now_s: float) -> Verdict:
        """Take a step to denser only where the way back, step by step, would keep the limit."""
        limit = self._options.constraint.max_switches_per_min
        recent = [stamp_s for stamp_s in self._switches_s if now_s - stamp_s < _MINUTE_S]
        if len(recent) + 1 + self._sparsest - verdict.point <= limit:
            return verdict
        detail = (
            f"{verdict.detail} This waits: after {len(recent)} changes in the last minute (limit {limit}) "
            f"too few would be left for the way back."
        )
        return Verdict(point, Reason.CONSTRAINT, detail)


def _bounds(constraint: ConstraintOptions, points: int) -> tuple[int, int]:
    """Return the densest and the sparsest point that the constrained mode allows."""
    densest, sparsest = constraint.densest_level, constraint.sparsest_level
    if max(densest, sparsest) >= points:
        message = (
            f"The constrained mode's points are {densest} to {sparsest}: "
            f"set 0 to {points - 1}, the bank has no others."
        )
        raise ConfigurationError(message)
    sparsest = sparsest if sparsest >= 0 else points - 1
    steps = sparsest - densest
    if constraint.max_switches_per_min <= steps:
        message = (
            f"max_switches_per_min is {constraint.max_switches_per_min}, but there are {steps} steps from "
            f"point {densest} to {sparsest}: set at least {steps + 1}, or closer bounds."
        )
        raise ConfigurationError(message)
    return densest, sparsest
