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

"""Observer of a running graph: records its topics in plain values, and sets the operator's point."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from numpy.typing import NDArray
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.client import Client
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import BatteryState, CameraInfo, Image
from std_msgs.msg import Float32

from hand_tracking_dsp.control.samples import BatterySample
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.messages.depth_images import depth_to_metres
from hand_tracking_dsp.messages.hands import tracked_hands
from hand_tracking_dsp.messages.hands_3d import hands_in_space
from hand_tracking_dsp.messages.images import image_to_pixels
from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.messages.samples import BatteryReader, frame_cost
from hand_tracking_dsp.msg import Hand3DArray, HandArray, SparsityCommand, TrackerStats
from hand_tracking_dsp.nodes.graph.spinning import SpinningNode
from hand_tracking_dsp.recordings.image_clock import ImageClock
from hand_tracking_dsp.recordings.run import Charge, ObservedCommand, ObservedRun
from hand_tracking_dsp.tracking.types import Image as Pixels

# Deep enough for the observer to be late by some seconds: it shares the machine with the nodes.
_RELIABLE = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE)
# Best effort receives from publishers of either reliability.
_ANY_RELIABILITY = QoSProfile(depth=200, reliability=ReliabilityPolicy.BEST_EFFORT)
_LATE_JOINER = QoSProfile(
    depth=50, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
)
_BEST_EFFORT = QoSProfile(depth=4, reliability=ReliabilityPolicy.BEST_EFFORT)


class GraphObserver(SpinningNode):
    """Records topics in a thread of its own; leaving the ``with`` block ends it.

    Args:
        domain_id: ROS domain; None: the environment's.
        on_image: Function called with stamp (nanoseconds) and BGR pixels for every image; None: no
            images are subscribed to, nor exact joints without truth, which spares their transport.
        on_depth: Function called with stamp (nanoseconds) and uint16 [height, width] millimetres for every
            depth image, as camera_node publishes them; None: no depth is subscribed to, nor hands in space.
        stats_topic: Topic of TrackerStats.
        truth: Subscribe to the exact joints in any case, which cameras that draw their hands publish.
        costs_only: Subscribe to costs and battery alone, from publishers of either reliability: for graphs
            that are not this process's own.

    Attributes:
        recording: Messages received so far; lists only grow.
    """

    def __init__(
        self,
        domain_id: int | None = None,
        on_image: Callable[[int, Pixels], None] | None = None,
        *,
        on_depth: Callable[[int, NDArray[np.uint16]], None] | None = None,
        stats_topic: str = "stats",
        truth: bool = False,
        costs_only: bool = False,
    ) -> None:
        super().__init__("hand_tracking_observer", domain_id)
        self.recording = ObservedRun()
        self._on_image, self._on_depth = on_image, on_depth
        self._battery = BatteryReader()
        self._reading: BatterySample | None = None
        self._costs_only = costs_only
        self._clock = ImageClock(())
        self._lifecycles: dict[str, Client] = {}
        self._parameters = self.node.create_client(SetParameters, "pruning_controller_node/set_parameters")
        costs = _ANY_RELIABILITY if costs_only else _RELIABLE
        subscribe = self.node.create_subscription
        subscribe(TrackerStats, stats_topic, self._on_stats, costs)
        subscribe(BatteryState, "battery_state", self._on_battery, costs)
        subscribe(Float32, "power_w", self._on_power, costs)
        if costs_only:
            return
        subscribe(HandArray, "hands", self._on_hands, _RELIABLE)
        subscribe(SparsityCommand, "sparsity_command", self._on_command, _LATE_JOINER)
        subscribe(CameraInfo, "camera_info", self._on_camera_info, _BEST_EFFORT)
        if self._on_image is not None:
            subscribe(Image, "image_raw", self._on_raw_image, _BEST_EFFORT)
        if truth or self._on_image is not None:
            subscribe(HandArray, "truth", self._on_truth, _RELIABLE)
        if self._on_depth is not None:
            subscribe(Image, "depth/image_raw", self._on_depth_image, _BEST_EFFORT)
            subscribe(Hand3DArray, "hands_3d", self._on_hands_3d, _RELIABLE)
            subscribe(Hand3DArray, "truth_3d", self._on_truth_3d, _RELIABLE)

    def set_operator_point(self, point: int) -> bool:
        """Ask pruning_controller_node for an operating point, -1: its own choice; does not wait for it.

        Returns:
            Whether the node is there to be asked.
        """
        if not self._parameters.service_is_ready():
            return False
        value = ParameterValue(type=ParameterType.PARAMETER_INTEGER, integer_value=point)
        request = SetParameters.Request(parameters=[Parameter(name="operator_level", value=value)])
        self._parameters.call_async(request)
        return True

    def can_activate(self, node: str) -> bool:
        """Return whether a node is there to be activated."""
        if node not in self._lifecycles:
            self._lifecycles[node] = self.node.create_client(ChangeState, f"{node}/change_state")
        return self._lifecycles[node].service_is_ready()

    def activate(self, node: str) -> None:
        """Ask a node that does not start itself to configure and activate itself; does not wait for it.

        Args:
            node: Name of a node for which can_activate() returned True.
        """
        call = self._lifecycles[node].call_async
        configure, activate = (
            ChangeState.Request(transition=Transition(id=number))
            for number in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)
        )
        call(configure).add_done_callback(lambda _configured: call(activate))

    def _on_hands(self, message: HandArray) -> None:
        self.recording.hands[stamp_ns(message)] = tracked_hands(message)

    def _on_truth(self, message: HandArray) -> None:
        self.recording.truth[stamp_ns(message)] = tracked_hands(message)

    def _on_hands_3d(self, message: Hand3DArray) -> None:
        self.recording.hands_3d[stamp_ns(message)] = hands_in_space(message)

    def _on_truth_3d(self, message: Hand3DArray) -> None:
        self.recording.truth_3d[stamp_ns(message)] = hands_in_space(message)

    def _on_depth_image(self, message: Image) -> None:
        if self._on_depth is not None:
            metres = depth_to_metres(message, ImageOptions())
            self._on_depth(stamp_ns(message), np.rint(1e3 * metres).astype(np.uint16))

    def _on_camera_info(self, message: CameraInfo) -> None:
        self.recording.published.add(stamp_ns(message))

    def _on_stats(self, message: TrackerStats) -> None:
        cost = frame_cost(message, self._reading)
        if self._costs_only:  # nothing else is found by its stamp
            cost = replace(cost, stamp_ns=self._clock.times(cost.stamp_ns, time.time_ns())[0])
        self.recording.costs.append(cost)

    def _on_command(self, message: SparsityCommand) -> None:
        self.recording.commands.append(ObservedCommand(stamp_ns(message), message.level, message.detail))

    def _on_power(self, message: Float32) -> None:
        self._battery.add_power(message, time.monotonic())

    def _on_battery(self, message: BatteryState) -> None:
        self._reading = reading = self._battery.sample(message, time.monotonic())
        self.recording.charges.append(Charge(stamp_ns(message), reading.charge, reading.power_w))

    def _on_raw_image(self, message: Image) -> None:
        at_ns = stamp_ns(message)
        self.recording.published.add(at_ns)
        pixels, order = image_to_pixels(message)
        if self._on_image is not None:
            self._on_image(at_ns, pixels if order == "bgr" else np.ascontiguousarray(pixels[:, :, ::-1]))
