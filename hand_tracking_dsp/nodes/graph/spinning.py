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

"""Node that spins in a thread of its own: for commands that observe a graph."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import TypeVar

from rclpy.context import Context
from rclpy.executors import (  # Humble has InvalidHandle in another module than later distributions
    ExternalShutdownException,
    InvalidHandle,
    SingleThreadedExecutor,
)
from rclpy.node import Node

from hand_tracking_dsp.nodes.graph.log_folder import log_arguments
from hand_tracking_dsp.nodes.graph.transport import transport_variables

_PATIENCE_S = 5.0
_Self = TypeVar("_Self", bound="SpinningNode")

_contexts: dict[int | None, Context] = {}
_users: Counter[int | None] = Counter()
# Reentrant: a node that was not ended gives its context back when Python collects it, at any moment.
_lock = threading.RLock()


@contextmanager
def shared_context(domain_id: int | None = None) -> Iterator[Context]:
    """Yield the context that all nodes of this process share in a domain; the last user ends it.

    A context is a participant of DDS, and Fast DDS lets those of one process call each other directly. Two of
    them can deadlock in its type lookup (seen with 3.2): each answers under a lock while its sender waits
    for the other's receiver, which waits for that lock
    (https://github.com/eProsima/DDS-Record-Replay/pull/114, https://github.com/eProsima/Fast-DDS/issues/6193).
    """
    with _lock:
        if domain_id not in _contexts:
            context = Context()
            # No signal handlers: the command decides what Ctrl-C means.
            context.init(args=log_arguments(), domain_id=domain_id)
            _contexts[domain_id] = context
        context = _contexts[domain_id]
        _users[domain_id] += 1
    try:
        yield context
    finally:
        with _lock:
            _users[domain_id] -= 1
            if not _users[domain_id]:
                _contexts.pop(domain_id).try_shutdown()


class SpinningNode:
    """Holds a node that spins within a ``with`` block.

    Attributes:
        node: Node to subscribe with, before the block is entered.
    """

    def __init__(self, name: str, domain_id: int | None = None) -> None:
        os.environ.update(transport_variables(os.environ))
        self._ending = ExitStack()
        context = self._ending.enter_context(shared_context(domain_id))
        self.node = Node(name, context=context, enable_rosout=False)
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(self.node)
        self._stopping = False
        self._thread = threading.Thread(target=self._spin, name=name, daemon=True)

    def __enter__(self: _Self) -> _Self:  # noqa: PYI019 (typing.Self came with Python 3.11)
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, and end the node."""
        # Not shutdown() alone: where it comes while a message is taken, rclpy's thread ends in a traceback.
        self._stopping = True
        self._executor.create_task(lambda: None)
        self._thread.join(timeout=_PATIENCE_S)
        self._executor.shutdown()
        self.node.destroy_node()
        self._ending.close()

    def _spin(self) -> None:
        while not self._stopping:
            # Raised where another thread destroys a publisher or subscription while this one gathers its
            # events: rclpy looks after this for subscriptions, but not for their events.
            with suppress(InvalidHandle):
                try:
                    self._executor.spin_once()
                except ExternalShutdownException:
                    return
