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

"""Clients and Flower's strategies in one process: they learn, and no client spoils it for the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid
from numpy.typing import NDArray

from hand_tracking_dsp.rl.federated.client import make_client
from hand_tracking_dsp.rl.federated.options import STRATEGIES, FederationOptions
from hand_tracking_dsp.rl.federated.records import (
    ARRAYS,
    CONFIG,
    CONTRACT,
    METRICS,
    OPTIMIZER,
    arrays_from,
    arrays_of,
    contract_text,
    layers_of,
    record_of,
)
from hand_tracking_dsp.rl.federated.strategies import GuardedStrategy, Round
from hand_tracking_dsp.rl.federated.updates import GuardOptions
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations
from hand_tracking_dsp.rl.training.forecast_round import (
    DESCENT,
    RoundOptions,
    first_layers,
    loss_of,
    train_layers,
)
from hand_tracking_dsp.tracking.manifest import Manifest

Change = Callable[[Message], None]
OPTIONS = FederationOptions(strategy="fedavg", rounds=3, batch=64, learning_rate=4e-3, clients=4)


class ChangedClient(ClientApp):
    """A client whose reply is changed on the way."""

    def __init__(self, inner: ClientApp, change: Change) -> None:
        super().__init__()
        self._inner, self._change = inner, change

    def __call__(self, message: Message, context: Context) -> Message:
        reply = self._inner(message, context)
        self._change(reply)
        return reply


def scaled(by: float) -> Change:
    def change(reply: Message) -> None:
        arrays = arrays_from(reply.content.array_records[ARRAYS])
        reply.content[ARRAYS] = record_of({name: array * np.float32(by) for name, array in arrays.items()})

    return change


def of_another_version(text: str) -> str:
    """Return a contract in which an observation has another name."""
    contract = json.loads(text)
    contract["observation"][2]["name"] = "latency_median"
    return json.dumps(contract)


def first_weights(reply: Message) -> np.ndarray:
    return arrays_from(reply.content.array_records[ARRAYS])["weight0"]


def with_other_contract(reply: Message) -> None:
    config = reply.content.config_records[CONFIG]
    config[CONTRACT] = of_another_version(str(config[CONTRACT]))


def without_metrics(reply: Message) -> None:
    del reply.content[METRICS]


def learn(
    bank: Manifest,
    data: list[LabelledObservations],
    options: FederationOptions = OPTIONS,
    change: Change | None = None,
) -> list[Round]:
    """Train from the same weights always; the first client's replies are changed."""
    clients: dict[int, ClientApp] = {
        number: make_client(bank, lambda _context, own=own: own) for number, own in enumerate(data, start=1)
    }
    if change:
        clients[1] = ChangedClient(clients[1], change)
    rounds: list[Round] = []
    strategy = GuardedStrategy(options, bank, rounds.append)
    strategy.start(grid_of(clients), record_of(arrays_of(first_layers(0))), options.rounds)
    return rounds


def grid_of(clients: Mapping[int, ClientApp]) -> Mock:
    """Return a grid without a network, whose clients answer when they are asked."""

    def answers(messages: Iterable[Message], **_: float) -> list[Message]:
        contexts = {number: Context(0, number, {}, RecordDict(), {}) for number in clients}
        nodes = [(message, message.metadata.dst_node_id) for message in messages]
        return [clients[node](message, contexts[node]) for message, node in nodes]

    grid = Mock(spec=Grid)
    grid.get_node_ids.return_value = list(clients)
    grid.send_and_receive.side_effect = answers
    return grid


def loss_after(rounds: list[Round], data: list[LabelledObservations]) -> float:
    return float(np.mean([loss_of(layers_of(rounds[-1].arrays), one) for one in data]))


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_learns(name: str, bank: Manifest, observations: list[LabelledObservations]) -> None:
    rounds = learn(bank, observations, replace(OPTIONS, strategy=name))
    before = np.mean([loss_of(first_layers(0), one) for one in observations])
    assert [one.number for one in rounds] == [1, 2, 3]
    assert all(one.clients == 4 and not one.refused for one in rounds)
    assert loss_after(rounds, observations) < 0.9 * before


def test_the_same_seed_gives_the_same_weights(
    bank: Manifest, observations: list[LabelledObservations]
) -> None:
    first, second = (learn(bank, observations)[-1].arrays for _ in range(2))
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])


@pytest.mark.parametrize("factor", [np.nan, np.inf, 1e6, 1e38])
@pytest.mark.parametrize("name", ["fedavg", "fedmedian", "fedadam"])
def test_one_poisoned_client_does_not_spoil_the_network(
    name: str, factor: float, bank: Manifest, observations: list[LabelledObservations]
) -> None:
    options = replace(OPTIONS, strategy=name)
    sound = loss_after(learn(bank, observations, options), observations)
    rounds = learn(bank, observations, options, scaled(factor))
    assert loss_after(rounds, observations) < sound + 0.1
    assert all(1 in one.refused for one in rounds)


def test_a_client_that_pushes_without_being_refused_is_shortened(
    bank: Manifest, observations: list[LabelledObservations]
) -> None:
    sound = loss_after(learn(bank, observations), observations)
    rounds = learn(bank, observations, change=scaled(1.2))
    assert not any(one.refused for one in rounds)
    assert loss_after(rounds, observations) < sound + 0.1


