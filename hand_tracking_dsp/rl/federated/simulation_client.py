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

"""The ClientApp of a simulated fleet: a robot's, with data from a file, and what a poisoned one sends.

Ray's processes take whichever client comes next; each keeps what it has read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from flwr.app import ConfigRecord, Context, Message, MessageType, RecordDict
from flwr.clientapp import ClientApp
from numpy.typing import NDArray

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.rl.federated.client import make_client
from hand_tracking_dsp.rl.federated.part_files import read_missions
from hand_tracking_dsp.rl.federated.records import ARRAYS, CONFIG, arrays_from, record_of
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations
from hand_tracking_dsp.tracking.manifest import read_manifest

Spoil = Callable[[NDArray[np.float32]], NDArray[np.float32]]

DATA, SPOIL, PARTITION = "data", "spoil", "partition-id"
"""Settings that a client is told before a training, and its number from 0 on, as Flower calls it."""

_HUGE = np.float32(1e6)
_CLIENTS_KEPT = 64


def _nan(array: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.full_like(array, np.nan)


def _huge(array: NDArray[np.float32]) -> NDArray[np.float32]:
    huge: NDArray[np.float32] = array * _HUGE
    return huge


SPOILS: Mapping[str, Spoil] = {"NaN": _nan, "huge weights": _huge}
"""What a poisoned client may make of its weights, by the name of it."""


class SimulatedClient(ClientApp):
    """A client that learns from the file that its number names.

    A message to it takes it along to another process: it holds no more than a path.

    Args:
        bank: Folder of the bank whose operating points are chosen from.
    """

    def __init__(self, bank: Path) -> None:
        super().__init__()
        self._bank = bank

    def __call__(self, message: Message, context: Context) -> Message:
        """Keep the settings of a training, and tell the own number; or learn, and answer with weights."""
        number = int(context.node_config[PARTITION])
        if message.metadata.message_type == MessageType.QUERY:
            context.state[CONFIG] = message.content.config_records[CONFIG]
            return Message(RecordDict({CONFIG: ConfigRecord({PARTITION: number})}), reply_to=message)
        reply = _learner(self._bank)(message, context)
        spoil = SPOILS.get(str(context.state.config_records[CONFIG][SPOIL]))
        # Spoiled weights that were taken come back, and a client refuses them.
        if spoil and number == 0 and not reply.has_error():
            arrays = arrays_from(reply.content.array_records[ARRAYS])
            reply.content[ARRAYS] = record_of({name: spoil(one) for name, one in arrays.items()})
        return reply


@cache
def _learner(bank: Path) -> ClientApp:
    return make_client(read_manifest(bank), _own)


def _own(context: Context) -> LabelledObservations:
    folder = Path(str(context.state.config_records[CONFIG][DATA]))
    return _observations(folder / f"{context.node_config[PARTITION]}.npz")


@lru_cache(_CLIENTS_KEPT)
def _observations(file: Path) -> LabelledObservations:
    found = read_missions(file)
    if found is None:
        msg = f"{file} is gone: keep temporary folders until the command ends."
        raise ModelError(msg)
    return found
