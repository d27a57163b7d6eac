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

"""Stand-in for a mobile base, a process of its own: prints each command that it receives."""

from __future__ import annotations

import time
from contextlib import suppress

import rclpy
from geometry_msgs.msg import TwistStamped
from rclpy.executors import ExternalShutdownException

from hand_tracking_dsp.nodes.messages.conversion import seconds
from hand_tracking_dsp.scheduling.options import SchedulingOptions
from hand_tracking_dsp.scheduling.process_priority import ProcessPriority


def main() -> None:
    """Print "received_s sent_s moves" for each command of cmd_vel until the process is ended.

    Both times are seconds of the monotonic clock. Where that is allowed, the process has a raised priority,
    as the driver of a base has: otherwise a loaded machine delays the measurement instead of what is
    measured.
    """
    ProcessPriority().claim(main, SchedulingOptions("nice"))
    rclpy.init()
    node = rclpy.create_node("stand_in_base")

    def receive(message: TwistStamped) -> None:
        now_s = time.monotonic()
        age_s = time.time() - seconds(message.header.stamp)
        twist = message.twist
        moves = any((twist.linear.x, twist.linear.y, twist.angular.z))
        print(f"{now_s:.6f} {now_s - age_s:.6f} {int(moves)}", flush=True)

    node.create_subscription(TwistStamped, "cmd_vel", receive, 50)
    with suppress(ExternalShutdownException, KeyboardInterrupt):
        rclpy.spin(node)
