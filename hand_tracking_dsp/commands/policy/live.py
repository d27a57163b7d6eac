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

"""hand-tracking-dsp policy live: policies in the running graph, in random order, under the same load."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from hand_tracking_dsp.commands.arguments import add_option, add_seed, require_at_least, require_between
from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.output import (
    machine_line,
    make_console,
    make_table,
    require_writable,
    write_json,
)
from hand_tracking_dsp.commands.policy.live_cases import live_cases, live_policies, live_turns
from hand_tracking_dsp.commands.policy.live_dense import DenseComparison
from hand_tracking_dsp.commands.policy.live_report import LiveReport
from hand_tracking_dsp.commands.policy.live_run import (
    CAMERA,
    CONTROLLER,
    CORE_W,
    DEADLINES,
    POWER,
    TRACKER,
    LiveTurn,
    Measuring,
    file_name,
    run_policy,
    scheduling_in_force,
)
from hand_tracking_dsp.commands.policy.live_table import shown_part
from hand_tracking_dsp.commands.up import add_node_parameters, node_parameters, require_ros
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError
from hand_tracking_dsp.evaluation.live_comparison import LiveRun
from hand_tracking_dsp.evaluation.load import LoadScript
from hand_tracking_dsp.options import declaration
from hand_tracking_dsp.power.energy_meter import ENERGY_KINDS, EnergyMeter, open_energy_meter
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.scheduling.options import SchedulingOptions
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest

_DURATION_S = 180.0
_LOAD = "quiet:15,1:20,2:5,1:20"
_OWN_OPTIONS = {
    (CAMERA, "source"): "give --source",
    (CAMERA, "hands"): "give --hands",
    (CONTROLLER, "budget_ms"): "give --budget-ms",
    (CONTROLLER, "policy"): "give --policies",
    (CONTROLLER, "policy_file"): "give --policy-file",
    (CAMERA, "scheduling"): "give --scheduling",
    (TRACKER, "scheduling"): "give --scheduling",
    (TRACKER, "deadline.ms"): "give --budget-ms",
    (TRACKER, "deadline.predict"): "give --deadline",
    (TRACKER, "deadline.reflex"): "give --deadline",
    (POWER, "source"): "the battery is always the simulated one",
    (POWER, "simulated.base_w"): "the battery is to fall through half charge",
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
    _add_policies(parser)
    _add_cases(parser)
    parser.add_argument(
        "--rounds",
        type=int,
        default=1,
        metavar="N",
        help="runs of each policy in each case, all in a random order in each round (default: %(default)s)",
    )
    add_seed(parser)
    parser.add_argument(
        "--no-usable",
        dest="usable",
        action="store_false",
        help="do not show the images of each run to the dense level afterwards",
    )
    parser.add_argument(
        "--energy",
        choices=ENERGY_KINDS,
        default="auto",
        help="what measures it; auto: ina3221 or rapl, else an estimate of processor time (default: auto)",
    )
    parser.add_argument(
        "--core-watts",
        type=float,
        default=CORE_W,
        metavar="W",
        help="power of a busy core, for the estimate (default: %(default)g)",
    )
    add_node_parameters(parser)


def _add_policies(parser: argparse.ArgumentParser) -> None:
    """Declare which policies are compared."""
    parser.add_argument(
        "--policies",
        default="learned,index,threshold,fixed",
        metavar="NAMES",
        help="learned, index, threshold, tuned, fixed (dense) and fixed:POINT (default: %(default)s)",
    )
    parser.add_argument(
        "--policy-file", type=Path, metavar="FILE", help="policy.json of the learned one; else the package's"
    )
    parser.add_argument(
        "--rule-settings",
        type=Path,
        metavar="FILE",
        help="settings of tuned, the threshold rule: policy report's report.json, or a JSON object of them",
    )


def _add_cases(parser: argparse.ArgumentParser) -> None:
    """Declare what makes the cases: of several values each combination is one."""
    budget = f"{ControllerOptions().budget_ms:g}"
    add_option(
        parser,
        "--budget-ms",
        declaration(ControllerOptions, "budget_ms"),
        type=str,
        default=budget,
        metavar="MS",
        help=f"latency budget, several with commas between are cases of their own (default: {budget})",
    )
    parser.add_argument(
        "--hands",
        metavar="N",
        help="hands in the drawn picture, 1, 2 or 1,2, which are cases (default: 2)",
    )
    scheduling = declaration(SchedulingOptions, "scheduling")
    parser.add_argument(
        "--scheduling",
        default=scheduling.default,
        metavar="NAMES",
        help=f"scheduling of camera and tracker: {scheduling.allowed}; several, such as "
        "normal,auto, are cases (default: %(default)s)",
    )
    parser.add_argument(
        "--deadline",
        default="both",
        metavar="NAMES",
        help=f"what keeps the deadline, which is the budget: {', '.join(DEADLINES)}; several are compared "
        "with each policy (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Run the graph with each policy in each case, and leave live.json, pictures and a table a case.

    Ctrl-C ends the comparison with the runs that are complete.

    Raises:
        ConfigurationError: A value cannot be used.
        SourceError: There is no such source of energy.
        HandTrackingError: No run was completed, or a node failed; the message says why.
    """
    _check(options)
    require_writable(options.out, "live.json")
    bank = read_manifest(default_bank())
    script = LoadScript.parse(options.load)
    cases, policies = live_cases(options), live_policies(options, bank)
    energy = open_energy_meter(options.energy)
    require_ros()
    view = LiveView()
    turns = live_turns(cases, policies, options.rounds, options.seed)
    view.say(f"{len(turns)} runs of {options.duration:g} s, load {options.load}")
    view.say(machine_line())
    report = LiveReport(options, bank, cases, policies, energy.name if energy else "")
    dense = DenseComparison(options, view)
    for turn in turns:
        found = _run(options, script, turn, bank, view, energy, dense)
        if found is None:
            view.say("Interrupted: what follows is of the runs that are complete.")
            break
        in_force = scheduling_in_force(options.out, turn)
        report.add(turn, found, in_force)
        view.say(f"{turn.name}, ran at {in_force}")
        # A later run may fail.
        write_json(options.out / "live.json", report.value())
    return _finish(options, script, report)


