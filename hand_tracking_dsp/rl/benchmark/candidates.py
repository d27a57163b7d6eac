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

"""Candidates of a benchmark: descriptions that can be sent to another process, and their policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hand_tracking_dsp.control.goal_policy import GoalPolicy, GoalPolicyOptions
from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.policies import FixedPolicy, Policy, ThresholdOptions, ThresholdPolicy
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.rl.benchmark.oracle import OraclePolicy
from hand_tracking_dsp.rl.benchmark.pi_policy import PiOptions, PiPolicy
from hand_tracking_dsp.rl.simulation.episode import Episode
from hand_tracking_dsp.tracking.manifest import Manifest

SHIPPED, ORACLE, TUNED, AT_ERROR = (
    "learned (shipped)",
    "oracle",
    "threshold, tuned",
    "threshold, at its error",
)
CONSTRAINED, UNSHIELDED = "learned, constrained mode", "learned, without the shield"
INDEX = "index, without learning"
PI_TUNED = "PI control, tuned"
"""Names of candidates of the report."""

KINDS = ("fixed", "threshold", "index", "pi", "learned", "oracle")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A policy under given options of the controller.

    Attributes:
        name: Name, for people; unique in a benchmark.
        kind: One of KINDS.
        settings: Arguments of FixedPolicy, ThresholdOptions, GoalPolicyOptions or PiOptions.
        file: Manifest of a learned policy.
        options: Options of the controller.
    """

    name: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    file: Path | None = None
    options: ControllerOptions = field(default_factory=ControllerOptions)

    def __post_init__(self) -> None:
        """Refuse what cannot be made.

        Raises:
            ConfigurationError: There is no such kind, or a learned policy has no file.
        """
        if self.kind not in KINDS:
            msg = f"There is no kind of policy {self.kind!r}: choose one of {', '.join(KINDS)}."
            raise ConfigurationError(msg)
        if self.kind == "learned" and self.file is None:
            msg = f"The learned policy {self.name} has no file: give its manifest."
            raise ConfigurationError(msg)

    def policy(self, episode: Episode, weights: GoalWeights, bank: Manifest) -> Policy:
        """Make a fresh policy for an episode."""
        if self.kind == "oracle":
            return OraclePolicy(episode, weights, self.options)
        return self.online_policy(bank)

    def online_policy(self, bank: Manifest) -> Policy:
        """Make a fresh policy that knows nothing beforehand.

        Raises:
            ConfigurationError: It is the oracle.
        """
        if self.kind == "oracle":
            msg = f"{self.name} needs to know its episode: it cannot be played here."
            raise ConfigurationError(msg)
        if self.kind == "fixed":
            return FixedPolicy(**self.settings)
        if self.kind == "threshold":
            return ThresholdPolicy(ThresholdOptions(**self.settings))
        if self.kind == "index":
            return GoalPolicy(options=GoalPolicyOptions(**self.settings))
        if self.kind == "pi":
            return PiPolicy(PiOptions(**self.settings))
        return LearnedPolicy.load(self.file or Path(), bank)


def without_deadline_shield(options: ControllerOptions) -> ControllerOptions:
    """Return the options with a shield that lets frames be late: what a fixed level or a plan needs."""
    return replace(options, shield=replace(options.shield, deadline_miss_limit=1.0))


def without_shield(options: ControllerOptions) -> ControllerOptions:
    """Return the options with a shield that never overrules a valid answer while messages arrive."""
    shield = replace(options.shield, deadline_miss_limit=1.0, stale_drift_s=86400.0)
    battery = replace(options.goals.battery, reserve=0.0)
    return replace(options, shield=shield, goals=replace(options.goals, battery=battery))


def fixed_points(points: int) -> list[Candidate]:
    """Return one candidate for each operating point."""
    options = without_deadline_shield(ControllerOptions())
    return [
        Candidate(f"fixed point {point}", "fixed", {"level": point}, options=options)
        for point in range(points)
    ]
