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

"""Choice of the policy that pruning_controller_node runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hand_tracking_dsp.control.goal_policy import GoalPolicy, GoalPolicyOptions
from hand_tracking_dsp.control.layers.agent import LayerAgent
from hand_tracking_dsp.control.layers.policy import LayerPolicy, LayerPolicyOptions
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.control.policies import FixedPolicy, Policy, ThresholdOptions, ThresholdPolicy
from hand_tracking_dsp.errors import HandTrackingError
from hand_tracking_dsp.resources import default_layer_agent, default_policy
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.composition.block_set import BlockSet
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.precision import choose


def describe(policy: Policy) -> str:
    """Return the name of a policy, and how it was trained."""
    trained = policy.algorithm if isinstance(policy, LearnedPolicy) else ""
    return f"'{policy.name}' ({trained})" if trained else f"'{policy.name}'"


def choose_policy(
    name: str,
    file: str,
    bank: Manifest,
    options: Callable[[str], Mapping[str, Any]],
    warn: Callable[[str], object],
) -> Policy:
    """Make the policy that the parameters policy and policy_file name.

    Args:
        name: "learned", "index", "threshold", "fixed", "akperl", or "auto": the learned one, or index where
            that cannot be used with this bank.
        file: Manifest of the learned policy or of akperl's agent; empty: the package's own.
        bank: The bank that it chooses from.
        options: From a policy's name to its options.
        warn: Called with a sentence where auto takes index.

    Raises:
        HandTrackingError: The policy cannot be made.
    """
    if name == LayerPolicy.name:
        return _layer_policy(file, bank, options, warn)
    if name in ("auto", "learned"):
        try:
            return LearnedPolicy.load(Path(file).expanduser() if file else default_policy(), bank)
        except HandTrackingError as error:
            if name == "learned":
                raise
            warn(f"{error} Until then the index policy decides.")
            name = "index"
    if name == "fixed":
        return FixedPolicy(**options(name))
    if name == "index":
        return GoalPolicy(options=GoalPolicyOptions(**options(name)))
    return ThresholdPolicy(ThresholdOptions(**options(name)))


def _layer_policy(
    file: str,
    bank: Manifest,
    options: Callable[[str], Mapping[str, Any]],
    warn: Callable[[str], object],
) -> LayerPolicy:
    """Make the policy akperl; auto chooses the points for it."""
    precision = choose(bank.levels[0], RuntimeOptions()).info.precision
    profile = CompositionProfile.of(BlockSet.read(bank, precision), bank.levels[0])
    path = Path(file).expanduser() if file else default_layer_agent()
    agent = LayerAgent.load(path, bank, profile)
    inner = choose_policy("auto", "", bank, options, warn)
    return LayerPolicy(inner, agent, PointFigures.of(bank), LayerPolicyOptions(**options(LayerPolicy.name)))
