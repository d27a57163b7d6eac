"""A node that listens in a thread of its own, in a context of its own: for commands that watch a graph."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from types import TracebackType
from typing import TypeVar

from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

from hand_tracking_dsp.nodes.processes import TRANSPORT_VARIABLE, TRANSPORTS

_PATIENCE_S = 5.0
_Self = TypeVar("_Self", bound="SpinningNode")


class SpinningNode:
    """Holds a node that spins within a ``with`` block.

    Args:
        name: Of the node.
        domain_id: ROS domain; None: the environment's.

    Attributes:
        node: To subscribe with, before the block is entered.
    """

    def __init__(self, name: str, domain_id: int | None = None) -> None:
        os.environ.setdefault(TRANSPORT_VARIABLE, TRANSPORTS)
        self._context = Context()
        # No signal handlers: the command decides what Ctrl-C means.
        self._context.init(args=[], domain_id=domain_id)
        self.node = Node(name, context=self._context, enable_rosout=False)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._spin, name=name, daemon=True)

    def __enter__(self: _Self) -> _Self:  # noqa: PYI019 (typing.Self came with Python 3.11)
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self._executor.shutdown()
        self._context.try_shutdown()
        self._thread.join(timeout=_PATIENCE_S)

    def _spin(self) -> None:
        with suppress(ExternalShutdownException):
            self._executor.spin()
