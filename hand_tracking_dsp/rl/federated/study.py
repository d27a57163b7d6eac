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
from dataclasses import dataclass, replace

import numpy as np
from flwr.app import Context, Message
from flwr.clientapp import ClientApp
from numpy.typing import NDArray

from hand_tracking_dsp.rl.federated.client import make_client
from hand_tracking_dsp.rl.federated.fleet import Fleet, dealt, joined
from hand_tracking_dsp.rl.federated.local_grid import LocalGrid
from hand_tracking_dsp.rl.federated.options import STRATEGIES, FederationOptions
from hand_tracking_dsp.rl.federated.records import ARRAYS, arrays_from, arrays_of, layers_of, record_of
from hand_tracking_dsp.rl.federated.strategies import GuardedStrategy, Round
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations
from hand_tracking_dsp.rl.training.forecast_round import (
    Layers,
    RoundOptions,
    first_layers,
    loss_of,
    train_layers,
)
from hand_tracking_dsp.tracking.manifest import Manifest

ALL, ALIKE, ALONE = "all data in one place", "fedavg, alike clients", "alone"
"""Names of trainings; of those alone the number follows."""

Progress = Callable[[str, int, int], None]

_HUGE = np.float32(1e6)


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """A trained network.

    Attributes:
        layers: Its weights.
        loss: Mean loss of its forecasts on robots never seen.
        rounds: Its rounds; none of a training in one place.
    """

    layers: Layers
    loss: float
    rounds: tuple[Round, ...] = ()

    @property
    def bytes(self) -> int:
        """Bytes between server and clients, both ways."""
        return sum(one.sent + one.received for one in self.rounds)


def train_all(
    fleet: Fleet, bank: Manifest, options: FederationOptions, seed: int, on_progress: Progress
) -> dict[str, Training]:
    """Train each robot alone, all data in one place, and by each strategy; all with as many epochs.

    Args:
        fleet: The fleet.
        bank: Bank whose operating points are chosen from.
        options: Settings; the strategy is not used.
        seed: Seed of the first weights.
        on_progress: Called with a name, the trainings done and to do.
    """
    first = first_layers(seed)
    names = (*(f"{ALONE} {index}" for index in range(len(fleet.data))), ALL, *STRATEGIES, ALIKE)
    found: dict[str, Training] = {}
    for done, name in enumerate(names, start=1):
        if name in STRATEGIES:
            found[name] = federated(fleet, fleet.data, bank, replace(options, strategy=name), first)
        elif name == ALIKE:
            shares = dealt(fleet.data, seed)
            found[name] = federated(fleet, shares, bank, replace(options, strategy="fedavg"), first)
        else:
            data = joined(fleet.data) if name == ALL else fleet.data[done - 1]
            layers, _ = train_layers(first, data, _in_one_place(options, seed))
            found[name] = Training(layers, loss_of(layers, fleet.unseen_data))
        on_progress("trainings", done, len(names))
    return found


def train_poisoned(
    fleet: Fleet, bank: Manifest, options: FederationOptions, seed: int, on_progress: Progress
) -> dict[str, Training]:
    """Train with one client that sends NaN or huge weights, guarded, not guarded, and by the median alone."""
    cases = [
        (
            f"{strategy}, {'guarded' if guard else 'not guarded'}, one client sends {what}",
            strategy,
            guard,
            spoil,
        )
        for what, spoil in (("NaN", _nan), ("huge weights", _huge))
        for strategy, guard in (("fedavg", None), ("fedmedian", None), ("fedavg", options.guard))
    ]
    found = {}
    for done, (name, strategy, guard, spoil) in enumerate(cases, start=1):
        settings = replace(options, strategy=strategy, guard=guard)
        found[name] = federated(fleet, fleet.data, bank, settings, first_layers(seed), spoil)
        on_progress("poisoned trainings", done, len(cases))
    return found


def federated(
    fleet: Fleet,
    data: Sequence[LabelledObservations],
    bank: Manifest,
    options: FederationOptions,
    first: Layers,
    spoil: Callable[[NDArray[np.float32]], NDArray[np.float32]] | None = None,
) -> Training:
    """Train by Flower's strategy and clients, in this process.

    Args:
        fleet: Fleet whose unseen robots the network is measured on.
        data: Observations of each client.
        bank: Bank whose operating points are chosen from.
        options: Settings.
        first: Weights to begin with.
        spoil: What the first client does to its weights.
    """
    clients: dict[int, ClientApp] = {
        number: make_client(bank, lambda _context, own=own: own)  # type: ignore[misc]
        for number, own in enumerate(data, start=1)
    }
    if spoil:
        clients[1] = _SpoiledClient(clients[1], spoil)
    rounds: list[Round] = []
    strategy = GuardedStrategy(replace(options, clients=len(data)), bank, rounds.append)
    strategy.start(LocalGrid(clients), record_of(arrays_of(first)), options.rounds)
    layers = layers_of(rounds[-1].arrays)
    return Training(layers, loss_of(layers, fleet.unseen_data), tuple(rounds))


def share_of_gain(
    gains: Mapping[str, NDArray[np.float64]], name: str, seed: int = 0, samples: int = 2000
) -> tuple[float, float, float]:
    """Return which share of what all data in one place gains over robots alone a training gains.

    Args:
        gains: Mean return on each unseen robot, float64 [robots], by training.
        name: Training.
        seed: Seed of the bootstrap.
        samples: Number of its samples.

    Returns:
        The share, and its 95 % interval by bootstrap over the robots (percentiles); NaN: nothing is gained.
    """
    alone = np.mean([one for of, one in gains.items() if of.startswith(f"{ALONE} ")], axis=0)
    own, whole = gains[name] - alone, gains[ALL] - alone
    drawn = np.random.default_rng(seed).integers(len(own), size=(samples, len(own)))
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = own[drawn].mean(axis=1) / whole[drawn].mean(axis=1)
        low, high = np.nanpercentile(shares, (2.5, 97.5))
        return float(own.mean() / whole.mean()), float(low), float(high)


class _SpoiledClient(ClientApp):
    """A client whose weights are spoiled on the way.

    Args:
        inner: Client that learns.
        spoil: What becomes of each array.
    """

    def __init__(self, inner: ClientApp, spoil: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> None:
        super().__init__()
        self._inner, self._spoil = inner, spoil

    def __call__(self, message: Message, context: Context) -> Message:
        """Answer with spoiled weights."""
        reply = self._inner(message, context)
        # Spoiled weights that were taken come back, and a client refuses them.
        if not reply.has_error():
            arrays = arrays_from(reply.content.array_records[ARRAYS])
            reply.content[ARRAYS] = record_of({name: self._spoil(one) for name, one in arrays.items()})
        return reply


def _nan(array: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.full_like(array, np.nan)


def _huge(array: NDArray[np.float32]) -> NDArray[np.float32]:
    huge: NDArray[np.float32] = array * _HUGE
    return huge


def _in_one_place(options: FederationOptions, seed: int) -> RoundOptions:
    """Return a training of as many epochs as a client sees in all rounds, whose rate falls alike."""
    return RoundOptions(
        options.rounds * options.epochs,
        learning_rate=options.learning_rate,
        last_rate=options.last_rate,
        seed=seed,
    )
