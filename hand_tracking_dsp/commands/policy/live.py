"""hand-tracking-dsp policy live: policies in the running graph, in turn, under the same load and battery."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hand_tracking_dsp.commands.live import LiveView
from hand_tracking_dsp.commands.output import machine, machine_line, make_console, write_json
from hand_tracking_dsp.commands.policy.live_table import score_table, score_value
from hand_tracking_dsp.commands.up import add_node_parameters, node_parameters, require_ros
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError
from hand_tracking_dsp.evaluation.live_comparison import LiveRun, LiveScore, score
from hand_tracking_dsp.evaluation.load import Load, LoadScript
from hand_tracking_dsp.nodes.graph.processes import NODES, Value
from hand_tracking_dsp.nodes.graph.run import GraphRun, run_graph
from hand_tracking_dsp.power.simulated_battery import SimulatedBatteryOptions
from hand_tracking_dsp.recordings.run import Recording
from hand_tracking_dsp.resources import default_bank, default_policy
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest

_DURATION_S = 180.0
# Two hands in fp32 are where the levels' times differ most. On two cores of an AMD EPYC the dense level is in
# time while it is quiet and late in a quarter of all frames of this script, the sparsest level in 0.5 %.
_BUDGET_MS = 36.0
_LOAD = "quiet:15,1:20,2:5,1:20"
_DEFAULTS = ("camera.hands=2", "tracker.precision=fp32")
# At the dense level the battery falls from _CHARGE by _DRAIN within a run, through half charge, where the
# threshold policy begins to save.
_CHARGE, _DRAIN = 0.8, 0.45
_BATTERY = SimulatedBatteryOptions()
_CONTROLLER, _POWER = "pruning_controller_node", "power_node"
_OWN_OPTIONS = {
    ("camera_node", "source"): "give --source",
    (_CONTROLLER, "budget_ms"): "give --budget-ms",
    (_CONTROLLER, "policy"): "give --policies",
    (_CONTROLLER, "policy_file"): "give --policy-file",
    (_POWER, "source"): "the battery is always the simulated one",
    (_POWER, "simulated.base_w"): "the energy is counted with the default",
}


@dataclass(frozen=True, slots=True)
class PolicyRun:
    """A policy by the name that it is given on the command line, and the controller's parameters for it."""

    name: str
    parameters: Mapping[str, Value]


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
    parser.add_argument(
        "--budget-ms",
        type=float,
        default=_BUDGET_MS,
        metavar="MS",
        help="latency budget of a frame, end to end (default: %(default)g)",
    )
    parser.add_argument(
        "--policies",
        default="learned,threshold,fixed",
        metavar="NAMES",
        help="learned, threshold, fixed (dense) and fixed:LEVEL (default: %(default)s)",
    )
    parser.add_argument(
        "--policy-file", type=Path, metavar="FILE", help="policy.json of the learned one; else the package's"
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
    bank = read_manifest(default_bank())
    script = LoadScript.parse(options.load)
    candidates = _policy_runs(options, bank)
    require_ros()
    view = LiveView()
    view.say(f"{len(candidates) * options.rounds} runs of {options.duration:g} s, load {options.load}")
    view.say(machine_line())
    runs: list[LiveRun] = []
    for number in range(1, options.rounds + 1):
        # Whatever changes slowly, such as heat, falls on all alike when the order turns round.
        for candidate in candidates if number % 2 else candidates[::-1]:
            recording = _run(options, script, candidate, bank, number, view)
            if recording is None:
                view.say("Interrupted: what follows is of the runs that are complete.")
                return _finish(options, script, candidates, runs)
            runs.append(LiveRun(candidate.name, recording))
            # A later run may fail.
            write_json(options.out / "live.json", _report(options, bank, candidates, runs))
    return _finish(options, script, candidates, runs)


def _finish(
    options: argparse.Namespace,
    script: LoadScript,
    candidates: Sequence[PolicyRun],
    runs: Sequence[LiveRun],
) -> int:
    if not runs:
        msg = "No run was completed: let the first one reach its end."
        raise HandTrackingError(msg)
    # Its import takes as long as a node's start, which it should not delay.
    from hand_tracking_dsp.evaluation.live_plots import save_live_plot

    save_live_plot(runs, script, options.budget_ms, options.out / "live.png")
    console = make_console()
    console.print(score_table(_scores(candidates, runs, options.budget_ms), options.budget_ms))
    console.print(f"The results are {options.out / 'live.json'} and {options.out / 'live.png'}.")
    return 0


def _check(options: argparse.Namespace) -> None:
    for name, low, high in (("duration", 1, 3600), ("budget_ms", 0.1, 10000), ("rounds", 1, 100)):
        value = getattr(options, name)
        if not low <= value <= high:
            msg = f"--{name.replace('_', '-')} is {value:g}: choose {low:g} to {high:g}."
            raise ConfigurationError(msg)
    for node, values in node_parameters(options.parameters).items():
        for parameter in values:
            if advice := _OWN_OPTIONS.get((node, parameter)):
                msg = f"-p cannot set {parameter} of {node} here: {advice}."
                raise ConfigurationError(msg)


def _policy_runs(options: argparse.Namespace, bank: Manifest) -> list[PolicyRun]:
    names = [name.strip() for name in options.policies.split(",")]
    if len(set(names)) < len(names):
        msg = f"--policies is {options.policies}: name each policy once, and use --rounds to repeat them."
        raise ConfigurationError(msg)
    return [PolicyRun(name, _policy_parameters(name, options, bank)) for name in names]


def _policy_parameters(name: str, options: argparse.Namespace, bank: Manifest) -> Mapping[str, Value]:
    """Return the controller's parameters of a policy, and check that it can be made."""
    if name == "threshold":
        return {"policy": "threshold"}
    if name == "learned":
        file: Path = options.policy_file or default_policy()
        LearnedPolicy.load(file, bank)
        return {"policy": "learned", "policy_file": str(file.resolve())}
    fixed = {"fixed": 0} | {f"fixed:{level}": level for level in range(len(bank.levels))}
    if name not in fixed:
        msg = (
            f"There is no policy {name!r}: choose from learned, threshold, fixed (dense) and fixed:LEVEL "
            f"with a level from 0 to {len(bank.levels) - 1}."
        )
        raise ConfigurationError(msg)
    # The shield would make it sparser, and it would be no fixed level.
    shield = {"shield.deadline_miss_limit": 1.0, "shield.battery_reserve": 0.0}
    return {"policy": "fixed", "fixed.level": fixed[name], "initial_level": fixed[name], **shield}


class _LiveSession:
    """What happens around a run: the load, and the line that says how it goes."""

    def __init__(self, name: str, duration_s: float, load: Load, view: LiveView) -> None:
        self._name = name
        self._duration_s = duration_s
        self._load = load
        self._view = view
        self._elapsed_s = -1.0

    @property
    def complete(self) -> bool:
        """Whether the run reached its end."""
        return self._elapsed_s >= self._duration_s

    def tick(self, recording: Recording, elapsed_s: float) -> None:
        """Start the load with the run; called some times a second, with negative seconds before."""
        if elapsed_s < 0:
            waiting = f"starting for {-elapsed_s:.0f} s"
            self._view.update([("run", self._name), ("time", waiting)], f"{self._name} | {waiting}")
            return
        if self._elapsed_s < 0:
            self._load.start()
        self._elapsed_s = elapsed_s
        newest = recording.costs[-1]
        charge = f"{100 * recording.charges[-1].charge:.0f} %" if recording.charges else "not heard yet"
        rows = [
            ("run", self._name),
            ("time", f"{elapsed_s:.1f} of {self._duration_s:g} s"),
            ("load", f"{self._load.busy} processes"),
            ("level", str(newest.level)),
            ("latency", f"{newest.end_to_end_ms:.1f} ms end to end"),
            ("battery", f"{charge} (simulated)"),
        ]
        self._view.update(rows, " | ".join(f"{name} {value}" for name, value in rows))


def _run(
    options: argparse.Namespace,
    script: LoadScript,
    candidate: PolicyRun,
    bank: Manifest,
    number: int,
    view: LiveView,
) -> Recording | None:
    """Run the graph once; None: it was interrupted."""
    given = node_parameters([*_DEFAULTS, *options.parameters])
    # What makes a policy what it is goes before what is given for all.
    given[_CONTROLLER] = {
        name: text for name, text in given.get(_CONTROLLER, {}).items() if name not in candidate.parameters
    }
    graph = GraphRun(
        options.duration,
        NODES[:-1],
        NODES[-1:],
        _parameters(options, candidate, bank),
        options.out / f"{candidate.name.replace(':', '_')}_{number}.nodes.log",
        yaml_parameters=given,
    )
    with Load(script) as load:
        session = _LiveSession(f"{candidate.name}, round {number}", options.duration, load, view)
        try:
            recording = run_graph(graph, on_state=session.tick)
        except KeyboardInterrupt:  # while nodes were started or stopped
            return None
    return recording if session.complete else None


def _parameters(
    options: argparse.Namespace, candidate: PolicyRun, bank: Manifest
) -> dict[str, dict[str, Value]]:
    load_w = _load_w(bank)
    lifetime_s = 3600 * _BATTERY.capacity_wh / (_BATTERY.base_w + load_w[0])
    return {
        "camera_node": {"source": options.source},
        _CONTROLLER: {"budget_ms": options.budget_ms, **candidate.parameters},
        _POWER: {
            "source": "simulated",
            "simulated.base_w": _BATTERY.base_w,
            "simulated.load_w": load_w,
            "simulated.charge": _CHARGE,
            "simulated.time_scale": _DRAIN * lifetime_s / options.duration,
        },
    }


def _load_w(bank: Manifest) -> list[float]:
    """Estimate what the tracker draws at each level, watts: as its network's multiplications are to dense."""
    return [_BATTERY.load_w[0] * level.macs / max(bank.levels[0].macs, 1) for level in bank.levels]


def _scores(candidates: Sequence[PolicyRun], runs: Sequence[LiveRun], budget_ms: float) -> list[LiveScore]:
    of_each = ([run for run in runs if run.policy == candidate.name] for candidate in candidates)
    return [score(those, budget_ms, _BATTERY.base_w) for those in of_each if those]


def _report(
    options: argparse.Namespace, bank: Manifest, candidates: Sequence[PolicyRun], runs: Sequence[LiveRun]
) -> dict[str, Any]:
    scores = _scores(candidates, runs, options.budget_ms)
    of_runs = (score([run], options.budget_ms, _BATTERY.base_w) for run in runs)
    return {
        "machine": machine(),
        "source": options.source,
        "bank": bank.name,
        "budget_ms": options.budget_ms,
        "load": options.load,
        "duration_s": options.duration,
        "parameters": [*_DEFAULTS, *options.parameters],
        "policy_file": str(options.policy_file or ""),
        "battery_simulated": True,
        "load_w_estimated": _load_w(bank),
        "drift_is": "agreement with the dense level, % of palm size; not accuracy",
        "table": score_value(scores, options.budget_ms),
        "policies": [asdict(one) for one in scores],
        "runs": [asdict(one) for one in of_runs],
    }