def test_without_the_guard_one_poisoned_client_spoils_it(
    bank: Manifest, observations: list[LabelledObservations]
) -> None:
    rounds = learn(bank, observations, replace(OPTIONS, guard=None), scaled(1e6))
    assert not loss_after(rounds, observations) < 100


def test_a_client_of_another_observation_is_refused_by_its_name(
    bank: Manifest, observations: list[LabelledObservations]
) -> None:
    rounds = learn(bank, observations, change=with_other_contract)
    assert all(one.clients == 3 for one in rounds)
    assert "'latency_median'" in rounds[0].refused[1]


def test_a_message_that_lacks_something_is_refused(
    bank: Manifest, observations: list[LabelledObservations]
) -> None:
    rounds = learn(bank, observations, change=without_metrics)
    assert "cannot be read" in rounds[0].refused[1]
    assert rounds[-1].clients == 3


def test_a_client_refuses_a_server_of_another_observation_by_its_name(
    bank: Manifest, observations: list[LabelledObservations]
) -> None:
    content = RecordDict(
        {
            ARRAYS: record_of(arrays_of(first_layers(0))),
            CONFIG: ConfigRecord({CONTRACT: of_another_version(contract_text(bank))}),
        }
    )
    client = make_client(bank, lambda _context: observations[0])
    message = Message(content, 1, "train")
    reply = client(message, Context(0, 1, {}, RecordDict(), {}))
    assert reply.has_error()
    assert "'latency_median'" in str(reply.error.reason)


def test_a_client_refuses_an_optimizer_that_it_does_not_know(
    bank: Manifest, observations: list[LabelledObservations]
) -> None:
    content = RecordDict(
        {
            ARRAYS: record_of(arrays_of(first_layers(0))),
            CONFIG: ConfigRecord({CONTRACT: contract_text(bank), OPTIMIZER: "another"}),
        }
    )
    client = make_client(bank, lambda _context: observations[0])
    reply = client(Message(content, 1, "train"), Context(0, 1, {}, RecordDict(), {}))
    assert reply.has_error()
    assert "its optimizer is another" in str(reply.error.reason)


def test_by_fedadam_a_client_takes_one_step_along_its_gradient(
    bank: Manifest, observations: list[LabelledObservations]
) -> None:
    options = replace(OPTIONS, strategy="fedadam", rounds=1, guard=None)
    sent: list[np.ndarray] = []
    learn(bank, observations, options, lambda reply: sent.append(first_weights(reply)))
    step = RoundOptions(epochs=1, batch=10**6, optimizer=DESCENT, learning_rate=options.descent_rate, seed=1)
    expected, _ = train_layers(first_layers(0), observations[0], step)
    np.testing.assert_allclose(sent[0], expected[0][0], atol=1e-6)


def test_only_weights_the_contract_and_two_numbers_are_sent(
    bank: Manifest, observations: list[LabelledObservations]
) -> None:
    seen: list[RecordDict] = []
    learn(bank, observations, replace(OPTIONS, rounds=1), lambda reply: seen.append(reply.content))
    (content,) = seen
    assert set(content) == {ARRAYS, METRICS, CONFIG}
    assert set(content.metric_records[METRICS]) == {"num-examples", "loss"}
    assert set(content.config_records[CONFIG]) == {CONTRACT}
    sent: list[NDArray[np.float32]] = list(arrays_from(content.array_records[ARRAYS]).values())
    assert [one.shape for one in sent] == [one.shape for one in arrays_of(first_layers(0)).values()]


def test_a_round_in_which_nobody_answers_comes_again(
    bank: Manifest, observations: list[LabelledObservations]
) -> None:
    rounds = learn(bank, observations[:1], replace(OPTIONS, clients=1, guard=GuardOptions()), scaled(np.nan))
    assert [one.number for one in rounds] == [1, 1, 1]
    assert all(one.clients == 0 for one in rounds)


def with_unknown_bytes(reply: Message) -> None:
    array = reply.content.array_records[ARRAYS]["bias0"]
    array.stype = "unknown"


def with_a_header_that_lies(reply: Message) -> None:
    """Say that a few bytes are an array of a petabyte."""
    array = reply.content.array_records[ARRAYS]["bias0"]
    array.data = array.data.replace(b"(64,), }" + b" " * 18, b"(100000000000000,), }     ")


def with_a_loss_that_is_no_number(reply: Message) -> None:
    reply.content.metric_records[METRICS]["loss"] = float("nan")


@pytest.mark.parametrize(
    "change", [with_unknown_bytes, with_a_header_that_lies, with_a_loss_that_is_no_number]
)
def test_a_client_whose_message_is_broken_costs_itself_alone(
    change: Change, bank: Manifest, observations: list[LabelledObservations]
) -> None:
    rounds = learn(bank, observations, change=change)
    assert all(set(one.refused) == {1} and one.clients == 3 for one in rounds)
    assert all(np.isfinite(one.loss) for one in rounds)


def test_what_a_client_says_of_an_error_is_kept_short_and_printable(
    bank: Manifest, observations: list[LabelledObservations]
) -> None:
    def with_long_contract(reply: Message) -> None:
        config = reply.content.config_records[CONFIG]
        config[CONTRACT] = str(config[CONTRACT]).replace("latency", "\\u001b[2J" * 1000)

    reason = learn(bank, observations, change=with_long_contract)[0].refused[1]
    assert len(reason) < 5000
    assert reason.isprintable()
