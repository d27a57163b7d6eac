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

"""Runs the study of a simulated fleet: draws it, trains in every way, and plays with what was learned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hand_tracking_dsp.evaluation.executor import THIS_PROCESS, Executor
from hand_tracking_dsp.evaluation.statistics import mean_or_nan
from hand_tracking_dsp.rl.federated.fleet import FleetOptions, draw_fleet
from hand_tracking_dsp.rl.federated.options import FederationOptions
from hand_tracking_dsp.rl.federated.study import ALONE, FleetStudy, Progress
from hand_tracking_dsp.rl.federated.study_scores import Scores, play_unseen
from hand_tracking_dsp.rl.federated.training_files import Training
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.training.forecast_round import loss_of
from hand_tracking_dsp.tracking.manifest import Manifest


@dataclass(frozen=True, slots=True, eq=False)
class FleetResult:
    """Result of one fleet.

    Attributes:
        trainings: Trainings by name.
        losses: Mean loss of each one's forecasts on robots never seen; NaN where weights are no numbers.
        scores: Scores of the missions of robots never seen; not of trainings whose loss is no number.
    """

    trainings: Mapping[str, Training]
    losses: Mapping[str, float]
    scores: Scores


def run_fleet(
    device: DeviceModel,
    bank: Manifest,
    sizes: FleetOptions,
    settings: FederationOptions,
    folder: Path,
    on_progress: Progress,
    executor: Executor = THIS_PROCESS,
) -> FleetResult:
    """Run the study of a fleet, going on from what earlier calls have left.

    Args:
        device: Device that robots' devices are multiples of.
        bank: Bank whose operating points are chosen from.
        sizes: Sizes and seed.
        settings: Settings of the federated trainings.
        folder: Folder of what is done.
        on_progress: Called with a name, the parts done and to do.
        executor: Where missions are played; clients learn in as many processes of this machine.

    Raises:
        HandTrackingError: Flower's simulation ended early, or processes were killed again and again.
        ModelError: A file in the folder is damaged.
        OutputError: A file cannot be written.
    """
    fleet = draw_fleet(device, bank, sizes, folder, on_progress, executor)
    study = FleetStudy(fleet.data, bank, settings, sizes.seed, folder, executor.processes)
    trainings = {**study.train_all(on_progress), **study.train_poisoned(on_progress)}
    losses = {name: loss_of(one.layers, fleet.unseen_data) for name, one in trainings.items()}
    sound = {name: one for name, one in trainings.items() if math.isfinite(losses[name])}
    scores = play_unseen(fleet, bank, sound, sizes.unseen_missions, folder, on_progress, executor)
    return FleetResult(trainings, losses, scores)


def pooled_scores(results: Sequence[FleetResult]) -> Scores:
    """Return the scores of several fleets, one after the other, of what was played in all of them."""
    names = [name for name in results[0].scores if all(name in one.scores for one in results)]
    return {name: [score for one in results for score in one.scores[name]] for name in names}


def mean_loss(results: Sequence[FleetResult], name: str) -> float:
    """Return the mean loss of a training over the fleets, and over the robots for ALONE; NaN: it has none."""
    return mean_or_nan(
        [
            loss
            for one in results
            for key, loss in one.losses.items()
            if key == name or (name == ALONE and key.startswith(f"{ALONE} "))
        ]
    )
