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

"""Contents of the messages between server and clients: weights, the contract, and a few numbers.

Nothing else is sent: no picture, no landmark, no observation.
"""

from __future__ import annotations

from flwr.app import Array, ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict

from hand_tracking_dsp.control.policy_file import FORECAST_KIND, PolicyContract
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.rl.federated.updates import Arrays
from hand_tracking_dsp.rl.training.forecast_export import DECISION_S
from hand_tracking_dsp.rl.training.forecast_round import Layers
from hand_tracking_dsp.tracking.manifest import Manifest

ARRAYS, CONFIG, METRICS = "arrays", "config", "metrics"
"""Names of the records of a message."""

EXAMPLES, LOSS = "num-examples", "loss"
"""Names of the numbers that a client sends; the first is Flower's own default."""

CONTRACT, LEARNING_RATE, EPOCHS, BATCH = "contract", "learning-rate", "epochs", "batch"
OPTIMIZER, PROXIMAL = "optimizer", "proximal-mu"
"""Names of the settings that a server sends; the last is what Flower's FedProx calls it."""


def arrays_of(layers: Layers) -> Arrays:
    """Name the weights of a network."""
    named: Arrays = {}
    for index, (weight, bias) in enumerate(layers):
        named |= {f"weight{index}": weight, f"bias{index}": bias}
    return named


def layers_of(arrays: Arrays) -> Layers:
    """Return the layers of named weights.

    Raises:
        ModelError: They are not those of a network whose layers fit each other.
    """
    names = [(f"weight{index}", f"bias{index}") for index in range(len(arrays) // 2)]
    if not names or arrays.keys() != {name for pair in names for name in pair}:
        msg = f"The weights {', '.join(arrays)} are not a network's: federate with this package's server."
        raise ModelError(msg)
    layers = tuple((arrays[weight], arrays[bias]) for weight, bias in names)
    inputs = [layers[0][0].shape[1:], *(bias.shape for _, bias in layers)]
    if any(
        (weight.ndim, bias.ndim) != (2, 1) or weight.shape != bias.shape + given
        for (weight, bias), given in zip(layers, inputs, strict=False)
    ):
        msg = (
            f"The layers {[weight.shape for weight, _ in layers]} do not fit each other: restart the server."
        )
        raise ModelError(msg)
    return layers


def record_of(arrays: Arrays) -> ArrayRecord:
    """Return Flower's record of named weights."""
    return ArrayRecord({name: Array(array) for name, array in arrays.items()})


def arrays_from(record: ArrayRecord) -> Arrays:
    """Return the named weights of Flower's record."""
    return {name: array.numpy() for name, array in record.items()}


def contract_text(bank: Manifest) -> str:
    """Return what this package's forecasts see and say, as JSON; both sides compare it."""
    return PolicyContract.of(bank, FORECAST_KIND, DECISION_S, {}).to_json()


def contract_differences(text: str, own: str, bank: Manifest) -> str:
    """Say in what another side's contract differs from this package's; empty: in nothing.

    Args:
        text: What contract_text gave there.
        own: What it gives here; to read a contract takes as long as a third of an epoch.
        bank: Bank on this side; forecasts fit any.
    """
    if text == own:
        return ""
    try:
        contract = PolicyContract.from_json(text)
    except (ModelError, ValueError) as error:
        return f"its contract cannot be read ({error})"
    return "; ".join(contract.differences(bank))


def reply_of(message: Message, arrays: Arrays, examples: int, loss: float, contract: str) -> Message:
    """Return the answer of a client."""
    content = RecordDict(
        {
            ARRAYS: record_of(arrays),
            METRICS: MetricRecord({EXAMPLES: examples, LOSS: loss}),
            CONFIG: ConfigRecord({CONTRACT: contract}),
        }
    )
    return Message(content, reply_to=message)


def bytes_of(message: Message) -> int:
    """Return the size of what a message carries, bytes, without its envelope."""
    if message.has_error():
        return len(message.error.reason or "")
    content = message.content
    records = (*content.array_records.values(), *content.metric_records.values())
    return sum(record.count_bytes() for record in (*records, *content.config_records.values()))
