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

"""Plays missions of robots never seen with the networks of a study, and sums the scores up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.evaluation.executor import THIS_PROCESS
from hand_tracking_dsp.rl.benchmark.candidates import Candidate, fixed_points
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark, EpisodeScore, evaluate
from hand_tracking_dsp.rl.benchmark.hypervolume import hypervolume, place, reference_point
from hand_tracking_dsp.rl.benchmark.paired_tests import mean_of
from hand_tracking_dsp.rl.federated.fleet import Fleet
from hand_tracking_dsp.rl.federated.study import ALONE, Training
from hand_tracking_dsp.rl.simulation.reward import JUDGED
from hand_tracking_dsp.rl.training.forecast_export import export_forecast
from hand_tracking_dsp.rl.training.forecast_train import PointMlp
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.operating_point import densest_choice

INDEX = "index, without learning"
"""Name of the policy that forecasts without a network."""

_FIRST = 900_000


@dataclass(frozen=True, slots=True)
class FleetFigures:
    """Means over all missions of the robots never seen; of robots alone, over these too.

    Attributes:
        gain: Return: mean reward of a step.
        late: Share of frames over the budget, 0 to 1.
        usable: Share of hands found in time and near the dense level's, 0 to 1.
        error: Mean error, 0 to 1.
        energy_j: Energy of the tracker, joules.
        volume: Share of the box of late frames, error and energy that it dominates (hypervolume).
    """

    gain: float
    late: float
    usable: float
    error: float
    energy_j: float
    volume: float


@dataclass(frozen=True, slots=True, eq=False)
class StudyScores:
    """Scores of a study.

    Attributes:
        figures: FleetFigures by training, by INDEX, and of all robots alone by ALONE.
        gains: Mean return on each unseen robot, float64 [robots], by training.
    """

    figures: Mapping[str, FleetFigures]
    gains: Mapping[str, NDArray[np.float64]]


def play_unseen(
    fleet: Fleet,
    bank: Manifest,
    trainings: Mapping[str, Training],
    missions: int,
    folder: Path,
    on_progress: Callable[[str, int, int], None],
) -> StudyScores:
    """Play the same missions of each unseen robot with every network, the index and the fixed points.

    Args:
        fleet: The fleet.
        bank: Bank whose operating points are chosen from.
        trainings: Trained networks by name.
        missions: Missions of each robot.
        folder: Folder for the exported networks.
        on_progress: Called with a name, the robots played and to play.
    """
    candidates = [Candidate(INDEX, "index")]
    for number, (name, training) in enumerate(trainings.items()):
        file = folder / f"policy_{number}.json"
        export_forecast(PointMlp(training.layers), bank, file, {"training": name})
        candidates.append(Candidate(name, "learned", file=file))
    fixed = fixed_points(len(bank.points))
    scores: dict[str, list[EpisodeScore]] = {one.name: [] for one in (*candidates, *fixed)}
    for done, robot in enumerate(fleet.unseen, start=1):
        seeds = range(_FIRST + missions * done, _FIRST + missions * (done + 1))
        benchmark = Benchmark(robot.device, bank, JUDGED, robot.episodes)
        for name, found in evaluate(benchmark, [*candidates, *fixed], seeds, THIS_PROCESS).items():
            scores[name] += found
        on_progress("robots never seen", done, len(fleet.unseen))
    chosen = fixed[densest_choice(fleet.unseen[0].device.points) :]
    reference = reference_point({one.name: scores[one.name] for one in chosen})
    figures = {one.name: _figures(scores[one.name], reference) for one in candidates}
    alone = [one for name, one in figures.items() if name.startswith(f"{ALONE} ")]
    names = FleetFigures.__dataclass_fields__
    figures[ALONE] = FleetFigures(*(float(np.mean([getattr(one, name) for one in alone])) for name in names))
    gains = {
        one.name: np.array([score.gain for score in scores[one.name]]).reshape(-1, missions).mean(axis=1)
        for one in candidates
    }
    return StudyScores(figures, gains)


def _figures(scores: list[EpisodeScore], reference: NDArray[np.float64]) -> FleetFigures:
    return FleetFigures(
        gain=mean_of(scores, "gain"),
        late=mean_of(scores, "miss_share"),
        usable=mean_of(scores, "usable"),
        error=mean_of(scores, "error"),
        energy_j=mean_of(scores, "energy_j"),
        volume=hypervolume(place(scores)[None], reference),
    )
