"""The controller: from latency and battery samples to the sparsity level, with reasons."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from hand_tracking_dsp.control.hearing import Hearing, Situation
from hand_tracking_dsp.control.limits import MAX_LEVELS, check_integer
from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.policies import Policy
from hand_tracking_dsp.control.reasons import Reason
from hand_tracking_dsp.control.samples import BatterySample, LatencySample
from hand_tracking_dsp.control.shield import Answer, Shield, Verdict

AUTOMATIC = -1
"""The operator level that leaves the choice to the policy."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision; the fields of msg/ControllerState.msg.

    Attributes:
        level_before: Level before the decision.
        level_wanted: Level the policy wanted; the level kept where it was not asked or failed.
        level: Level to command.
        reason: Why that level, or why the change that still waits for the dwell time.
        detail: The reason in a sentence with its numbers.
        observation: What the policy saw.
        dwell_left_s: Seconds until the dwell time allows a change in either direction; towards sparser
            it may come earlier.
        switches: Changes of level so far.
    """

    level_before: int
    level_wanted: int
    level: int
    reason: Reason
    detail: str
    observation: Observation
    dwell_left_s: float
    switches: int


class Controller:
    """Loaded levels → policy → shield → minimum dwell time → decision.

    Time is an argument, seconds of a monotonic clock; one that runs back or is no number counts as
    standing still (at 0 before the first number). Samples may come in any order and with any content.
    A change to sparser waits for min_dwell_sparser_s since the last change, one to denser for
    min_dwell_s; only the operator and the loss of the level itself (set_levels) change it at once. The
    operator goes before the shield too.

    Args:
        levels: Levels of the bank that are loaded, 1 to 256: 0 = dense to levels - 1 = sparsest.
        policy: The policy.
        options: Budget, windows, dwell times, shield.

    Raises:
        ConfigurationError: levels is out of range, or initial or fallback level is not in the bank.
    """

    def __init__(self, levels: int, policy: Policy, options: ControllerOptions | None = None) -> None:
        self.policy = policy
        self._options = options or ControllerOptions()
        self._hearing = Hearing(self._options)
        self._shield = Shield(self._options.shield)
        self._operator_level = AUTOMATIC
        self.set_levels(levels)
        self.set_options(self._options)
        check_integer("initial_level", self._options.initial_level, 0, levels - 1)
        self._level = self._options.initial_level
        self._now_s = self._switched_s = -math.inf
        self._switches = 0

    def add_latency(self, sample: LatencySample) -> None:
        """Take what one frame cost."""
        self._hearing.add(sample)

    def add_battery(self, sample: BatterySample) -> None:
        """Take a reading of the battery."""
        self._hearing.add(sample)

    def set_operator_level(self, level: int) -> None:
        """Let a person's level go before policy, shield and dwell time; -1 ends that.

        Raises:
            ConfigurationError: the bank has no such level.
        """
        check_integer("operator_level", level, AUTOMATIC, self._levels - 1)
        self._operator_level = level

    def set_levels(self, levels: int) -> None:
        """Take the number of levels that are now loaded, 1 to 256; settings beyond them mean the last.

        Raises:
            ConfigurationError: the number is out of range.
        """
        check_integer("levels", levels, 1, MAX_LEVELS)
        self._levels = levels

    def set_options(self, options: ControllerOptions) -> None:
        """Take other options from the next decision on; the windows start anew.

        Raises:
            ConfigurationError: the bank has no such fallback level.
        """
        check_integer("fallback_level", options.shield.fallback_level, -1, self._levels - 1)
        self._options = options
        self._hearing.set_options(options)
        self._shield.options = options.shield

    def decide(self, now_s: float) -> Decision:
        """Return the decision at the time now_s, seconds of a monotonic clock."""
        self._now_s = max(self._now_s, now_s if math.isfinite(now_s) else 0.0)
        before, kept = self._level, min(self._level, self._levels - 1)
        situation = self._hearing.situation(self._now_s, kept, self._levels, self._switched_s)
        observation = situation.observation()
        answer = self._ask(observation, situation)
        verdict = self._judge(answer, situation)
        self._switch(verdict.level)
        return Decision(
            level_before=before,
            level_wanted=kept if answer.level is None else answer.level,
            level=verdict.level,
            reason=verdict.reason,
            detail=verdict.detail,
            observation=observation,
            dwell_left_s=self._dwell_left_s(self._options.min_dwell_s),
            switches=self._switches,
        )

    def _ask(self, observation: Observation, situation: Situation) -> Answer:
        """Ask the policy, whatever it may do; before the first latency there is nothing to ask about."""
        kept, name = situation.level, self.policy.name
        if not situation.latency_heard:
            return Answer(kept, f"No latency has been heard yet: level {kept} waits for it.")
        try:
            answer = self.policy.decide(observation)
            level = int(answer)
            loaded = level == answer and 0 <= level < situation.levels
        except Exception as error:  # noqa: BLE001 (a policy may be a user's own)
            return Answer(None, f"Policy {name} failed ({type(error).__name__}: {error}).")
        if not loaded:
            return Answer(None, f"Policy {name} wants level {answer} of 0 to {situation.sparsest}.")
        return Answer(level, f"Policy {name} {_wish(level, kept)}: {_figures(situation)}.")

    def _judge(self, answer: Answer, situation: Situation) -> Verdict:
        verdict = self._shield.review(answer, situation)
        if self._operator_level != AUTOMATIC:
            level = min(self._operator_level, situation.sparsest)
            return Verdict(level, Reason.OPERATOR, f"A person set level {level}.")
        if self._level != situation.level:
            detail = f"Level {self._level} is no longer loaded: level {situation.level} is the sparsest left."
            return Verdict(situation.level, Reason.SHIELD_INVALID_LEVEL, detail)
        if verdict.level == self._level:
            return verdict
        sparser = verdict.level > self._level
        dwell_s = self._options.min_dwell_sparser_s if sparser else self._options.min_dwell_s
        left_s = self._dwell_left_s(dwell_s)
        if left_s == 0.0:
            return verdict
        detail = f"{verdict.detail} This waits {left_s:.1f} s more, for the minimum dwell time."
        return replace(verdict, level=self._level, detail=detail)

    def _dwell_left_s(self, dwell_s: float) -> float:
        return max(0.0, self._switched_s + dwell_s - self._now_s)

    def _switch(self, level: int) -> None:
        if level != self._level:
            self._level = level
            self._switched_s = self._now_s
            self._switches += 1
            self._hearing.forget_latency()


def _wish(level: int, kept: int) -> str:
    return f"keeps level {level}" if level == kept else f"wants level {level} instead of {kept}"


def _figures(situation: Situation) -> str:
    """Return the figures behind a wish, for a person."""
    summary, frame = situation.summary, situation.frame
    if not math.isnan(summary.p95_ms):
        late = f"{summary.miss_share:.0%} of frames late"
        latency = f"p95 latency {summary.p95_ms:.1f} ms of a budget of {situation.budget_ms:.1f} ms, {late}"
    elif frame is not None and frame.level != situation.level:
        latency = f"frames still run at level {frame.level}"
    else:
        latency = f"too few frames at level {situation.level} to judge"
    return latency if math.isnan(situation.charge) else f"{latency}, battery {situation.charge:.0%}"
