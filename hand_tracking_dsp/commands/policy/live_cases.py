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

"""Cases and policies of policy live: what is combined with what, and the order of the runs."""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from itertools import product
from pathlib import Path
from typing import Any, cast

from hand_tracking_dsp.cameras.factory import DRAWN_SOURCES
from hand_tracking_dsp.commands.policy.live_run import DEADLINES, LiveCase, LivePolicy, LiveTurn, fixed_point
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.policies import ThresholdOptions
from hand_tracking_dsp.documents import read_json
from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.nodes.graph.processes import Value
from hand_tracking_dsp.options import declaration, make_options
from hand_tracking_dsp.resources import default_policy
from hand_tracking_dsp.scheduling.options import SchedulingOptions
from hand_tracking_dsp.tracking.manifest import Manifest

_HANDS = ("1", "2")


def live_cases(options: argparse.Namespace) -> list[LiveCase]:
    """Return every combination of --budget-ms, --hands and --scheduling.

    Raises:
        ConfigurationError: A value cannot be used.
    """
    budget = declaration(ControllerOptions, "budget_ms")
    budgets = [cast("float", budget.accept(value, "--budget-ms")) for value in _numbers(options.budget_ms)]
    _require_once(options.budget_ms, "--budget-ms", budgets)
    drawn = options.source in DRAWN_SOURCES
    if options.hands is not None and not drawn:
        msg = f"--hands is {options.hands}: a camera's hands cannot be chosen; leave it out, or --source."
        raise ConfigurationError(msg)
    hands = [int(name) for name in _several(options.hands or "2", "--hands", _HANDS)] if drawn else [0]
    known = declaration(SchedulingOptions, "scheduling").choices
    schedulings = _several(options.scheduling, "--scheduling", known)
    return [
        LiveCase(_case_name(one, (budgets, hands, schedulings)), *one)
        for one in product(budgets, hands, schedulings)
    ]


def live_policies(options: argparse.Namespace, bank: Manifest) -> list[LivePolicy]:
    """Return every combination of --policies and --deadline; each policy can be made.

    Raises:
        ConfigurationError: A value cannot be used.
        ModelError: The learned policy cannot be read or does not fit the bank.
    """
    names = [name.strip() for name in options.policies.split(",")]
    if len(set(names)) < len(names):
        msg = f"--policies is {options.policies}: name each policy once, and use --rounds to repeat them."
        raise ConfigurationError(msg)
    deadlines = _several(options.deadline, "--deadline", tuple(DEADLINES))
    found = []
    for name, deadline in product(names, deadlines):
        full = f"{name}, deadline {deadline}" if len(deadlines) > 1 else name
        found.append(LivePolicy(full, _policy_parameters(name, options, bank), deadline))
    return found


def live_turns(
    cases: Sequence[LiveCase], policies: Sequence[LivePolicy], rounds: int, seed: int
) -> list[LiveTurn]:
    """Return the runs in the order in which they take place: each round in a random order of its own.

    Whatever changes slowly on the machine, such as heat, so falls on all alike.
    """
    generator = random.Random(seed)
    turns = []
    for number in range(1, rounds + 1):
        of_round = [LiveTurn(case, policy, number) for case, policy in product(cases, policies)]
        turns += generator.sample(of_round, len(of_round))
    return turns


def densest(policies: Sequence[LivePolicy]) -> str:
    """Return the name of the policy that keeps the densest point of those that are compared; "": none."""
    kept = {one.name: one.parameters["fixed.level"] for one in policies if "fixed.level" in one.parameters}
    return min(kept, key=lambda name: int(str(kept[name])), default="")


def _case_name(one: tuple[float, int, str], all_values: tuple[Sequence[Any], ...]) -> str:
    """Name what differs between cases; "" for a single one."""
    budget_ms, hands, scheduling = one
    words = (f"{budget_ms:g} ms", f"{hands} hand{'s' * (hands > 1)}", f"scheduling {scheduling}")
    return ", ".join(word for word, values in zip(words, all_values, strict=True) if len(values) > 1)


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in str(text).split(",")]
    except ValueError:
        msg = f"--budget-ms is {text!r}: write milliseconds, several with commas between, for example 33,16."
        raise ConfigurationError(msg) from None


def _several(text: str, option: str, choices: Collection[str]) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if wrong := [name for name in names if name not in choices]:
        msg = f"{option} is {wrong[0]!r}: choose from {', '.join(choices)}."
        raise ConfigurationError(msg)
    _require_once(text, option, names)
    return names


def _require_once(text: str, option: str, values: Sequence[object]) -> None:
    if len(set(values)) < len(values):
        msg = f"{option} is {text}: name each once, and use --rounds to repeat them."
        raise ConfigurationError(msg)


def _policy_parameters(name: str, options: argparse.Namespace, bank: Manifest) -> Mapping[str, Value]:
    """Return the controller's parameters of a policy, and check that it can be made."""
    if name in ("index", "threshold"):
        return {"policy": name}
    makers: dict[str, Callable[[], Mapping[str, Value]]] = {
        "learned": lambda: _learned(options.policy_file, bank),
        "tuned": lambda: _tuned(options.rule_settings),
    }
    if name in makers:
        return makers[name]()
    fixed = {"fixed": 0} | {f"fixed:{point}": point for point in range(len(bank.points))}
    if name not in fixed:
        msg = (
            f"There is no policy {name!r}: choose from learned, index, threshold, tuned, fixed (dense) and "
            f"fixed:POINT with an operating point from 0 to {len(bank.points) - 1}."
        )
        raise ConfigurationError(msg)
    return fixed_point(fixed[name])


def _learned(file: Path | None, bank: Manifest) -> Mapping[str, Value]:
    path = file or default_policy()
    LearnedPolicy.load(path, bank)
    return {"policy": "learned", "policy_file": str(path.resolve())}


def _tuned(file: Path | None) -> Mapping[str, Value]:
    """Return the parameters of the threshold rule with the settings of a file."""
    # Its import takes as long as a node's start.
    from hand_tracking_dsp.rl.benchmark.candidates import TUNED

    if file is None:
        msg = "The policy tuned needs its settings: name policy report's report.json by --rule-settings."
        raise ConfigurationError(msg)
    try:
        value = read_json(file)
    except (ModelError, OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        msg = f"--rule-settings {file} cannot be read ({reason}): make it with 'policy report'."
        raise ConfigurationError(msg) from error
    settings: Any = value
    if isinstance(value, dict) and isinstance(value.get("settings"), dict):
        settings = value["settings"].get(TUNED)
    known = {field.name for field in fields(ThresholdOptions)}
    if not isinstance(settings, dict) or not settings or not settings.keys() <= known:
        msg = (
            f"--rule-settings {file} has no settings of the threshold rule: name policy report's "
            f"report.json, or a JSON object of {', '.join(sorted(known))}."
        )
        raise ConfigurationError(msg)
    accepted = {
        name: declaration(ThresholdOptions, name).accept(given, f"{name} in {file}")
        for name, given in settings.items()
    }
    make_options(ThresholdOptions, accepted)
    return {"policy": "threshold"} | {f"threshold.{name}": given for name, given in accepted.items()}
