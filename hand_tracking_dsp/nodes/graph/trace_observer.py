"""Watches the latency topic and the battery of running nodes for a trace, and sets the operator's level."""

from __future__ import annotations

from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import BatteryState

from hand_tracking_dsp.msg import TrackerStats
from hand_tracking_dsp.nodes.graph.spinning import SpinningNode
from hand_tracking_dsp.recordings.trace import TraceBuilder

# Deep enough to be late by some seconds. Best effort, which hears publishers of either reliability.
_QOS = QoSProfile(depth=200, reliability=ReliabilityPolicy.BEST_EFFORT)


class TraceObserver(SpinningNode):
    """Collects a trace in a thread of its own; leaving the ``with`` block ends it.

    Args:
        domain_id: ROS domain; None: the environment's.
        topic: Of TrackerStats.

    Attributes:
        builder: What was heard so far.
    """

    def __init__(self, domain_id: int | None = None, topic: str = "stats") -> None:
        super().__init__("hand_tracking_trace", domain_id)
        self.builder = TraceBuilder()
        self.node.create_subscription(TrackerStats, topic, self.builder.add_stats, _QOS)
        self.node.create_subscription(BatteryState, "battery_state", self.builder.add_battery, _QOS)
        self._parameters = self.node.create_client(SetParameters, "pruning_controller_node/set_parameters")

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
