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

"""Flower's strategies, guarded: what clients send is checked and bounded before it is aggregated."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAdam, FedAvg, FedAvgM, FedMedian, FedProx, Strategy

from hand_tracking_dsp.documents import visible
from hand_tracking_dsp.rl.federated.options import FederationOptions
from hand_tracking_dsp.rl.federated.records import (
    ARRAYS,
    BATCH,
    CONFIG,
    CONTRACT,
    EPOCHS,
    EXAMPLES,
    LEARNING_RATE,
    LOSS,
    METRICS,
    OPTIMIZER,
    arrays_from,
    bytes_of,
    contract_differences,
    contract_text,
    record_of,
)
from hand_tracking_dsp.rl.federated.updates import (
    Arrays,
    Update,
    bounded,
    reason_to_refuse,
    reasons_of_length,
)
from hand_tracking_dsp.rl.training.forecast_round import DESCENT
from hand_tracking_dsp.tracking.manifest import Manifest

_log = logging.getLogger(__name__)

_LONGEST_REASON = 500
# Below the clients' steps, so that FedAdam follows the direction of small ones, too.
_TAU = 1e-8
# More observations than a client has.
_ALL = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class RoundFigures:
    """Figures of a finished round.

    Attributes:
        number: Its number, from 1 on.
        clients: Number of clients whose weights were taken.
        refused: Why others' were not, by the client's number.
        sent: Bytes from the server to the clients.
        received: Bytes back.
        loss: Mean loss that the clients say; NaN where none was taken.
    """

    number: int
    clients: int
    refused: dict[int, str]
    sent: int
    received: int
    loss: float

    def to_dict(self) -> dict[str, Any]:
        """Return the figures alone as JSON holds them, NaN as null."""
        figures = {field.name: getattr(self, field.name) for field in fields(RoundFigures)}
        return {**figures, "loss": self.loss if math.isfinite(self.loss) else None}

    @staticmethod
    def from_dict(told: Mapping[str, Any]) -> RoundFigures:
        """Return what to_dict was called on.

        Raises:
            AttributeError: The value is none of to_dict's.
            TypeError: Likewise.
            ValueError: Likewise.
        """
        refused = {int(client): str(reason) for client, reason in told["refused"].items()}
        loss = math.nan if told["loss"] is None else float(told["loss"])
        return RoundFigures(**{**told, "refused": refused, "loss": loss})


@dataclass(frozen=True, slots=True, eq=False)
class Round(RoundFigures):
    """A finished round.

    Attributes:
        arrays: Weights after it.
    """

    arrays: Arrays


class GuardedStrategy(Strategy):
    """One of Flower's strategies that gets no broken, huge or foreign update.

    Args:
        options: Settings.
        bank: Bank on the server.
        on_round: Called after each round.
        done: Number of rounds that an earlier run finished.
        numbers: Numbers of clients by Flower's own, which a simulation draws anew each time; the others keep
            theirs.
    """

    def __init__(
        self,
        options: FederationOptions,
        bank: Manifest,
        on_round: Callable[[Round], None],
        done: int = 0,
        numbers: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        self._options, self._bank, self._on_round, self._done = options, bank, on_round, done
        self._inner, self._contract = _flowers_own(options), contract_text(bank)
        self._numbers = numbers
        self._given: Arrays = {}
        self._sent = 0

    def configure_train(
        self,
        server_round: int,  # noqa: ARG002 (Flower counts from 1 in each run)
        arrays: ArrayRecord,
        config: ConfigRecord,
        grid: Grid,
    ) -> Iterable[Message]:
        """Return the messages to the clients of a round; its number goes on from earlier runs'."""
        number = self._done + 1
        self._given = arrays_from(arrays)
        config[CONTRACT] = self._contract
        config[EPOCHS], config[BATCH] = self._options.epochs, self._options.batch
        left = self._options.rate_left(number)
        config[LEARNING_RATE] = self._options.learning_rate * left
        if isinstance(self._inner, FedAdam):
            self._inner.eta = self._options.server_rate * left
            config[LEARNING_RATE], config[OPTIMIZER] = self._options.descent_rate, DESCENT
            config[BATCH] = _ALL
        messages = list(self._inner.configure_train(number, arrays, config, grid))
        self._sent = sum(map(bytes_of, messages))
        return messages

    def aggregate_train(
        self,
        server_round: int,  # noqa: ARG002 (as above)
        replies: Iterable[Message],
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Aggregate what is sound of the replies; without any the weights stay, and the round comes again."""
        # Sums of floats depend on the order, and Flower draws clients at random.
        number, came = self._done + 1, sorted(replies, key=self.number_of)
        received = sum(map(bytes_of, came))
        sound, refused = self._screened(came)
        arrays, metrics = self._inner.aggregate_train(number, sound) if sound else (None, None)
        if arrays is not None:
            # Means of float32 may come back as float64.
            arrays = record_of(
                {name: one.astype("float32", copy=False) for name, one in arrays_from(arrays).items()}
            )
        loss = float(str(metrics[LOSS])) if metrics else float("nan")
        after = self._given if arrays is None else arrays_from(arrays)
        self._done += bool(sound)
        self._on_round(Round(number, len(sound), refused, self._sent, received, loss, after))
        return arrays, metrics

    def configure_evaluate(
        self,
        server_round: int,  # noqa: ARG002 (Flower's signature)
        arrays: ArrayRecord,  # noqa: ARG002
        config: ConfigRecord,  # noqa: ARG002
        grid: Grid,  # noqa: ARG002
    ) -> Iterable[Message]:
        """Return no messages: policies are evaluated in missions, not by losses on the robots."""
        return []

    def aggregate_evaluate(
        self,
        server_round: int,  # noqa: ARG002 (Flower's signature)
        replies: Iterable[Message],  # noqa: ARG002
    ) -> MetricRecord | None:
        """Return nothing, as nothing was asked."""
        return None

    def summary(self) -> None:
        """Log the settings."""
        self._inner.summary()

    def number_of(self, reply: Message) -> int:
        """Return the number of the client that a reply is from."""
        node: int = reply.metadata.src_node_id
        return self._numbers.get(node, node)

    def _screened(self, replies: list[Message]) -> tuple[list[Message], dict[int, str]]:
        """Return the replies to aggregate, and why others are refused by the client's number."""
        refused: dict[int, str] = {}
        updates: dict[int, Update] = {}
        for reply in replies:
            client = self.number_of(reply)
            found = self._read(reply)
            if isinstance(found, str):
                # Parts of it are the client's own words.
                refused[client] = visible(found[:_LONGEST_REASON])
            else:
                updates[client] = found
        taken = list(updates.values())
        if self._options.guard:
            refused |= reasons_of_length(updates, self._given, self._options.guard)
            updates = {client: one for client, one in updates.items() if client not in refused}
            taken = bounded(list(updates.values()), self._given, self._options.guard)
        for client, reason in refused.items():
            _log.warning("Client %d is refused: %s.", client, reason.rstrip("."))
        bounded_of = dict(zip(updates, taken, strict=True))
        sound = [reply for reply in replies if self.number_of(reply) in bounded_of]
        for reply in sound:
            update = bounded_of[self.number_of(reply)]
            loss = reply.content.metric_records[METRICS][LOSS]
            reply.content = RecordDict(
                {
                    ARRAYS: record_of(update.arrays),
                    METRICS: MetricRecord({EXAMPLES: update.examples, LOSS: loss}),
                }
            )
        return sound, refused

    def _read(self, reply: Message) -> Update | str:
        """Return the update of a reply, or why it is refused."""
        if reply.has_error():
            return reply.error.reason or "it says no reason"
        try:
            update, loss, contract = _parts_of(reply.content)
            differences = contract_differences(contract, self._contract, self._bank)
        except Exception as error:  # noqa: BLE001 (strangers' bytes make numpy raise nearly anything)
            return f"its message cannot be read ({error})"
        if differences:
            return f"its observation is another version ({differences})"
        if self._options.guard and not math.isfinite(loss):
            return f"its loss is {loss:g}"
        reason = reason_to_refuse(update, self._given) if self._options.guard else ""
        return reason or update


def _parts_of(content: RecordDict) -> tuple[Update, float, str]:
    """Return the update, the loss and the contract that a client sends; raises whatever is wrong with it."""
    arrays = arrays_from(content.array_records[ARRAYS])
    metrics, config = content.metric_records[METRICS], content.config_records[CONFIG]
    update = Update(arrays, float(str(metrics[EXAMPLES])))
    return update, float(str(metrics[LOSS])), str(config.get(CONTRACT, ""))


def _flowers_own(options: FederationOptions) -> Strategy:
    shared = {
        "fraction_evaluate": 0.0,
        "min_train_nodes": options.clients,
        "min_available_nodes": options.clients,
    }
    if options.strategy == "fedprox":
        return FedProx(**shared, proximal_mu=options.proximal)
    if options.strategy == "fedavgm":
        return FedAvgM(**shared, server_learning_rate=1.0, server_momentum=options.momentum)
    if options.strategy == "fedadam":
        # Clients that run Adam take steps of one size, whatever their gradient: what few of them need badly
        # counts no more in the mean than what many hardly need. Here Adam runs on the server alone.
        return FedAdam(**shared, tau=_TAU)
    if options.strategy == "fedmedian":
        return FedMedian(**shared)
    return FedAvg(**shared)
