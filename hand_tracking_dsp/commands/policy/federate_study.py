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

"""The study of policy federate --simulate: table, picture and JSON of simulated fleets."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from hand_tracking_dsp.commands.arguments import read_device, read_executor
from hand_tracking_dsp.commands.output import (
    machine,
    machine_line,
    make_console,
    make_table,
    progress_bars,
    write_json,
)
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.rl.benchmark.evaluate import require_same_levels
from hand_tracking_dsp.tracking.manifest import read_manifest

if TYPE_CHECKING:
    from hand_tracking_dsp.rl.federated.options import FederationOptions
    from hand_tracking_dsp.rl.federated.study_run import FleetResult
    from hand_tracking_dsp.rl.federated.study_scores import StudyScores

FILE, PICTURE, DONE = "fleet.json", "fleet.png", "done"
"""Files in --out, and the folder of what is done, which another call goes on from."""

AIM = 0.95
"""Share of the gain of all data in one place that federated training is to reach."""

_HEADINGS = (
    "training",
    "return",
    "share of the gain (95 %)",
    "late",
    "usable",
    "error",
    "energy, J",
    "volume",
    "loss",
    "rounds",
    "MB",
    "refused",
)
_Progress = Callable[[str, int, int], None]


def simulate(options: argparse.Namespace, settings: FederationOptions) -> None:
    """Train and evaluate simulated fleets, print the table, and write fleet.json and fleet.png.

    Raises:
        HandTrackingError: Flower's simulation, or a process that plays missions, ended before its time.
        ModelError: Bank or device cannot be used, or a file of an earlier call is damaged.
        OutputError: A file cannot be written.
    """
    from hand_tracking_dsp.rl.federated.fleet import FleetOptions
    from hand_tracking_dsp.rl.federated.study_picture import plot_fleet
    from hand_tracking_dsp.rl.federated.study_run import pooled_scores, run_fleet
    from hand_tracking_dsp.rl.federated.study_scores import StudyScores

    bank, executor = read_manifest(options.bank or default_bank()), read_executor(options)
    device = read_device(options, bank)
    require_same_levels(device, bank)
    sizes = FleetOptions(
        options.simulate, options.missions, options.unseen, options.unseen_missions, options.seed
    )
    console = make_console()
    about = f"Fleets: {options.seeds}, each of {sizes.clients} unlike robots, and {sizes.unseen} never seen"
    console.print(f"{about}; {machine_line()}")
    seeds = range(options.seed, options.seed + options.seeds)
    with progress_bars(console) as show:
        results = [
            run_fleet(
                device,
                bank,
                replace(sizes, seed=seed),
                settings,
                options.out / DONE,
                _named(show, f", seed {seed}"),
                executor,
            )
            for seed in seeds
        ]
    scores = StudyScores.of(pooled_scores(results), sizes.unseen_missions, bank)
    console.print(make_table("Missions of robots never seen: means", _HEADINGS, _rows(results, scores)))
    console.print("\n".join(_conclusions(scores, settings.strategy)), highlight=False)
    write_json(
        options.out / FILE,
        {
            "machine": machine(),
            "fleet": asdict(sizes),
            "settings": asdict(settings),
            "seeds": {str(seed): _told(result) for seed, result in zip(seeds, results, strict=True)},
            "figures": {name: asdict(one) for name, one in scores.figures.items()},
            "returns_by_robot": {name: one.tolist() for name, one in scores.gains.items()},
            "share_of_gain": {name: asdict(scores.share_of_gain(name)) for name in _ways(scores)},
        },
    )
    plot_fleet({name: scores.figures[name] for name in _ways(scores)}, about, options.out / PICTURE)
    console.print(f"All figures are in {options.out / FILE}, a picture is in {PICTURE} beside it.")


def _named(show: _Progress, of: str) -> _Progress:
    return lambda name, done, total: show(f"{name}{of}", done, total)


def _told(result: FleetResult) -> dict[str, Any]:
    return {
        name: {
            "loss": result.losses[name],
            "bytes": one.bytes,
            "rounds": [figures.to_dict() for figures in one.rounds],
        }
        for name, one in result.trainings.items()
    }


def _ways(scores: StudyScores) -> list[str]:
    """Name the ways of learning, with all robots alone as one."""
    from hand_tracking_dsp.rl.federated.study import ALONE

    return [name for name in scores.figures if not name.startswith(f"{ALONE} ")]


def _rows(results: Sequence[FleetResult], scores: StudyScores) -> list[tuple[str, ...]]:
    """Return a row for each way of learning, those first whose networks cannot be played."""
    from hand_tracking_dsp.rl.federated.study import ALONE
    from hand_tracking_dsp.rl.federated.study_run import mean_loss

    ways = _ways(scores)
    broken = [
        name
        for name in results[0].trainings
        if name not in scores.figures and not name.startswith(f"{ALONE} ")
    ]
    rows: list[tuple[str, ...]] = []
    for name in (*broken, *ways):
        one = scores.figures.get(name)
        rows.append(
            (
                name,
                *(
                    ("",) * 7
                    if one is None
                    else (
                        f"{one.gain:.4f}",
                        str(scores.share_of_gain(name)),
                        f"{100 * one.late:.2f} %",
                        f"{100 * one.usable:.1f} %",
                        f"{one.error:.3f}",
                        f"{one.energy_j:.0f}",
                        f"{one.volume:.3f}",
                    )
                ),
                _loss(mean_loss(results, name), name in results[0].trainings),
                *_traffic(results, name),
            )
        )
    return rows


def _loss(value: float, learned: bool) -> str:
    if math.isfinite(value):
        return f"{value:.3f}"
    return "not a number" if learned else ""


def _traffic(results: Sequence[FleetResult], name: str) -> tuple[str, str, str]:
    """Return rounds, megabytes and refused updates of a fleet, the means of all."""
    found = [one.trainings[name] for one in results if name in one.trainings]
    if not found or not found[0].rounds:
        return ("", "", "")
    megabytes = sum(one.bytes for one in found) / len(found) / 1e6
    refused = sum(one.refused for one in found) / len(found)
    return (str(len(found[0].rounds)), f"{megabytes:.1f}", f"{refused:.0f}")


def _conclusions(scores: StudyScores, strategy: str) -> list[str]:
    """Say what unlike clients cost, and whether the strategy that was named before reaches the aim."""
    from hand_tracking_dsp.rl.federated.study import alike

    share, other = scores.share_of_gain(strategy), scores.share_of_gain(alike(strategy))
    if share.low >= AIM:
        reached = "is reached"
    elif share.value >= AIM:
        reached = "is reached in the mean, but not shown: the interval over the robots begins below it"
    else:
        reached = "is not reached"
    cost = (
        f"Of the gain of all data in one place over robots alone {strategy} has {share}, over alike clients "
        f"{other}: the difference is what unlike clients cost."
    )
    return [
        cost,
        f"{AIM:.0%} of that gain by {strategy}, which --strategy named before the study, {reached}.",
    ]
