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

"""The report on a policy: tables, pictures, one HTML page that works offline, and report.json."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from hand_tracking_dsp.evaluation.report.html import data_uri, write_page
from hand_tracking_dsp.rl.benchmark.candidates import ORACLE, SHIPPED
from hand_tracking_dsp.rl.benchmark.paired_tests import mean_of
from hand_tracking_dsp.rl.benchmark.pareto_plot import plot_pareto
from hand_tracking_dsp.rl.benchmark.report_plots import plot_episode, plot_gains
from hand_tracking_dsp.rl.benchmark.results import LATE_LIMIT, BenchmarkResults

NOT_MEASURED = (
    "Accuracy against true joints: drift and error are distances from the dense level's landmarks.",
    "Energy: it is simulated from the time that networks compute and from invented watts.",
    "Robots: missions are simulated. Load and latency come from traces of one machine.",
    "Slower machines and throttling: they are extrapolated. Hands, scene lengths and batteries are invented.",
    "Throttling by the tracker's own heat: it is simulated, of one invented heat capacity.",
)

_HEADINGS = {
    "gain": "reward",
    "miss_share": "late frames, %",
    "usable": "usable hands, %",
    "error": "error, 1 - Accuracy",
    "drift_percent": "drift, % of palm",
    "energy_j": "energy, J (simulated)",
    "lasted": "batteries that lasted, %",
    "level": "level",
    "switches": "changes",
}

# Factor, and digits behind the point, where they are not 1 and 2.
_FORMS = {"miss_share": (100, 2), "usable": (100, 1), "lasted": (100, 0), "gain": (1, 3), "error": (1, 3)}

_COLUMNS = (
    "reward",
    "% of the oracle's",
    *list(_HEADINGS.values())[1:],
    "hypervolume",
    f"to {100 * LATE_LIMIT:g} % late",
)

_TEMPLATE = Path(__file__).with_name("report.html")


def report_value(
    results: BenchmarkResults, training: dict[str, Any], machine: dict[str, Any]
) -> dict[str, Any]:
    """Return what report.json holds."""
    benchmark = results.benchmark
    return {
        "aims": [asdict(aim) for aim in results.aims],
        "policies": results.table(),
        "paired_tests_of_the_shipped_policy": results.tests,
        "over_training_seeds": results.over_trainings.value(),
        "hypervolume": {
            "reference": results.reference,
            "late_limit": LATE_LIMIT,
            "sets": results.hypervolume_sets,
        },
        "by_speed_of_the_device": results.speed.value(),
        "adversarial_missions": results.adversarial.value(),
        "settings": {name: dict(one.settings) for name, one in results.candidates.items() if one.settings},
        "decision_ms": dict(zip(("p50", "p99"), results.decision_ms, strict=True)),
        "weights": {"alpha": benchmark.weights.alpha, "beta": benchmark.weights.beta},
        "missions": {
            "seeds": [min(results.episodes), max(results.episodes)],
            "options": asdict(benchmark.episodes),
        },
        "device": {"name": benchmark.device.name, "source": benchmark.device.source},
        "bank": {"name": benchmark.bank.name, "fingerprint": benchmark.bank.fingerprint},
        "training": training,
        "machine": machine,
        "not_measured": NOT_MEASURED,
    }


def write_report(
    results: BenchmarkResults, training: dict[str, Any], out: Path, live: dict[str, Any] | None = None
) -> None:
    """Write report.html and the pictures it holds into a folder.

    Args:
        results: All that was found.
        training: Provenance of the shipped policy.
        out: Folder.
        live: Table of a comparison in the running graph: headings, rows, note, picture (a path).

    Raises:
        OutputError: A file cannot be written.
    """
    plot_pareto(results, out / "pareto.png")
    plot_gains(results, out / "gains.png")
    plot_episode(results, _telling_episode(results), out / "mission.png")
    plots = [
        ("Late frames, error, energy and usable hands", out / "pareto.png"),
        ("Reward of each mission", out / "gains.png"),
        ("One mission", out / "mission.png"),
    ]
    if live:
        plots.append(("The running graph over time", Path(live["picture"])))
    write_page(
        _TEMPLATE,
        out / "report.html",
        title="Policy report",
        intro=[_intro(results, training)],
        aims=results.aims,
        headings=["policy", *_COLUMNS, "most changes in a minute", "shield disobeyed"],
        rows=[(name, *cells) for name, cells in rows(results)],
        hypervolume=hypervolume_note(results),
        trainings=results.over_trainings,
        speed=results.speed,
        adversarial=results.adversarial,
        plots=[{"title": title, "source": data_uri(path.read_bytes())} for title, path in plots],
        live=live,
        not_measured=NOT_MEASURED,
        how=_how(results, training),
    )


def _telling_episode(results: BenchmarkResults) -> int:
    """Return the seed of an episode in which the dense level is late more often than in three of four."""
    late = [score.miss_share for score in next(iter(results.scores.values()))]
    order = sorted(range(len(late)), key=late.__getitem__)
    return results.episodes[order[3 * (len(order) - 1) // 4]]


def headings() -> list[str]:
    """Return the headings of the cells of rows()."""
    return [*_COLUMNS, "changes in a minute", "breaches"]


def _intro(results: BenchmarkResults, training: dict[str, Any]) -> str:
    median, tail = results.decision_ms
    return (
        f"{len(results.episodes)} simulated missions of two minutes that nothing was trained, tuned or "
        f"chosen on, with loads and batteries of other ranges than in training. The policy evaluated "
        f"({SHIPPED}) was trained by {training.get('algorithm')} on {training.get('missions')} missions. "
        f"A decision takes {median:.2f} ms at the median, {tail:.2f} ms at the 99th percentile."
    )


def rows(results: BenchmarkResults) -> list[tuple[str, list[str]]]:
    """Return the table of episodes as text: a policy's name and its cells."""
    lines = []
    for name, measures in results.table().items():
        cells = []
        for measure in _HEADINGS:
            factor, digits = _FORMS.get(measure, (1, 2))
            one = measures[measure]
            value, low, high = (factor * one[key] for key in ("value", "low", "high"))
            cells.append(f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})")
        best = mean_of(results.scores[ORACLE], "gain")
        cells.insert(1, f"{100 * measures['gain']['value'] / best:.1f}")
        cells += [f"{measures[key]['value']:.3f}" for key in ("hypervolume", "hypervolume_few_late")]
        cells += [f"{measures[key]['value']:.0f}" for key in ("switches_per_min", "breaches")]
        lines.append((name, cells))
    return lines


