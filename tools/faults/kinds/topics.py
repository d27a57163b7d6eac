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

"""Bad messages of a stranger on the graph's inner topics."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from functools import partial
from random import Random

from geometry_msgs.msg import Twist
from hand_tracking_dsp.msg import (
    Gesture,
    GestureArray,
    GestureEvent,
    Hand,
    HandArray,
    SparsityCommand,
    TrackerStats,
)
from rclpy.qos import DurabilityPolicy
from sensor_msgs.msg import BatteryState
from std_msgs.msg import Float32, String

from faults.injection import fault
from faults.running_graph import RunningGraph

# What the tracker asks of whoever commands it.
_DURABILITY = {"sparsity_command": "TRANSIENT_LOCAL"}
_CONTROLLER = "pruning_controller_node"
_TRACKER = "hand_tracker_node"
_GESTURE = "gesture_node"


def _message(
    name: str,
    topic: str,
    make: Callable[[Random], object],
    node: str = "",
    saying: str = "",
    rate_hz: float = 20.0,
    *,
    noted: bool = False,
) -> None:
    """Declare a fault: a stranger publishes messages with the stamp of now."""
    example = make(Random(0))

    @fault(name, node, saying, noted=noted)
    def inject(graph: RunningGraph, random: Random) -> Generator[str, None, None]:
        def stamped(_: int) -> object:
            message = make(random)
            if hasattr(message, "header"):
                message.header.stamp = graph.probe.node.get_clock().now().to_msg()
                message.header.frame_id = "stranger"
            return message

        durability = DurabilityPolicy[_DURABILITY.get(topic, "VOLATILE")]
        with graph.stranger(type(example), topic, stamped, rate_hz, durability=durability):
            yield ""


_message(
    "a stranger's command of another level",
    "sparsity_command",
    lambda random: SparsityCommand(level=random.randrange(6), detail="a stranger's"),
    _CONTROLLER,
    "command",
    5.0,
)
_message(
    "a command of a level that is not there",
    "sparsity_command",
    lambda random: SparsityCommand(level=random.randrange(100, 256)),
    f"{_CONTROLLER}|{_TRACKER}",
    "level|command",
)
_message(
    "a flood of commands",
    "sparsity_command",
    lambda random: SparsityCommand(level=random.randrange(256)),
    f"{_CONTROLLER}|{_TRACKER}",
    "level|command",
    1000.0,
)


def _stats(ms: float, _: Random) -> TrackerStats:
    return TrackerStats(frame=1, total_ms=ms, end_to_end_ms=ms)


def _power(watts: float, _: Random) -> Float32:
    return Float32(data=watts)


for _word, _value in (("NaN", math.nan), ("infinite", math.inf), ("negative", -5.0), ("huge", 3e38)):
    _message(
        f"stats with {_word} times",
        "stats",
        partial(_stats, _value),
        _CONTROLLER,
        "stats|latency|time",
    )
_message(
    "stats five seconds late",
    "stats",
    lambda random: TrackerStats(frame=1, total_ms=5.0, end_to_end_ms=5005.0 + random.random()),
    _CONTROLLER,
    "clock|stats",
)


def _battery(name: str, saying: str, *, noted: bool = False, **values: object) -> None:
    _message(
        name,
        "battery_state",
        lambda _: BatteryState(present=True, voltage=12.0, **values),
        _CONTROLLER,
        saying,
        noted=noted,
    )


_battery("a battery of 0 to 100", "hundredth", noted=True, percentage=80.0)
_battery("a battery without a charge", "percentage|charge|battery", percentage=math.nan)
_battery("a battery of minus 3", "percentage|battery", percentage=-3.0)
_battery("a battery of infinity", "percentage|battery", percentage=math.inf)
_message(
    "a percentage of a battery that is not present",  # which is clear enough to be used
    "battery_state",
    lambda _: BatteryState(present=False, percentage=0.5),
)
for _word, _watts in (("minus 1e30", -1e30), ("infinite", math.inf)):
    _message(
        f"power of {_word} watts",
        "power_w",
        partial(_power, _watts),
        _CONTROLLER,
        "power",
    )


_message("power that was not measured", "power_w", partial(_power, math.nan))  # which NaN says


def _hands(name: str, saying: str, make: Callable[[Random], HandArray]) -> None:
    _message(name, "hands", make, _GESTURE, saying)


def _nan_hand(_: Random) -> HandArray:
    hand = Hand(track_id=7, presence=1.0)
    for point in hand.landmarks:
        point.x = point.y = point.z = math.nan
    return HandArray(image_width=320, image_height=240, hands=[hand])


_hands("hands of NaN", "hand|number|NaN|publish", _nan_hand)
_hands("hands in an image of no pixels", "image|hand|publish", lambda _: HandArray(hands=[Hand(track_id=7)]))
_hands(
    "five hundred hands",
    "hand|publish",
    lambda _: HandArray(image_width=320, image_height=240, hands=[Hand(track_id=n) for n in range(500)]),
)
_hands(
    "a hand that is neither left nor right",
    "hand|publish",
    lambda _: HandArray(image_width=320, image_height=240, hands=[Hand(track_id=7, handedness=200)]),
)
_message(
    "gestures of NaN for the teleoperation",
    "gestures",
    lambda _: GestureArray(
        image_width=320,
        image_height=240,
        gestures=[
            Gesture(track_id=9, name="open_palm", held="open_palm", pinch=math.nan, palm_size=math.nan)
        ],
    ),
    "gesture_teleop_node",
    "gesture|number|publish",
)
_message(
    "an event of a gesture that nobody knows",
    "gesture_events",
    lambda random: GestureEvent(name=f"\x1b[31m{random.random()}", kind=random.randrange(256)),
)
# Another teleoperation or a navigation may share the topic.
_message("a stranger's cmd_vel", "cmd_vel", lambda _: Twist())

# In a process of its own: a participant cannot have two types on one topic.
_TEXT = """
import rclpy, time
from std_msgs.msg import String
rclpy.init(args=[], domain_id={domain})
publisher = rclpy.create_node("stranger").create_publisher(String, "{topic}", 10)
while True:
    publisher.publish(String(data="text"))
    time.sleep(0.1)
"""


def _text_on(topic: str) -> None:
    @fault(f"text on the topic {topic}")  # beside its publisher: nothing may come of it
    def inject(graph: RunningGraph, _: Random) -> Generator[str, None, None]:
        with graph.program(_TEXT.format(domain=graph.domain_id, topic=topic)):
            yield ""


for _topic in ("stats", "battery_state", "hands", "sparsity_command"):
    _text_on(_topic)
_message("a flood on /diagnostics", "/diagnostics_agg", lambda _: String(data="x" * 5000), rate_hz=1000.0)
