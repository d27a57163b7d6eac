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

"""hand-tracking-dsp policy live: policies in the running graph, in turn, under the same load and battery."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

from hand_tracking_dsp.commands.arguments import add_option, require_between
from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.output import (
    machine,
    machine_line,
    make_console,
    make_table,
    require_writable,
    write_json,
)
from hand_tracking_dsp.commands.policy.live_run import (
    BATTERY,
    CONTROLLER,
    DEADLINES,
    DEFAULTS,
    POWER,
    LivePolicy,
    fixed_point,
    load_w,
    run_policy,
    scheduling_in_force,
)
from hand_tracking_dsp.commands.policy.live_table import score_table
from hand_tracking_dsp.commands.up import add_node_parameters, node_parameters, require_ros
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError
from hand_tracking_dsp.evaluation.live_comparison import LiveRun, LiveScore, score_runs
from hand_tracking_dsp.evaluation.load import LoadScript
from hand_tracking_dsp.nodes.graph.processes import Value
from hand_tracking_dsp.options import declaration
from hand_tracking_dsp.resources import default_bank, default_policy
from hand_tracking_dsp.scheduling.options import SchedulingOptions
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest

_DURATION_S = 180.0
# Two hands in fp32 are where the levels' times differ most. On two cores of an AMD EPYC the dense level is in
# time while it is quiet and late in a quarter of all frames of this script, the sparsest level in 0.5 %.
_BUDGET_MS = 36.0
_LOAD = "quiet:15,1:20,2:5,1:20"
_OWN_OPTIONS = {
    ("camera_node", "source"): "give --source",
    (CONTROLLER, "budget_ms"): "give --budget-ms",
    (CONTROLLER, "policy"): "give --policies",
    (CONTROLLER, "policy_file"): "give --policy-file",
    ("camera_node", "scheduling"): "give --scheduling",
    ("hand_tracker_node", "scheduling"): "give --scheduling",
    ("hand_tracker_node", "deadline.ms"): "give --budget-ms",
    ("hand_tracker_node", "deadline.predict"): "give --deadline",
    ("hand_tracker_node", "deadline.reflex"): "give --deadline",
    (POWER, "source"): "the battery is always the simulated one",
    (POWER, "simulated.base_w"): "the energy is counted with the default",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    parser.add_argument("--source", default="synthetic", help="the camera's source (default: %(default)s)")
    parser.add_argument(
        "--duration",
        type=float,
        default=_DURATION_S,
        metavar="S",
        help="seconds of each run (default: %(default)g)",
    )
    parser.add_argument(
        "--load",
        default=_LOAD,
        metavar="SCRIPT",
        help="busy processes and for how many seconds, from the beginning of each run (default: %(default)s)",
    )
    add_option(parser, "--budget-ms", declaration(ControllerOptions, "budget_ms"), default=_BUDGET_MS)
    parser.add_argument(
        "--policies",
        default="learned,index,threshold,fixed",
        metavar="NAMES",
        help="learned, index, threshold, fixed (dense) and fixed:POINT (default: %(default)s)",
    )
    parser.add_argument(
        "--policy-file", type=Path, metavar="FILE", help="policy.json of the learned one; else the package's"
    )
    scheduling = declaration(SchedulingOptions, "scheduling")
    parser.add_argument(
        "--scheduling",
        default=scheduling.default,
        metavar="NAMES",
        help=f"scheduling of camera and tracker: {scheduling.allowed}; several, such as "
        "normal,auto, are compared with each policy (default: %(default)s)",
    )
    parser.add_argument(
        "--deadline",
        default="both",
        metavar="NAMES",
        help=f"what keeps the deadline, which is the budget: {', '.join(DEADLINES)}; several are compared, "
        "too (default: %(default)s)",
    )
    parser.add_argument(
        "--rounds", type=int, default=1, metavar="N", help="runs of each policy; every other backwards"
    )
    add_node_parameters(parser)


def run(options: argparse.Namespace) -> int:
    """Run the graph with each policy in turn, and leave live.json, live.png and a table.

    Ctrl-C ends the comparison with the runs that are complete.

    Raises:
        ConfigurationError: A value cannot be used.
        HandTrackingError: No run was completed, or a node failed; the message says why.
    """
    _check(options)
    require_writable(options.out, "live.json")
    bank = read_manifest(default_bank())
    script = LoadScript.parse(options.load)
    policies = _live_policies(options, bank)
    require_ros()
    view = LiveView()
    view.say(f"{len(policies) * options.rounds} runs of {options.duration:g} s, load {options.load}")
    view.say(machine_line())
    runs: list[LiveRun] = []
    in_force: dict[str, str] = {}
    for number in range(1, options.rounds + 1):
        # Whatever changes slowly, such as heat, falls on all alike when the order turns round.
        for policy in policies if number % 2 else policies[::-1]:
            recording = run_policy(options, script, policy, bank, number, view)
            if recording is None:
                view.say("Interrupted: what follows is of the runs that are complete.")
                return _finish(options, script, policies, runs)
            runs.append(LiveRun(policy.name, recording))
            in_force[policy.name] = scheduling_in_force(options.out, policy, number)
            view.say(f"{policy.name}, round {number}, ran at {in_force[policy.name]}")
            # A later run may fail.
            report = _report(options, bank, policies, runs) | {"scheduling_in_force": in_force}
            write_json(options.out / "live.json", report)
    return _finish(options, script, policies, runs)


def _finish(
    options: argparse.Namespace,
    script: LoadScript,
    policies: Sequence[LivePolicy],
    runs: Sequence[LiveRun],
) -> int:
    if not runs:
        msg = "No run was completed: let the first one reach its end."
        raise HandTrackingError(msg)
    # Its import takes as long as a node's start, which it should not delay.
    from hand_tracking_dsp.evaluation.report.live_plot import save_live_plot

    save_live_plot(runs, script, options.budget_ms, options.out / "live.png")
    console = make_console()
    table = score_table(_scores(policies, runs, options.budget_ms), options.budget_ms)
    console.print(make_table(table["note"], table["headings"], table["rows"]))
    console.print(f"The results are {options.out / 'live.json'} and {options.out / 'live.png'}.")
    return 0


def _check(options: argparse.Namespace) -> None:
    require_between(options, duration=(1, 3600), rounds=(1, 100))
    for node, values in node_parameters(options.parameters).items():
        for parameter in values:
            if advice := _OWN_OPTIONS.get((node, parameter)):
                msg = f"-p cannot set {parameter} of {node} here: {advice}."
                raise ConfigurationError(msg)


def _live_policies(options: argparse.Namespace, bank: Manifest) -> list[LivePolicy]:
    names = [name.strip() for name in options.policies.split(",")]
    if len(set(names)) < len(names):
        msg = f"--policies is {options.policies}: name each policy once, and use --rounds to repeat them."
        raise ConfigurationError(msg)
    known = declaration(SchedulingOptions, "scheduling").choices
    schedulings = _several(options.scheduling, "--scheduling", known)
    deadlines = _several(options.deadline, "--deadline", tuple(DEADLINES))
    found = []
    for name, scheduling, deadline in product(names, schedulings, deadlines):
        full = [name]
        full += [scheduling] if len(schedulings) > 1 else []
        full += [f"deadline {deadline}"] if len(deadlines) > 1 else []
        parameters = _policy_parameters(name, options, bank)
        found.append(LivePolicy(", ".join(full), parameters, scheduling, deadline))
    return found


def _several(text: str, option: str, choices: Collection[str]) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if wrong := [name for name in names if name not in choices]:
        msg = f"{option} is {wrong[0]!r}: choose from {', '.join(choices)}."
        raise ConfigurationError(msg)
    if len(set(names)) < len(names):
        msg = f"{option} is {text}: name each once, and use --rounds to repeat them."
        raise ConfigurationError(msg)
    return names


def _policy_parameters(name: str, options: argparse.Namespace, bank: Manifest) -> Mapping[str, Value]:
    """Return the controller's parameters of a policy, and check that it can be made."""
    if name in ("index", "threshold"):
        return {"policy": name}
    if name == "learned":
        file: Path = options.policy_file or default_policy()
        LearnedPolicy.load(file, bank)
        return {"policy": "learned", "policy_file": str(file.resolve())}
    fixed = {"fixed": 0} | {f"fixed:{point}": point for point in range(len(bank.points))}
    if name not in fixed:
        msg = (
            f"There is no policy {name!r}: choose from learned, index, threshold, fixed (dense) and "
            f"fixed:POINT with an operating point from 0 to {len(bank.points) - 1}."
        )
        raise ConfigurationError(msg)
    return fixed_point(fixed[name])


