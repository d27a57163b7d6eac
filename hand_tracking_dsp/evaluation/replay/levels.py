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

"""Choice of each frame's level: one for all, the one recorded, or the controller's."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hand_tracking_dsp.control.controller import Controller
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.policies import Policy, ThresholdPolicy
from hand_tracking_dsp.control.samples import BatterySample
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.messages.samples import latency_sample
from hand_tracking_dsp.recordings.recording import RecordedFrame
from hand_tracking_dsp.tracking.manifest import Manifest

RULES = ("threshold",)
"""Policies that need no file."""

# The controller node's decision_rate_hz.
_DECISION_S = 0.1


@dataclass(frozen=True, slots=True)
class Setting:
    """Setting that is evaluated: one level, one policy, or the recorded levels.

    Attributes:
        name: Name in tables and files.
        level: The level of all frames; None: another way.
        policy: Manifest of a learned policy, or one of RULES; "": none.
        as_recorded: Track the images that the recorded tracker handled, each at its recorded level.
    """

    name: str
    level: int | None = None
    policy: str = ""
    as_recorded: bool = False


class LevelChooser:
    """Chooses the level of each frame, here always the same one."""

    def __init__(self, level: int = 0) -> None:
        self._level = level

    def add_batteries(self, readings: Iterable[BatterySample]) -> None:
        """Take battery readings, in order; they do not matter here."""

    def level(self, frame: RecordedFrame, now_s: float) -> int | None:  # noqa: ARG002
        """Return the level of a frame whose turn begins at a time, seconds; None: it is not tracked."""
        return self._level

    def learn(self, now_s: float, cost: FrameCost) -> None:
        """Take the costs of a frame that was ready at a time, seconds; they do not matter here."""


class RecordedLevel(LevelChooser):
    """Chooses the level that the recorded tracker ran a frame at; frames it did not handle are left out."""

    def level(self, frame: RecordedFrame, now_s: float) -> int | None:  # noqa: ARG002
        """Return the recorded level."""
        return None if frame.recorded is None else frame.recorded.level


class PolicyLevel(LevelChooser):
    """Decides like the controller of the running graph, in the recording's time.

    It receives the latency that each frame had here, and the battery that was recorded; without one the robot
    counts as on mains power. Decisions depend on measured times, and so differ a little from one run to the
    next.
    """

    def __init__(self, levels: int, policy: Policy, budget_ms: float) -> None:
        super().__init__()
        self._controller = Controller(levels, policy, ControllerOptions(budget_ms=budget_ms))
        self._decided_s = -math.inf

    def add_batteries(self, readings: Iterable[BatterySample]) -> None:
        """Give readings to the controller; their stamps are of the same clock as the turns."""
        for reading in readings:
            self._controller.add_battery(reading)

    def level(self, frame: RecordedFrame, now_s: float) -> int | None:  # noqa: ARG002
        """Decide as often as the node would, and return the level in force."""
        if now_s - self._decided_s >= _DECISION_S or now_s < self._decided_s:
            self._decided_s = now_s
            self._level = self._controller.decide(now_s).level
        return self._level

    def learn(self, now_s: float, cost: FrameCost) -> None:
        """Give the costs of a frame to the controller."""
        self._controller.add_latency(latency_sample(cost, now_s))


def level_chooser(setting: Setting, bank: Manifest, budget_ms: float) -> LevelChooser:
    """Make the chooser of a setting.

    Raises:
        ConfigurationError: The bank has no such level.
        ModelError: The policy cannot be used with this bank.
    """
    if setting.policy:
        policy: Policy
        if setting.policy in RULES:
            policy = ThresholdPolicy()
        else:
            policy = LearnedPolicy.load(Path(setting.policy), bank)
        return PolicyLevel(len(bank.levels), policy, budget_ms)
    if setting.as_recorded:
        return RecordedLevel()
    level = setting.level or 0
    if not 0 <= level < len(bank.levels):
        msg = f"There is no level {level}: the bank {bank.name} has levels 0 to {len(bank.levels) - 1}."
        raise ConfigurationError(msg)
    return LevelChooser(level)
