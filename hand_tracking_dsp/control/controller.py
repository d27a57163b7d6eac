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

"""The controller: from latency and battery samples to the operating point, with reasons."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime

from hand_tracking_dsp.control.clock_offset import ClockOffset
from hand_tracking_dsp.control.forecast import Forecast, Forecasting, IndexForecaster
from hand_tracking_dsp.control.goal_policy import FREE, binding_goal
from hand_tracking_dsp.control.goals import seconds_until
from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.control.policies import Composing, Composition, Policy
from hand_tracking_dsp.control.prices import EnergyPrice, LatePrice, weights_of
from hand_tracking_dsp.control.rate_limiter import RateLimiter
from hand_tracking_dsp.control.reasons import Reason
from hand_tracking_dsp.control.samples import BatterySample, LatencySample
from hand_tracking_dsp.control.shield import Answer, Shield, Verdict
from hand_tracking_dsp.control.state import Situation, StateBuffer
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.manifest import MAX_LEVELS
from hand_tracking_dsp.tracking.operating_point import point_name

AUTOMATIC = -1
"""The operator's point that leaves the choice to the policy."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision; the fields of msg/ControllerState.msg.

    Attributes:
        point_before: Point before the decision.
        point_wanted: Point the policy wanted; the point kept where it was not asked or failed.
        verdict: Verdict of the shield before bounds, dwell time and pace.
        point: Point to command.
        reason: Why that point, or why the change that still waits for the dwell time.
        detail: The reason in a sentence with its numbers.
        observation: Observation that the policy was given.
        budget_ms: Latency budget, milliseconds.
        forecast: What was expected at each point.
        goal: Goal for which the point is sparser than accuracy alone would have it; see binding_goal.
        dwell_left_s: Seconds until the dwell time allows a change in either direction; towards sparser
            it may come earlier.
        switches: Changes of point so far.
        composition: Network that is to run in the place of the point's level; None: the level itself.
    """

    point_before: int
    point_wanted: int
    verdict: Verdict
    point: int
    reason: Reason
    detail: str
    observation: Observation
    budget_ms: float
    forecast: Forecast
    goal: str
    dwell_left_s: float
    switches: int
    composition: Composition | None = None


class Controller:
    """Policy → shield → bounds, dwell time and pace → decision.

    Time is an argument, seconds of a monotonic clock; one that runs back or is not a number counts as
    standing still (at 0 before the first number). Samples may come in any order and with any content.
    A change to sparser waits for min_dwell_sparser_s since the last change, one to denser for
    min_dwell_s; in the constrained mode there are bounds and a pace besides. Only the operator changes it at
    once, and overrides the shield too.

    Args:
        figures: Figures of the bank's operating points, 1 to 255: 0 = densest to the last = sparsest.
        policy: The policy.
        options: Budget, windows, dwell times, shield.

    Raises:
        ConfigurationError: There are too many points, or initial or fallback point is not in the bank.
    """

    def __init__(
        self, figures: PointFigures, policy: Policy, options: ControllerOptions | None = None
    ) -> None:
        points = figures.count
        _check_integer("points", points, 1, MAX_LEVELS)
        self.policy = policy
        self._forecaster = policy.forecaster if isinstance(policy, Forecasting) else IndexForecaster()
        self._options = options or ControllerOptions()
        self._buffer = StateBuffer(self._options, figures)
        self._shield = Shield(self._options.shield, self._options.goals.battery)
        self._late_price, self._energy_price = LatePrice(), EnergyPrice()
        self._lasts_until_s: float | None = None
        self._operator_point = AUTOMATIC
        self._points = points
        self._limiter = RateLimiter(self._options, points)
        self.set_options(self._options)
        _check_integer("initial_level", self._options.initial_level, 0, points - 1)
        self._point = self._options.initial_level
        self._now_s = -math.inf
        self._observed: Situation | None = None
        self._switches = 0

    def add_latency(self, sample: LatencySample) -> None:
        """Take the cost of a frame."""
        self._buffer.add(sample)

    def add_battery(self, sample: BatterySample) -> None:
        """Take a reading of the battery."""
        self._buffer.add(sample)

    @property
    def clocks(self) -> ClockOffset:
        """Offset of the clock that stamps images."""
        return self._buffer.clocks

    def set_operator_point(self, point: int) -> None:
        """Let a person's point override policy, shield and dwell time; -1 ends that.

        Raises:
            ConfigurationError: the bank has no such point.
        """
        _check_integer("operator_level", point, AUTOMATIC, self._points - 1)
        self._operator_point = point

    def set_options(self, options: ControllerOptions) -> None:
        """Take other options from the next decision on; the windows start again.

        Raises:
            ConfigurationError: the bank has no such fallback point, or the constrained mode cannot work.
        """
        _check_integer("fallback_level", options.shield.fallback_level, -1, self._points - 1)
        self._limiter.set_options(options)
        if options.goals.battery.until != self._options.goals.battery.until:
            self._lasts_until_s = None
        self._options = options
        self._buffer.set_options(options)
        self._observed = None
        self._shield.options, self._shield.battery = options.shield, options.goals.battery

    def observe(self, now_s: float) -> Observation:
        """Return the observation of a policy at the time now_s, seconds of a monotonic clock."""
        self._observed = self._situation(now_s)
        return self._observation(self._observed)

    def decide(self, now_s: float) -> Decision:
        """Return the decision at the time now_s, seconds of a monotonic clock."""
        before = self._point
        situation = self._situation(now_s)
        self._adjust_prices(situation)
        observation = self._observation(situation)
        answer = self._ask(observation, situation)
        price = self._late_price
        shielded = self._shield.review(answer, situation, price.share, price.accepted)
        verdict = self._judge(shielded)
        self._switch(verdict.point)
        forecast = self._forecast(observation)
        return Decision(
            point_before=before,
            point_wanted=before if answer.point is None else answer.point,
            verdict=shielded,
            point=verdict.point,
            reason=verdict.reason,
            detail=verdict.detail,
            observation=observation,
            budget_ms=situation.budget_ms,
            forecast=forecast,
            goal=binding_goal(forecast, observation.weights, verdict.point, observation.densest),
            dwell_left_s=self._limiter.dwell_left_s(self._now_s),
            switches=self._switches,
            composition=self._composition(verdict),
        )

    def _observation(self, situation: Situation) -> Observation:
        return replace(
            situation.observation(self._energy_price.lasts),
            weights=weights_of(self._late_price.value, self._energy_price.value),
            error_limit_percent=self._options.goals.error_limit_percent,
            late_free=FREE * self._options.goals.late_target,
        )

    def _forecast(self, observation: Observation) -> Forecast:
        """Foretell, without learning where what was learned fails: the shield has said so then."""
        try:
            return self._forecaster.forecast(observation)
        except Exception:  # noqa: BLE001 (a policy may be a user's own)
            return IndexForecaster().forecast(observation)

    def _adjust_prices(self, situation: Situation) -> None:
        goals, now_s = self._options.goals, situation.now_s
        if self._lasts_until_s is None:
            left_s = seconds_until(goals.battery.until, datetime.now().astimezone())
            self._lasts_until_s = now_s + left_s if left_s else -math.inf
        self._late_price.add(
            now_s, situation.late, situation.frames, goals.late_target, situation.unavoidable
        )
        left_s = self._lasts_until_s - now_s
        self._energy_price.add(now_s, situation.charge, goals.battery.reserve, left_s)

    def _situation(self, now_s: float) -> Situation:
        self._now_s = max(self._now_s, now_s if math.isfinite(now_s) else 0.0)
        known = self._observed
        if known is not None and known.now_s == self._now_s and not self._buffer.unread:
            return known
        return self._buffer.situation(self._now_s, self._point, self._limiter.switched_s)

    def _ask(self, observation: Observation, situation: Situation) -> Answer:
        """Ask the policy, whatever it may do; before the first latency there is nothing to ask about."""
        kept, name = situation.point, self.policy.name
        if not situation.latency_received:
            return Answer(kept, f"No latency has been received yet: point {kept} waits for it.")
        try:
            answer = self.policy.decide(observation)
            point = int(answer)
            loaded = point == answer and 0 <= point < situation.points
        except Exception as error:  # noqa: BLE001 (a policy may be a user's own)
            return Answer(None, f"Policy {name} failed ({type(error).__name__}: {error}).")
        if not loaded:
            return Answer(None, f"Policy {name} wants point {answer} of 0 to {situation.sparsest}.")
        return Answer(point, f"Policy {name} {_choice(point, kept)}: {_figures(situation)}.")

    def _judge(self, verdict: Verdict) -> Verdict:
        if self._operator_point != AUTOMATIC:
            point = self._operator_point
            return Verdict(point, Reason.OPERATOR, f"A person set point {point}.")
        return self._limiter.review(verdict, self._point, self._now_s)

    def _composition(self, verdict: Verdict) -> Composition | None:
        """Return what the policy has composed for the point, unless something else than it chose that."""
        found = self.policy.composition if isinstance(self.policy, Composing) else None
        fits = found is not None and found.point == verdict.point and verdict.reason == Reason.POLICY
        return found if fits else None

    def _switch(self, point: int) -> None:
        if point != self._point:
            self._point = point
            self._limiter.switched(self._now_s)
            self._observed = None
            self._switches += 1
            self._buffer.forget_latency()


def _check_integer(name: str, value: int, low: int, high: int) -> None:
    """Refuse a value that is not a whole number from low to high."""
    if not (isinstance(value, int) and not isinstance(value, bool) and low <= value <= high):
        message = f"{name} is {value!r}: set a whole number from {low} to {high}."
        raise ConfigurationError(message)


def _choice(point: int, kept: int) -> str:
    return f"keeps point {point}" if point == kept else f"wants point {point} instead of {kept}"


def _figures(situation: Situation) -> str:
    """Return the figures behind a choice, for a person."""
    summary, frame = situation.summary, situation.frame
    if not math.isnan(summary.p95_ms):
        late = f"{summary.miss_share:.0%} of frames late"
        latency = f"p95 latency {summary.p95_ms:.1f} ms of a budget of {situation.budget_ms:.1f} ms, {late}"
    elif frame is not None and frame.operating_point != situation.point:
        latency = f"frames still run at {point_name(frame.operating_point)}"
    else:
        latency = f"no p95 latency of point {situation.point} yet"
    return latency if math.isnan(situation.charge) else f"{latency}, battery {situation.charge:.0%}"
