"""Which level a frame runs at: one for all, the one recorded, or what the controller decides."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from hand_tracking_dsp.control.controller import Controller
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.policies import Policy, make_policy
from hand_tracking_dsp.control.samples import BatterySample, LatencySample
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.recordings.recording import RecordedFrame
from hand_tracking_dsp.tracking.drift import Drift
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.types import FrameStats

RULES = ("threshold",)
"""Policies that need no file."""

# The controller node's decision_rate_hz.
_DECISION_S = 0.1


@dataclass(frozen=True, slots=True)
class Setting:
    """What is evaluated: one level, one policy, or what was recorded.

    Attributes:
        name: In tables and files.
        level: The level of all frames; None: another way.
        policy: Manifest of a learned policy, or one of RULES; "": none.
        as_recorded: Track the images that the recorded tracker handled, each at its recorded level.
    """

    name: str
    level: int | None = None
    policy: str = ""
    as_recorded: bool = False


class LevelChooser(Protocol):
    """Says each frame's level and learns what came of it."""

    def level(self, frame: RecordedFrame, now_s: float) -> int | None:
        """Return the level of a frame whose turn begins at a time; None: the frame is not tracked."""

    def learn(self, now_s: float, stats: FrameStats, hands: int, latency_ms: float, drift: Drift) -> None:
        """Take what a frame cost that was ready at a time, seconds."""


class FixedLevel:
    """The same level for all frames."""

    def __init__(self, level: int) -> None:
        self._level = level

    def level(self, frame: RecordedFrame, now_s: float) -> int | None:  # noqa: ARG002
        """Return the level."""
        return self._level

    def learn(self, now_s: float, stats: FrameStats, hands: int, latency_ms: float, drift: Drift) -> None:
        """Learn nothing."""


class RecordedLevel:
    """The level that the recorded tracker ran a frame at; frames that it did not handle are left out."""

    def level(self, frame: RecordedFrame, now_s: float) -> int | None:  # noqa: ARG002
        """Return the recorded level."""
        return None if frame.recorded is None else frame.recorded.level

    def learn(self, now_s: float, stats: FrameStats, hands: int, latency_ms: float, drift: Drift) -> None:
        """Learn nothing."""


class PolicyLevel:
    """The controller of the running graph, in the recording's time.

    It hears the latency that each frame had here, and the battery that was recorded; without one the robot
    counts as on mains power. What it decides depends on measured times, and so differs a little from one
    run to the next.

    Args:
        levels: Levels of the bank.
        policy: What decides.
        budget_ms: Latency budget.
    """

    def __init__(self, levels: int, policy: Policy, budget_ms: float) -> None:
        self._controller = Controller(levels, policy, ControllerOptions(budget_ms=budget_ms))
        self._decided_s = -math.inf
        self._level = 0
        self._battery: BatterySample | None = None

    def level(self, frame: RecordedFrame, now_s: float) -> int | None:
        """Decide as often as the node would, and return the level in force."""
        if frame.battery is not None and frame.battery is not self._battery:
            self._battery = frame.battery
            self._controller.add_battery(replace(frame.battery, stamp_s=now_s))
        if now_s - self._decided_s >= _DECISION_S or now_s < self._decided_s:
            self._decided_s = now_s
            self._level = self._controller.decide(now_s).level
        return self._level

    def learn(self, now_s: float, stats: FrameStats, hands: int, latency_ms: float, drift: Drift) -> None:
        """Tell the controller what the frame cost."""
        self._controller.add_latency(
            LatencySample(
                stamp_s=now_s,
                total_ms=stats.total_ms,
                end_to_end_ms=latency_ms,
                level=stats.level,
                sparsity=stats.sparsity,
                presence=stats.presence,
                input_mean=stats.input_mean,
                input_std=stats.input_std,
                drift=drift.drift,
                drift_sparser=drift.drift_sparser,
                smoothing_residual=stats.smoothing_residual,
                hands=hands,
            )
        )


def level_chooser(setting: Setting, bank: Manifest, budget_ms: float) -> LevelChooser:
    """Make what a setting asks for.

    Raises:
        ConfigurationError: The bank has no such level.
        ModelError: The policy cannot be used with this bank.
    """
    if setting.policy:
        policy: Policy
        if setting.policy in RULES:
            policy = make_policy(setting.policy)
        else:
            policy = LearnedPolicy.load(Path(setting.policy), bank)
        return PolicyLevel(len(bank.levels), policy, budget_ms)
    if setting.as_recorded:
        return RecordedLevel()
    level = setting.level or 0
    if not 0 <= level < len(bank.levels):
        msg = f"There is no level {level}: the bank {bank.name} has levels 0 to {len(bank.levels) - 1}."
        raise ConfigurationError(msg)
    return FixedLevel(level)
