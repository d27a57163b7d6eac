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

"""Checks of what clients send: one update that is broken or huge must not spoil the others'.

A client's update is its weights less those that it was given. Updates longer than a multiple of the median
length are shortened to it, far longer ones refused: norm bounding (Sun et al., "Can you really backdoor
federated learning?", 2019), with a bound that follows the clients.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[np.float32]]
"""Weights by name."""


@dataclass(frozen=True, slots=True)
class GuardOptions:
    """Limits of what a client may send.

    Attributes:
        longest: Length of an update as a multiple of the median, above which it is shortened, at least 1.
        refused: Such a multiple above which an update is refused: no robot's data are so unlike, and what is
            shortened and comes again in each round still pushes.
        most_examples: Number of examples as a multiple of the median, above which it is lowered to it, at
            least 1.
    """

    longest: float = 2.0
    refused: float = 100.0
    most_examples: float = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """Weights that a client sends after a round.

    Attributes:
        arrays: Its weights, of any shape and value.
        examples: Number of observations that it says it learned from.
    """

    arrays: Arrays
    examples: float


def reason_to_refuse(update: Update, given: Mapping[str, NDArray[np.float32]]) -> str:
    """Say why an update cannot be used; empty: it can.

    Args:
        update: Update of a client.
        given: Weights that the client was given.
    """
    if update.arrays.keys() != given.keys():
        return f"its weights are called {', '.join(update.arrays)}, not {', '.join(given)}"
    for name, array in update.arrays.items():
        if array.dtype != given[name].dtype or array.shape != given[name].shape:
            return f"its {name} is {array.dtype} {list(array.shape)}, not float32 {list(given[name].shape)}"
        if not np.isfinite(array).all():
            return f"its {name} holds values that are not finite"
    if not (math.isfinite(update.examples) and update.examples > 0):
        return f"it says that it learned from {update.examples:g} examples"
    return ""


def reasons_of_length(
    updates: Mapping[int, Update], given: Mapping[str, NDArray[np.float32]], options: GuardOptions
) -> dict[int, str]:
    """Say whose updates are too long to be used at all, and why.

    Args:
        updates: Updates without a reason_to_refuse, by client.
        given: Weights that the clients were given.
        options: Limits.
    """
    lengths = {client: length_of(update.arrays, given) for client, update in updates.items()}
    most = options.refused * median_low(lengths.values()) if lengths else 0.0
    return {
        client: f"its update is more than {options.refused:g} times as long as the median"
        for client, length in lengths.items()
        if length > most
    }


def bounded(
    updates: Sequence[Update], given: Mapping[str, NDArray[np.float32]], options: GuardOptions
) -> list[Update]:
    """Shorten updates that are much longer than the median, and lower counts of examples likewise.

    Args:
        updates: Updates without a reason_to_refuse.
        given: Weights that the clients were given.
        options: Limits.
    """
    if not updates:
        return []
    lengths = [length_of(update.arrays, given) for update in updates]
    # Of two clients the lesser one: between them a huge one would be its own measure.
    longest = options.longest * median_low(lengths)
    most = options.most_examples * median_low(update.examples for update in updates)
    found = []
    for update, length in zip(updates, lengths, strict=True):
        share = np.float32(longest / length if length > longest else 1.0)
        arrays = {name: given[name] + share * (update.arrays[name] - given[name]) for name in given}
        found.append(Update(arrays, min(update.examples, most)))
    return found


def length_of(arrays: Arrays, given: Mapping[str, NDArray[np.float32]]) -> float:
    """Return the Euclidean length of an update; infinite where it is beyond float64."""
    with np.errstate(over="ignore"):
        squares = (np.square(arrays[name].astype(np.float64) - given[name]).sum() for name in given)
        return float(np.sqrt(sum(squares)))