def _scores(policies: Sequence[LivePolicy], runs: Sequence[LiveRun], budget_ms: float) -> list[LiveScore]:
    of_each = ([run for run in runs if run.policy == policy.name] for policy in policies)
    return [score_runs(those, budget_ms, BATTERY.base_w) for those in of_each if those]


def _report(
    options: argparse.Namespace, bank: Manifest, policies: Sequence[LivePolicy], runs: Sequence[LiveRun]
) -> dict[str, Any]:
    scores = _scores(policies, runs, options.budget_ms)
    of_runs = (score_runs([run], options.budget_ms, BATTERY.base_w) for run in runs)
    return {
        "machine": machine(),
        "source": options.source,
        "bank": bank.name,
        "budget_ms": options.budget_ms,
        "load": options.load,
        "scheduling": options.scheduling,
        "deadline": options.deadline,
        "duration_s": options.duration,
        "parameters": [*DEFAULTS, *options.parameters],
        "policy_file": str(options.policy_file or ""),
        "battery_simulated": True,
        "load_w_estimated": load_w(bank),
        "drift_is": "agreement with the dense level, % of palm size, or what levels that say their own error "
        "expect of it; not accuracy",
        "table": score_table(scores, options.budget_ms),
        "policies": [asdict(one) for one in scores],
        "runs": [asdict(one) for one in of_runs],
    }
