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

"""Compares a fleet that learns together with each robot alone and with all data in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from hand_tracking_dsp.errors import HandTrackingError
from hand_tracking_dsp.rl.federated.fleet import dealt, joined
from hand_tracking_dsp.rl.federated.options import STRATEGIES, FederationOptions
from hand_tracking_dsp.rl.federated.part_files import array_digest, part_file
from hand_tracking_dsp.rl.federated.simulation import LOG, FleetTraining, simulate
from hand_tracking_dsp.rl.federated.simulation_client import SPOILS
from hand_tracking_dsp.rl.federated.training_files import Training, kept_training
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations
from hand_tracking_dsp.rl.training.forecast_round import RoundOptions, first_layers, train_layers
from hand_tracking_dsp.tracking.manifest import Manifest

ALL, ALONE = "all data in one place", "alone"
"""Names of trainings; of those alone the number follows."""

Progress = Callable[[str, int, int], None]

# Of 4, 8 and 24 epochs, and of 8 and 24, those with the least loss on five robots of the fleet whose data
# were left out.
_EPOCHS_OF_ALL, _EPOCHS_ALONE = 8, 24
_RATE, _LAST_RATE = 4e-3, 0.05
# Robots that learn alone, at least, where a fleet has so many: to play with their networks takes longest.
_ALONE = 10


@dataclass(frozen=True, slots=True, eq=False)
class FleetStudy:
    """Trainings of a study, and what they have in common.

    Attributes:
        data: What each client learns from.
        bank: Bank whose operating points are chosen from.
        options: Settings; its strategy is the one that is named before the study.
        seed: Seed of the first weights.
        folder: Folder of trainings that are done.
        workers: Number of processes that a fleet's clients run in.
    """

    data: tuple[LabelledObservations, ...]
    bank: Manifest
    options: FederationOptions
    seed: int
    folder: Path
    workers: int = 1

    def train_all(self, on_progress: Progress) -> dict[str, Training]:
        """Train all data in one place, by each strategy, with alike clients, and robots alone.

        Args:
            on_progress: Called with a name, the trainings done and to do.

        Raises:
            HandTrackingError: Flower's simulation ended before its time.
            ModelError: A file of a training that was done is damaged.
            OutputError: A file cannot be written.
        """
        whole = (joined(self.data),)
        cases: dict[str, _Case] = {ALL: _Case(whole, self._settings(_EPOCHS_OF_ALL))}
        cases |= {name: _Case(self.data, replace(self.options, strategy=name)) for name in STRATEGIES}
        cases[alike(self.options.strategy)] = _Case(dealt(self.data, self.seed), self.options)
        settings, numbers = self._settings(_EPOCHS_ALONE), range(len(self.data))
        for number in numbers[:: max(len(numbers) // _ALONE, 1)]:
            cases[f"{ALONE} {number}"] = _Case((self.data[number],), settings)
        return self._train("trainings", cases, on_progress)

    def train_poisoned(self, on_progress: Progress) -> dict[str, Training]:
        """Train with one client that sends NaN or huge weights: guarded, not guarded, by the median alone.

        Args:
            on_progress: Called with a name, the trainings done and to do.

        Raises:
            HandTrackingError: Flower's simulation ended before its time.
            ModelError: A file of a training that was done is damaged.
            OutputError: A file cannot be written.
        """
        cases = {}
        for spoil in SPOILS:
            for strategy, guard in (
                (self.options.strategy, self.options.guard),
                (self.options.strategy, None),
                ("fedmedian", None),
            ):
                name = f"{strategy}{'' if guard else ' without the guard'}, one sends {spoil}"
                settings = replace(self.options, strategy=strategy, guard=guard)
                cases[name] = _Case(self.data, settings, spoil)
        return self._train("poisoned trainings", cases, on_progress)

    def _train(self, what: str, cases: Mapping[str, _Case], on_progress: Progress) -> dict[str, Training]:
        files = {}
        for name, case in cases.items():
            # Poisoned and alike clients have the data and the options of others, but not their names.
            key = (name, [_digest(own) for own in case.data], asdict(case.options), self.seed)
            files[name] = part_file(self.folder, "training.npz", *key)

        def show() -> None:
            on_progress(what, sum(file.exists() for file in files.values()), len(files))

        fleets = [
            FleetTraining(files[name], case.data, case.options, self.seed, case.spoil)
            for name, case in cases.items()
            if isinstance(case.options, FederationOptions) and not files[name].exists()
        ]
        if fleets:
            simulate(fleets, self.bank, self.workers, self.folder / LOG, show)
        found = {}
        for name, case in cases.items():
            found[name] = kept_training(files[name], partial(self._in_one_place, case))
            show()
        return found

    def _in_one_place(self, case: _Case) -> Training:
        """Train without rounds; trainings of fleets are done before.

        Raises:
            HandTrackingError: One of a fleet was removed meanwhile.
        """
        if isinstance(case.options, FederationOptions):
            msg = f"A training in {self.folder} was removed meanwhile: run the command again."
            raise HandTrackingError(msg)
        layers, _ = train_layers(first_layers(self.seed), case.data[0], case.options)
        return Training(layers)

    def _settings(self, epochs: int) -> RoundOptions:
        """Return settings of a training without rounds."""
        return RoundOptions(epochs, learning_rate=_RATE, last_rate=_LAST_RATE, seed=self.seed)


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """A training of a study: what clients learn from, settings, and how the first one spoils its weights."""

    data: Sequence[LabelledObservations]
    options: FederationOptions | RoundOptions
    spoil: str = ""


def _digest(data: LabelledObservations) -> str:
    return array_digest(data.observations, data.points, data.labels)


def alike(strategy: str) -> str:
    """Return the name of a strategy's training over clients that are alike."""
    return f"{strategy}, alike clients"
