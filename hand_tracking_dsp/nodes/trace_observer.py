"""Watches the latency topic and the battery of running nodes for a trace, and sets the operator's level."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from types import TracebackType

from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import BatteryState

from hand_tracking_dsp.evaluation.traces import TraceBuilder
from hand_tracking_dsp.msg import TrackerStats
from hand_tracking_dsp.nodes.processes import TRANSPORT_VARIABLE, TRANSPORTS

# Deep enough to be late by some seconds. Best effort, which hears publishers of either reliability.
_QOS = QoSProfile(depth=200, reliability=ReliabilityPolicy.BEST_EFFORT)
_PATIENCE_S = 5.0


class TraceObserver:
    """Collects a trace in a thread of its own; leaving the ``with`` block ends it.

    Args:
        domain_id: ROS domain; None: the environment's.
        topic: Of TrackerStats.

    Attributes:
        builder: What was heard so far.
    """

    def __init__(self, domain_id: int | None = None, topic: str = "stats") -> None:
        os.environ.setdefault(TRANSPORT_VARIABLE, TRANSPORTS)
        self.builder = TraceBuilder()
        self._context = Context()
        # No signal handlers: the command decides what Ctrl-C means.
        self._context.init(args=[], domain_id=domain_id)
        self._node = Node("hand_tracking_trace", context=self._context, enable_rosout=False)
        self._node.create_subscription(TrackerStats, topic, self.builder.add_stats, _QOS)
        self._node.create_subscription(BatteryState, "battery_state", self.builder.add_battery, _QOS)
        self._parameters = self._node.create_client(SetParameters, "pruning_controller_node/set_parameters")
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, name="trace observer", daemon=True)

    def __enter__(self) -> TraceObserver:
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

    def set_operator_level(self, level: int) -> bool:
        """Ask pruning_controller_node for a level, -1: its own choice; does not wait for the answer.

        Returns:
            Whether the node is there to be asked.
        """
        if not self._parameters.service_is_ready():
            return False
        value = ParameterValue(type=ParameterType.PARAMETER_INTEGER, integer_value=level)
        request = SetParameters.Request(parameters=[Parameter(name="operator_level", value=value)])
        self._parameters.call_async(request)
        return True

    def _spin(self) -> None:
        with suppress(ExternalShutdownException):
            self._executor.spin()