def hypervolume_note(results: BenchmarkResults) -> str:
    """Return in words what the hypervolume is, and that of sets of policies."""
    late, error, energy_j = results.reference.values()
    sets = ", ".join(f"{name} {value:.3f}" for name, value in results.hypervolume_sets.items())
    return (
        f"Hypervolume: share of the box from nothing to {100 * late:.2f} % late frames, error {error:.3f} "
        f"and {energy_j:.0f} J, on each axis the worst of the fixed points that policies choose, where the "
        f"policy is better on all axes; in the column beside it the box ends at {100 * LATE_LIMIT:g} % late "
        f"frames. Of sets together: {sets}."
    )


def _how(results: BenchmarkResults, training: dict[str, Any]) -> list[tuple[str, str]]:
    benchmark = results.benchmark
    settings = [(name, one.settings) for name, one in results.candidates.items() if one.settings]
    return [
        ("device", f"{benchmark.device.name}: {benchmark.device.source}"),
        ("bank", f"{benchmark.bank.name} {benchmark.bank.fingerprint[:12]}"),
        ("weights of the reward", f"alpha {benchmark.weights.alpha:.3f}, beta {benchmark.weights.beta:.3f}"),
        ("training of the shipped policy", ", ".join(f"{key} {value}" for key, value in training.items())),
        *((f"settings of {name}", ", ".join(f"{k} {v}" for k, v in one.items())) for name, one in settings),
    ]
