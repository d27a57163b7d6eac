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

"""A client's part of a round: checks the server's message, learns on its own data, sends weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Context, Error, Message
from flwr.clientapp import ClientApp

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.rl.federated.records import (
    ARRAYS,
    BATCH,
    CONFIG,
    CONTRACT,
    EPOCHS,
    LEARNING_RATE,
    OPTIMIZER,
    PROXIMAL,
    arrays_from,
    arrays_of,
    contract_differences,
    contract_text,
    layers_of,
    reply_of,
)
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations
from hand_tracking_dsp.rl.training.forecast_round import ADAM, OPTIMIZERS, Layers, RoundOptions, train_layers
from hand_tracking_dsp.rl.training.point_features import POINT_FEATURES
from hand_tracking_dsp.tracking.manifest import Manifest

REFUSED = 409
"""Code of an error that says why a client does not learn: HTTP's "conflict", beyond Flower's own codes."""

# Flower's own name of a round's number, which is the seed of its order.
_ROUND = "server-round"
_RANGES = {
    EPOCHS: (1, 100),
    BATCH: (1, 1e6),
    LEARNING_RATE: (1e-9, 1.0),
    PROXIMAL: (0.0, 1e6),
    _ROUND: (0, 1e9),
}


@dataclass(frozen=True, slots=True)
class _Task:
    """Weights to begin with, and settings, as a server sends them."""

    layers: Layers
    options: RoundOptions


def make_client(bank: Manifest, data: Callable[[Context], LabelledObservations]) -> ClientApp:
    """Make a client.

    Args:
        bank: Bank of the robot.
        data: Function that gives the robot's own labelled observations.
    """
    app, contract = ClientApp(), contract_text(bank)

    @app.train()
    def train(message: Message, context: Context) -> Message:
        task = _read(message, contract, bank)
        if isinstance(task, str):
            return Message(Error(REFUSED, task), reply_to=message)
        own = data(context)
        layers, loss = train_layers(task.layers, own, task.options)
        return reply_of(message, arrays_of(layers), len(own.observations), loss, contract)

    return app


def _read(message: Message, contract: str, bank: Manifest) -> _Task | str:
    """Read a server's message; a sentence where it cannot be followed."""
    try:
        arrays, config = message.content[ARRAYS], message.content[CONFIG]
    except KeyError as error:
        return f"The server's message lacks {error}: both sides need the same version of the package."
    if not isinstance(arrays, ArrayRecord) or not isinstance(config, ConfigRecord):
        return "The server's message has other records: both sides need the same version of the package."
    if differences := contract_differences(str(config.get(CONTRACT, "")), contract, bank):
        return f"The server's observation is another version ({differences}): install the same on both sides."
    try:
        layers = layers_of(arrays_from(arrays))
        options = _options(config)
    except (ModelError, TypeError, ValueError) as error:
        return f"The server's message cannot be used ({error}): see to the server."
    if layers[0][0].shape[1] != POINT_FEATURES or not all(
        np.isfinite(one).all() for layer in layers for one in layer
    ):
        return f"The server's network does not take {POINT_FEATURES} features, or is not finite: restart it."
    return _Task(layers, options)


def _options(config: ConfigRecord) -> RoundOptions:
    """Read the settings of a round.

    Raises:
        TypeError: A value is no number.
        ValueError: A value is out of range.
    """
    defaults = {EPOCHS: 1, BATCH: 64, LEARNING_RATE: 1e-3, PROXIMAL: 0.0, _ROUND: 0}
    given = {name: float(str(config.get(name, default))) for name, default in defaults.items()}
    for name, (least, most) in _RANGES.items():
        if not least <= given[name] <= most:
            msg = f"its {name} is {given[name]:g}, not {least:g} to {most:g}"
            raise ValueError(msg)
    optimizer = str(config.get(OPTIMIZER, ADAM))
    if optimizer not in OPTIMIZERS:
        msg = f"its {OPTIMIZER} is {optimizer}, not {' or '.join(OPTIMIZERS)}"
        raise ValueError(msg)
    return RoundOptions(
        epochs=int(given[EPOCHS]),
        batch=int(given[BATCH]),
        optimizer=optimizer,
        learning_rate=given[LEARNING_RATE],
        proximal=given[PROXIMAL],
        seed=int(given[_ROUND]),
    )
