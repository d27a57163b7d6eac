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

"""Choice of each frame's operating point: one for all, that of the recorded level, or the controller's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hand_tracking_dsp.control.controller import Controller
from hand_tracking_dsp.control.goal_policy import GoalPolicy
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.control.policies import Policy, ThresholdPolicy
from hand_tracking_dsp.control.samples import BatterySample
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.messages.samples import latency_sample
from hand_tracking_dsp.recordings.recording import RecordedFrame
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.operating_point import OperatingPoint

RULES: Mapping[str, Callable[[], Policy]] = {"index": GoalPolicy, "threshold": ThresholdPolicy}
"""Policies that need no file."""

# The controller node's decision_rate_hz.
PointChoice = tuple[int, OperatingPoint]
"""Number of a point in the bank's list, NO_POINT where it is none of it, and the point."""

_DECISION_S = 0.1


@dataclass(frozen=True, slots=True)
class Setting:
    """Setting that is evaluated: one level or operating point, one policy, or the recorded levels.

    Attributes:
        name: Name in tables and files.
        level: The level of all frames, at its densest operating point; None: another way.
        point: Number of the operating point of all frames; None: another way.
        policy: Manifest of a learned policy, or one of RULES; "": none.
        as_recorded: Track the images that the recorded tracker handled, each at its recorded level.
        depth_mode: One of DEPTH_MODES of depth/input_options.py.
    """

    name: str
    level: int | None = None
    point: int | None = None
    policy: str = ""
    as_recorded: bool = False
    depth_mode: str = "rgb"


class PointChooser:
    """Chooses the operating point of each frame, here always the same one.

    Args:
        choice: Number of the point in the bank's list, NO_POINT where it is none of it, and the point.
    """

    def __init__(self, choice: PointChoice) -> None:
        self._choice = choice

    def add_batteries(self, readings: Iterable[BatterySample]) -> None:
        """Take battery readings, in order; they do not matter here."""

    def choose(self, frame: RecordedFrame, now_s: float) -> PointChoice | None:  # noqa: ARG002
        """Return the point of a frame whose turn begins at a time, seconds; None: it is not tracked."""
        return self._choice

    def learn(self, now_s: float, cost: FrameCost) -> None:
        """Take the costs of a frame that was ready at a time, seconds; they do not matter here."""


class RecordedPoint(PointChooser):
    """Chooses the densest point of the level that the recorded tracker ran a frame at; leaves out others."""

    def __init__(self, bank: Manifest) -> None:
        super().__init__(bank.point(0))
        self._bank = bank

    def choose(self, frame: RecordedFrame, now_s: float) -> PointChoice | None:  # noqa: ARG002
        """Return the point of the recorded level."""
        return None if frame.recorded is None else self._bank.point(frame.recorded.level)


class PolicyPoint(PointChooser):
    """Decides like the controller of the running graph, in the recording's time.

    It receives the latency that each frame had here, and the battery that was recorded; without one the robot
    counts as on mains power. Decisions depend on measured times, and so differ a little from one run to the
    next.
    """

    def __init__(self, bank: Manifest, policy: Policy, budget_ms: float) -> None:
        super().__init__((0, bank.points[0].point))
        self._points = bank.points
        options = ControllerOptions(budget_ms=budget_ms)
        self._controller = Controller(PointFigures.of(bank), policy, options)
        self._decided_s = -math.inf

    def add_batteries(self, readings: Iterable[BatterySample]) -> None:
        """Give readings to the controller; their stamps are of the same clock as the turns."""
        for reading in readings:
            self._controller.add_battery(reading)

    def choose(self, frame: RecordedFrame, now_s: float) -> PointChoice | None:  # noqa: ARG002
        """Decide as often as the node would, and return the point in force."""
        if now_s - self._decided_s >= _DECISION_S or now_s < self._decided_s:
            self._decided_s = now_s
            number = self._controller.decide(now_s).point
            self._choice = number, self._points[number].point
        return self._choice

    def learn(self, now_s: float, cost: FrameCost) -> None:
        """Give the costs of a frame to the controller."""
        self._controller.add_latency(latency_sample(cost, now_s))


def point_chooser(setting: Setting, bank: Manifest, budget_ms: float) -> PointChooser:
    """Make the chooser of a setting.

    Raises:
        ConfigurationError: The bank has no such level or operating point.
        ModelError: The policy cannot be used with this bank.
    """
    if setting.policy:
        rule = RULES.get(setting.policy)
        policy = rule() if rule else LearnedPolicy.load(Path(setting.policy), bank)
        return PolicyPoint(bank, policy, budget_ms)
    if setting.as_recorded:
        return RecordedPoint(bank)
    if setting.point is not None:
        return PointChooser((setting.point, require_point(bank, setting.point)))
    level = setting.level or 0
    require_level(bank, level)
    return PointChooser(bank.point(level))


def require_level(bank: Manifest, level: int) -> None:
    """Check that a bank has a level.

    Raises:
        ConfigurationError: It has not.
    """
    if not 0 <= level < len(bank.levels):
        msg = f"There is no level {level}: the bank {bank.name} has levels 0 to {len(bank.levels) - 1}."
        raise ConfigurationError(msg)


def require_point(bank: Manifest, number: int) -> OperatingPoint:
    """Return an operating point of a bank by its number.

    Raises:
        ConfigurationError: The bank has no such point.
    """
    if not 0 <= number < len(bank.points):
        msg = f"There is no operating point {number}: the bank {bank.name} has 0 to {len(bank.points) - 1}."
        raise ConfigurationError(msg)
    return bank.points[number].point
