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

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.documents import read_text
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.evaluation.executor import THIS_PROCESS, Executor
from hand_tracking_dsp.evaluation.statistics import Interval, percentile_interval
from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.rl.benchmark.candidates import INDEX, Candidate, fixed_points
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark, EpisodeScore, evaluate
from hand_tracking_dsp.rl.benchmark.hypervolume import hypervolume, place, reference_point
from hand_tracking_dsp.rl.benchmark.paired_tests import mean_of
from hand_tracking_dsp.rl.federated.fleet import Fleet
from hand_tracking_dsp.rl.federated.part_files import array_digest, damaged, part_file
from hand_tracking_dsp.rl.federated.study import ALL, ALONE
from hand_tracking_dsp.rl.federated.training_files import Training
from hand_tracking_dsp.rl.simulation.reward import JUDGED
from hand_tracking_dsp.rl.simulation.robots import Robot
from hand_tracking_dsp.rl.training.forecast_export import export_forecast
from hand_tracking_dsp.rl.training.forecast_train import PointMlp
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.operating_point import densest_choice

Scores = dict[str, list[EpisodeScore]]
"""Scores of the unseen robots' missions, robot by robot, by training, by INDEX and by fixed point."""

_Item = tuple[Robot, range, list[Candidate]]

_FIRST = 900_000
_RESAMPLES = 4000


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

    @staticmethod
    def of(scores: Sequence[EpisodeScore], reference: NDArray[np.float64]) -> FleetFigures:
        """Sum scores up; reference: see hypervolume.reference_point."""
        return FleetFigures(
            gain=mean_of(scores, "gain"),
            late=mean_of(scores, "miss_share"),
            usable=mean_of(scores, "usable"),
            error=mean_of(scores, "error"),
            energy_j=mean_of(scores, "energy_j"),
            volume=hypervolume(place(scores)[None], reference),
        )


@dataclass(frozen=True, slots=True, eq=False)
class StudyScores:
    """Scores of a study.

    Attributes:
        figures: FleetFigures by training, by INDEX, and of all robots alone by ALONE.
        gains: Mean return on each unseen robot, float64 [robots], by the same names.
    """

    figures: Mapping[str, FleetFigures]
    gains: Mapping[str, NDArray[np.float64]]

    @staticmethod
    def of(scores: Scores, missions: int, bank: Manifest) -> StudyScores:
        """Sum the scores of a study up.

        Args:
            scores: What play_unseen returned; of several fleets, one after the other.
            missions: Missions of each robot.
            bank: Bank whose operating points were chosen from.
        """
        fixed = [one.name for one in fixed_points(len(bank.points))]
        chosen = fixed[densest_choice(bank.operating_points or ()) :]
        reference = reference_point({name: scores[name] for name in chosen})
        named = {name: of for name, of in scores.items() if name not in fixed}
        figures = {name: FleetFigures.of(of, reference) for name, of in named.items()}
        gains = {
            name: np.array([score.gain for score in of]).reshape(-1, missions).mean(axis=1)
            for name, of in named.items()
        }
        alone = [name for name in named if name.startswith(f"{ALONE} ")]
        means = np.mean([list(asdict(figures[name]).values()) for name in alone], axis=0)
        figures[ALONE] = FleetFigures(*means.tolist())
        gains[ALONE] = np.mean([gains[name] for name in alone], axis=0)
        return StudyScores(figures, gains)

    def share_of_gain(self, name: str, seed: int = 0) -> Interval:
        """Return which share of what all data in one place gains over robots alone a training gains.

        Args:
            name: Training.
            seed: Seed of the bootstrap over the robots never seen.

        Returns:
            The share, and its interval; NaN: all data in one place gains nothing.
        """
        own, whole = self.gains[name] - self.gains[ALONE], self.gains[ALL] - self.gains[ALONE]
        drawn = np.random.default_rng(seed).integers(len(own), size=(_RESAMPLES, len(own)))
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = own[drawn].mean(axis=1) / whole[drawn].mean(axis=1)
            return percentile_interval(float(own.mean() / whole.mean()), shares, len(own))


def play_unseen(
    fleet: Fleet,
    bank: Manifest,
    trainings: Mapping[str, Training],
    missions: int,
    folder: Path,
    on_progress: Callable[[str, int, int], None],
    executor: Executor = THIS_PROCESS,
) -> Scores:
    """Play the same missions of each unseen robot with every network, the index and the fixed points.

    Args:
        fleet: The fleet.
        bank: Bank whose operating points are chosen from.
        trainings: Trained networks by name, of finite weights; those that cannot be exported are left out.
        missions: Missions of each robot.
        folder: Folder for the exported networks, and for the scores of each robot, which are not made again.
        on_progress: Called with a name, the robots played and to play.
        executor: Where the work runs.

    Raises:
        ModelError: A file of scores is damaged.
        OutputError: A file cannot be written.
    """
    candidates = _candidates(bank, trainings, folder)
    items: list[_Item] = []
    files, kept = [], []
    for number, robot in enumerate(fleet.unseen):
        seeds = range(_FIRST + missions * number, _FIRST + missions * (number + 1))
        files.append(part_file(folder, "scores.json", repr(robot), bank.fingerprint, list(seeds)))
        kept.append(_read(files[-1]))
        left = {one.name: one for one in candidates.values() if one.name not in kept[-1]}
        items.append((robot, seeds, list(left.values())))
    left_robots = [number for number, item in enumerate(items) if item[2]]
    with closing(executor.as_completed(_play, bank, [items[number] for number in left_robots])) as played:
        for done, (index, found) in enumerate(played, start=len(items) - len(left_robots) + 1):
            number = left_robots[index]
            kept[number] |= found
            told = {key: [asdict(score) for score in of] for key, of in kept[number].items()}
            write_text(files[number], json.dumps(told) + "\n")
            on_progress("robots never seen", done, len(items))
    return {name: [score for of in kept for score in of[one.name]] for name, one in candidates.items()}


def _candidates(bank: Manifest, trainings: Mapping[str, Training], folder: Path) -> dict[str, Candidate]:
    """Return the index, the fixed points and the trained networks, which are called by their weights.

    Networks that cannot be exported are left out.
    """
    without = (Candidate(INDEX, "index"), *fixed_points(len(bank.points)))
    candidates = {one.name: one for one in without}
    for name, training in trainings.items():
        digest = array_digest(*(array for layer in training.layers for array in layer))
        file = folder / "policies" / digest / "policy.json"
        try:
            export_forecast(PointMlp(training.layers), bank, file, {"training": name})
        except ModelError:
            continue  # a poisoned network's weights may be so large that float32 rounds them otherwise
        candidates[name] = Candidate(digest, "learned", file=file.absolute())
    return candidates


def _play(bank: Manifest, item: _Item) -> Scores:
    robot, seeds, candidates = item
    benchmark = Benchmark(robot.device, bank, JUDGED, robot.episodes)
    return evaluate(benchmark, candidates, seeds, THIS_PROCESS)


def _read(file: Path) -> Scores:
    """Read the scores that earlier calls have left of a robot.

    Raises:
        ModelError: The file is damaged.
    """
    try:
        # Scores may be NaN, which parse_json refuses.
        told = json.loads(read_text(file))
        return {key: [EpisodeScore(**score) for score in scores] for key, scores in told.items()}
    except FileNotFoundError:
        return {}
    except (AttributeError, OSError, TypeError, ValueError) as error:
        raise damaged(file, error) from error
