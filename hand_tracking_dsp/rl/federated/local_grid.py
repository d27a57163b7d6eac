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

"""A grid of clients in this process: Flower's strategies and clients, without its network.

Flower's own simulation wants Ray, whose processes and memory a study of networks this small does not need.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import uuid4

from flwr.app import Context, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid

Run = object
"""Flower's description of a run, which nothing here needs."""


class LocalGrid(Grid):
    """Runs each message's client when it is sent.

    Args:
        clients: Clients by number.
    """

    def __init__(self, clients: Mapping[int, ClientApp]) -> None:
        self._clients = dict(clients)
        self._contexts = {number: Context(0, number, {}, RecordDict(), {}) for number in clients}
        self._replies: dict[str, Message] = {}

    def set_run(self, run: Run) -> None:
        """Do nothing: there is one run."""

    @property
    def run(self) -> Run:
        """Refuse: there is none to describe.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        """Return a message, as Flower has it for older programs."""
        return Message(content, dst_node_id, message_type, ttl=ttl, group_id=group_id)

    def get_node_ids(self) -> Iterable[int]:
        """Return the numbers of the clients."""
        return list(self._clients)

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Run the clients, and return numbers by which their replies are found."""
        numbers = []
        for message in messages:
            client = message.metadata.dst_node_id
            numbers.append(uuid4().hex)
            self._replies[numbers[-1]] = self._clients[client](message, self._contexts[client])
        return numbers

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Return replies by their numbers."""
        return [self._replies.pop(number) for number in message_ids]

    def send_and_receive(
        self,
        messages: Iterable[Message],
        *,
        timeout: float | None = None,  # noqa: ARG002 (nothing is waited for)
    ) -> Iterable[Message]:
        """Run the clients one after the other, and return their replies."""
        return self.pull_messages(self.push_messages(messages))
