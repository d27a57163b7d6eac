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

"""Checkpoints of a federated training: weights and number of rounds, which a server goes on from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hand_tracking_dsp.rl.federated.part_files import read_arrays, write_arrays
from hand_tracking_dsp.rl.federated.updates import Arrays

_ROUND = "round"


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """State after a round.

    Attributes:
        number: Number of rounds done.
        arrays: Weights by name.
    """

    number: int
    arrays: Arrays


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, through a temporary name.

    Raises:
        OutputError: It cannot be written.
    """
    write_arrays(path, {_ROUND: np.array([checkpoint.number]), **checkpoint.arrays})


def read_checkpoint(path: Path) -> Checkpoint | None:
    """Read a checkpoint; None where there is none.

    Raises:
        ModelError: It is damaged.
    """
    arrays = read_arrays(path, _ROUND)
    return None if arrays is None else Checkpoint(int(arrays.pop(_ROUND)[0]), arrays)