def _run(
    options: argparse.Namespace,
    script: LoadScript,
    turn: LiveTurn,
    bank: Manifest,
    view: LiveView,
    energy: EnergyMeter | None,
    dense: DenseComparison,
) -> LiveRun | None:
    """Run the graph once, and compare its hands with the dense level's afterwards."""
    with dense.keeping() as spool:
        measuring = Measuring(
            energy,
            options.core_watts,
            truth=options.usable and dense.draws,
            on_image=None if spool is None else spool.add,
        )
        found = run_policy(options, script, turn, bank, view, measuring)
        try:
            return found and dense.compare(found, turn.case, spool)
        except KeyboardInterrupt:
            return None


def _finish(options: argparse.Namespace, script: LoadScript, report: LiveReport) -> int:
    if not report.runs:
        msg = "No run was completed: let the first one reach its end."
        raise HandTrackingError(msg)
    # Its import takes as long as a node's start, which it should not delay.
    from hand_tracking_dsp.evaluation.report.live_plot import save_live_plot

    console = make_console()
    written = ["live.json"]
    for case in report.cases:
        name = f"live_{file_name(case.name)}.png" if case.name else "live.png"
        save_live_plot(report.runs[case], script, case.budget_ms, options.out / name)
        written.append(name)
        table = report.table(case)
        console.print(make_table(table["about"], *shown_part(table)))
        console.print(report.verdict(case))
    console.print(report.explanation)
    console.print(f"The results are {_listed(written)} in {options.out}.")
    return 0


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _check(options: argparse.Namespace) -> None:
    require_between(options, duration=(1, 3600), rounds=(1, 100), core_watts=(0.01, 1000))
    require_at_least(options, seed=0)
    for node, values in node_parameters(options.parameters).items():
        for parameter in values:
            if advice := _OWN_OPTIONS.get((node, parameter)):
                msg = f"-p cannot set {parameter} of {node} here: {advice}."
                raise ConfigurationError(msg)
