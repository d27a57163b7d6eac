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

"""Drives a mobile base by a hand: an example of what gestures are good for, and useful as it is."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from geometry_msgs.msg import Twist, TwistStamped
from rclpy.duration import Duration

from hand_tracking_dsp.gestures.teleop import STANDSTILL, GestureTeleop, Halt, TeleopOptions, Velocity
from hand_tracking_dsp.gestures.types import BUILT_IN
from hand_tracking_dsp.msg import GestureArray
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.nodes.base.running import run_node
from hand_tracking_dsp.nodes.messages.conversion import seconds
from hand_tracking_dsp.nodes.messages.gesture_messages import shown_hands
from hand_tracking_dsp.nodes.tables.gestures import TELEOP

# How long a stopped base is commanded to stand still; after that another source may drive it.
_ZEROS_S = 0.5

# How long the last command may take to reach the base when the node is deactivated.
_FAREWELL = Duration(seconds=0.2)

# The age of gestures older than this says nothing any more.
_SILENCE_S = 2.0


class GestureTeleopNode(ManagedNode):
    """Publishes cmd_vel while a hand drives, zeros when it has stopped, and then nothing.

    The watchdog counts on the machine's monotonic clock from the moment that an image was taken, which its
    stamp and the ROS clock give at its arrival: neither a silent nor a late topic keeps the base moving.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 (rclpy's Node has a dozen)
        super().__init__("gesture_teleop_node", TELEOP, **options)
        self._teleop: GestureTeleop | None = None
        self._velocity = STANDSTILL
        self._zeros_until_s = -math.inf
        self._received_s = -math.inf
        self._age_s = math.nan

    def configure(self) -> None:
        """Take up the parameters and create topics."""
        self._teleop = GestureTeleop(self.parameters.make(TeleopOptions))
        self._stamped, self._frame_id = self.parameters["stamped"], self.parameters["frame_id"]
        self._commands = self.publish_on(TwistStamped if self._stamped else Twist, "cmd_vel", "command")
        self.listen_to(GestureArray, "gestures", self._on_gestures, "gestures")
        deadman = self._teleop.options.deadman
        known = "" if deadman in BUILT_IN else " (your own gesture)"
        self.get_logger().info(f"The dead-man gesture is {deadman}{known}.")

    def activate(self) -> None:
        """Begin to command."""
        self._received_s = self._zeros_until_s = -math.inf
        self.repeat(1 / self.parameters["rate_hz"], self._command)

    def deactivate(self) -> None:
        """Stop the base."""
        if self._teleop is None or self.state != "active":
            return
        self._teleop.halt(Halt.DEACTIVATED)
        self._velocity = STANDSTILL
        self._publish(STANDSTILL)
        self._commands.wait_for_all_acked(_FAREWELL)

    def cleanup(self) -> None:
        """Forget the hand."""
        self._teleop = None

    def apply(self, values: Mapping[str, Any]) -> None:
        """Take up limits and times."""
        options = self.parameters.make(TeleopOptions, changes=values)
        if self._teleop is not None:
            self._teleop.options = options

    def describe(self, report: Report) -> None:
        """Say who drives how fast, why the base was stopped, and why no hand can drive."""
        if self._teleop is None:
            return
        halts = self._teleop.halts
        report.values |= {
            "driver": "none" if self._teleop.driver is None else self._teleop.driver,
            "linear_mps": self._velocity.linear_mps,
            "angular_radps": self._velocity.angular_radps,
            "image_age_s": self._age_s,
            **{f"stops: {reason.value}": halts[reason] for reason in Halt},
        }
        received = time.monotonic() - self._received_s <= _SILENCE_S
        if received and not abs(self._age_s) <= self._teleop.options.watchdog_s:
            report.warnings.append(
                f"An image was {self._age_s:.2f} s old when its gestures came, and the watchdog allows "
                f"{self._teleop.options.watchdog_s:g} s: the base cannot be driven unless the pipeline is "
                f"faster and the clocks agree."
            )

    def _on_gestures(self, message: GestureArray) -> None:
        if self._teleop is None or self.state != "active":
            return
        self._received_s = time.monotonic()
        self._age_s = self.get_clock().now().nanoseconds * 1e-9 - seconds(message.header.stamp)
        driver = self._teleop.driver
        self._teleop.see(shown_hands(message), self._age_s, self._received_s)
        if driver is not None and self._teleop.driver is None:
            self._command()  # a stop does not wait for the timer

    def _command(self) -> None:
        if self._teleop is None:
            return
        now_s = time.monotonic()
        moved = self._velocity
        self._velocity = self._teleop.command(now_s)
        if self._teleop.driver is not None:
            self._zeros_until_s = now_s + _ZEROS_S
        if now_s < self._zeros_until_s or moved != STANDSTILL:
            self._publish(self._velocity)

    def _publish(self, velocity: Velocity) -> None:
        twist = Twist()
        twist.linear.x = velocity.linear_mps
        twist.angular.z = velocity.angular_radps
        if not self._stamped:
            self._commands.publish(twist)
            return
        stamped = TwistStamped(twist=twist)
        stamped.header.stamp = self.get_clock().now().to_msg()
        stamped.header.frame_id = self._frame_id
        self._commands.publish(stamped)


main = partial(run_node, GestureTeleopNode)
