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
import threading
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from geometry_msgs.msg import Twist, TwistStamped
from rclpy.duration import Duration

from hand_tracking_dsp.gestures.base_commands import BaseCommands
from hand_tracking_dsp.gestures.teleop import STANDSTILL, GestureTeleop, Halt, TeleopOptions, Velocity
from hand_tracking_dsp.gestures.types import BUILT_IN
from hand_tracking_dsp.msg import GestureArray
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.nodes.base.running import run_node
from hand_tracking_dsp.nodes.base.timed_thread import TimedThread
from hand_tracking_dsp.nodes.messages.conversion import seconds
from hand_tracking_dsp.nodes.messages.gesture_messages import shown_hands
from hand_tracking_dsp.nodes.tables.gestures import TELEOP

# How long the last command may take to reach the base when the node is deactivated.
_FAREWELL = Duration(seconds=0.2)

# What is left, an image later, of the longest time for which a hand was held.
_HELD_MEMORY = 0.99

# The age of gestures older than this says nothing any more.
_SILENCE_S = 2.0


class GestureTeleopNode(ManagedNode):
    """Publishes cmd_vel while a hand drives, zeros when it has stopped, and then nothing.

    The watchdog counts on the machine's monotonic clock from the moment that an image was taken, which its
    stamp and the ROS clock give at its arrival: neither a silent nor a late topic keeps the base moving. It
    commands from a thread of its own, so that nothing else that the node does delays a stop.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 (rclpy's Node has a dozen)
        super().__init__("gesture_teleop_node", TELEOP, **options)
        self._lock = threading.RLock()
        self._teleop: GestureTeleop | None = None
        self._base: BaseCommands | None = None
        self._thread: TimedThread | None = None
        self._received_s = -math.inf
        self._age_s = math.nan
        self._held_s = 0.0

    def configure(self) -> None:
        """Take up the parameters and create topics."""
        self._teleop = GestureTeleop(self.parameters.make(TeleopOptions))
        self._base = BaseCommands(self._teleop, 1 / self.parameters["rate_hz"])
        self._stamped, self._frame_id = self.parameters["stamped"], self.parameters["frame_id"]
        self._commands = self.publish_on(TwistStamped if self._stamped else Twist, "cmd_vel", "command")
        self.listen_to(GestureArray, "gestures", self._on_gestures, "gestures")
        deadman = self._teleop.options.deadman
        known = "" if deadman in BUILT_IN else " (your own gesture)"
        self.get_logger().info(f"The dead-man gesture is {deadman}{known}.")

    def activate(self) -> None:
        """Begin to command."""
        self._received_s = -math.inf
        self._thread = TimedThread("commands", self._command, self._report_failure)

    def deactivate(self) -> None:
        """Stop the base."""
        if self._thread is not None:
            self._thread.stop()
            self._thread = None
        if self._teleop is None or self._base is None or self.state != "active":
            return
        with self._lock:
            self._teleop.halt(Halt.DEACTIVATED)
            self._base.stop()
            self._publish(STANDSTILL)
        self._commands.wait_for_all_acked(_FAREWELL)

    def cleanup(self) -> None:
        """Forget the hand."""
        self._teleop = self._base = None

    def apply(self, values: Mapping[str, Any]) -> None:
        """Take up limits and times."""
        options = self.parameters.make(TeleopOptions, changes=values)
        if self._teleop is not None:
            self._teleop.options = options

    def describe(self, report: Report) -> None:
        """Say who drives how fast, why the base was stopped, and why no hand can drive."""
        if self._teleop is None or self._base is None:
            return
        velocity = self._base.velocity
        halts = self._teleop.halts
        report.values |= {
            "driver": "none" if self._teleop.driver is None else self._teleop.driver,
            "linear_mps": velocity.linear_mps,
            "angular_radps": velocity.angular_radps,
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
        if received and self._held_s > self._teleop.options.watchdog_s:
            report.warnings.append(
                f"A hand was held for {self._held_s:.2f} s since it was measured, and the watchdog allows "
                f"{self._teleop.options.watchdog_s:g} s: set gate.max_hold_ms of hand_tracker_node lower."
            )

    def _on_gestures(self, message: GestureArray) -> None:
        if self._teleop is None or self.state != "active":
            return
        age_s = self.get_clock().now().nanoseconds * 1e-9 - seconds(message.header.stamp)
        hands = shown_hands(message)
        with self._lock:
            self._received_s = time.monotonic()
            self._age_s = age_s
            self._held_s = max(_HELD_MEMORY * self._held_s, *(hand.measurement_age_s for hand in hands), 0.0)
            driver = self._teleop.driver
            self._teleop.see(hands, age_s, self._received_s)
            if driver is not None and self._teleop.driver is None:
                self._command()  # a stop does not wait for its time

    def _command(self) -> float:
        """Publish what the base is to do now; return the time of the next command, seconds."""
        with self._lock:
            if self._base is None:
                return math.inf
            velocity = self._base.command(time.monotonic())
            if velocity is not None:
                self._publish(velocity)
            return self._base.next_s

    def _report_failure(self, error: Exception) -> None:
        self.get_logger().error(
            f"A command failed with {type(error).__name__}: {error}.", throttle_duration_sec=5.0
        )

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
