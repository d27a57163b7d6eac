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

"""Trained networks of a study, each kept in a file, so that a study goes on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.rl.federated.part_files import damaged, read_arrays, write_arrays
from hand_tracking_dsp.rl.federated.records import arrays_of, layers_of
from hand_tracking_dsp.rl.federated.strategies import RoundFigures
from hand_tracking_dsp.rl.training.forecast_round import Layers

_ROUNDS = "rounds"


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """A trained network.

    Attributes:
        layers: Its weights.
        rounds: Its rounds; none of a training in one place.
    """

    layers: Layers
    rounds: tuple[RoundFigures, ...] = ()

    @property
    def bytes(self) -> int:
        """Bytes between server and clients, both ways."""
        return sum(one.sent + one.received for one in self.rounds)

    @property
    def refused(self) -> int:
        """Number of updates that were refused, of all rounds."""
        return sum(len(one.refused) for one in self.rounds)


def kept_training(path: Path, train: Callable[[], Training]) -> Training:
    """Return the training that a file holds; else train, and write the file.

    Args:
        path: The file.
        train: Function that trains.

    Raises:
        ModelError: The file is damaged.
        OutputError: It cannot be written.
    """
    arrays = read_arrays(path, _ROUNDS)
    if arrays is None:
        training = train()
        write_training(path, training)
        return training
    try:
        rounds = json.loads(str(arrays.pop(_ROUNDS)))
        return Training(layers_of(arrays), tuple(map(RoundFigures.from_dict, rounds)))
    except (AttributeError, KeyError, ModelError, TypeError, ValueError) as error:
        raise damaged(path, error) from error


def write_training(path: Path, training: Training) -> None:
    """Write a training, as kept_training reads it.

    Raises:
        OutputError: It cannot be written.
    """
    rounds = json.dumps([one.to_dict() for one in training.rounds])
    write_arrays(path, {_ROUNDS: np.array(rounds), **arrays_of(training.layers)})
