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

from __future__ import annotations

import os
import signal
import time

import pytest
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Twist, TwistStamped
from hand_tracking_dsp.msg import GestureArray, Hand

from hand_tracking_dsp.nodes.gesture_node import GestureNode
from hand_tracking_dsp.nodes.gesture_teleop_node import GestureTeleopNode
from hand_tracking_dsp.nodes.graph.processes import GraphOptions, NodeProcesses

from .conftest import posed, shown

NODE = "gesture_teleop_node"
PATIENT = {"watchdog_s": 0.5, "full_scale_palms": 0.8}
"""For a machine that is busy with other tests, and with full speed within a step that a hand can go.

The core's tests look at the defaults, with their own clock.
"""


def passed(graph, seconds):
    """Let a while pass."""
    until = time.monotonic() + seconds
    graph.until(lambda: time.monotonic() > until, "a while has passed")


def let_go(graph, source, *members):
    """Show hands without the gesture, for long enough that they may drive."""
    source.show(*members)
    graph.until(source.publisher.get_subscription_count, "somebody listens")
    passed(graph, 0.6)


def values(status):
    return {pair.key: pair.value for pair in status.values}


def stands(twist):
    return twist == Twist()


def drive(graph, gestures, commands):
    """Show a hand that takes hold and goes up; return the first command that moves."""
    let_go(graph, gestures, shown("open_palm"))
    gestures.show(shown("fist"))
    graph.until(lambda: commands, "the hand drives")
    gestures.show(shown("fist", up_palms=0.9))
    return graph.until(lambda: next((c for c in commands if not stands(c)), None), "the base moves")


@pytest.fixture
def commands(graph):
    return graph.hear(Twist, "cmd_vel", 100)


def test_a_hand_that_holds_the_gesture_and_goes_up_drives_forwards(graph, gestures, commands, diagnostics):
    graph.start(GestureTeleopNode, **PATIENT)
    first = drive(graph, gestures, commands)
    assert 0 < first.linear.x <= 0.3
    assert first.angular.z == 0
    graph.until(lambda: commands[-1].linear.x == pytest.approx(0.3), "full speed is reached")
    status = diagnostics(NODE, lambda status: values(status).get("driver") == "1")
    assert status.level == status.OK
    assert float(values(status)["linear_mps"]) == pytest.approx(0.3)


def test_nothing_is_published_while_no_hand_has_driven(graph, gestures, commands):
    graph.start(GestureTeleopNode, **PATIENT)
    gestures.show(shown("fist", up_palms=2.0))
    passed(graph, 1.0)
    assert gestures.publisher.get_subscription_count() == 1
    assert commands == []


def end_silently(_, gestures):
    gestures.on = False


def end_by_letting_go(_, gestures):
    gestures.show(shown("open_palm"))


def end_by_leaving(_, gestures):
    gestures.show()


def end_by_old_stamps(_, gestures):
    gestures.stamp = lambda: Time(sec=1)


def end_by_deactivation(graph, _):
    assert graph.change_state(NODE, "deactivate")


def end_by_shutdown(graph, _):
    assert graph.change_state(NODE, "shutdown")


@pytest.mark.parametrize(
    "end",
    [
        end_silently,
        end_by_letting_go,
        end_by_leaving,
        end_by_old_stamps,
        end_by_deactivation,
        end_by_shutdown,
    ],
)
def test_the_base_is_told_to_stand_still_and_then_left_alone(graph, gestures, commands, end):
    graph.start(GestureTeleopNode, **PATIENT)
    drive(graph, gestures, commands)
    end(graph, gestures)
    graph.until(lambda: stands(commands[-1]), "the base is stopped")

    def is_silent():
        count = len(commands)
        passed(graph, 0.3)
        return len(commands) == count

    graph.until(is_silent, "commands have ended")
    moving = [stands(command) for command in commands]
    assert all(moving[len(moving) - moving[::-1].index(False) :]), "it never moved again"


def test_after_a_stop_the_gesture_must_be_begun_anew(graph, gestures, commands, diagnostics):
    graph.start(GestureTeleopNode, **PATIENT)
    drive(graph, gestures, commands)
    gestures.on = False
    graph.until(lambda: stands(commands[-1]), "the base is stopped")
    gestures.on = True
    status = diagnostics(NODE, lambda status: values(status).get("driver") == "none")
    assert values(status)["stops: no image that shows the gesture is recent enough"] == "1"
    passed(graph, 1.0)
    commands.clear()
    drive(graph, gestures, commands)


def test_a_stamped_twist_has_stamp_and_frame(graph, gestures):
    stamped = graph.hear(TwistStamped, "cmd_vel", 100)
    graph.start(GestureTeleopNode, stamped=True, frame_id="base", **PATIENT)
    let_go(graph, gestures, shown("open_palm"))
    gestures.show(shown("fist"))
    twist = graph.until(lambda: stamped and stamped[0], "the hand drives")
    assert twist.header.frame_id == "base"
    assert twist.header.stamp.sec > 0


def test_late_images_are_told_of(graph, gestures, diagnostics):
    graph.start(GestureTeleopNode)
    gestures.stamp = lambda: Time(sec=1)
    status = diagnostics(NODE, lambda status: "old when its gestures came" in status.message)
    assert status.level == status.WARN
    gestures.on = False
    diagnostics(NODE, lambda status: status.message.startswith("Nothing has come on /gestures for "))


def test_another_hand_under_the_same_track_id_stops_the_base(graph, gestures, commands, diagnostics):
    graph.start(GestureTeleopNode, **PATIENT)
    drive(graph, gestures, commands)
    gestures.show(shown("fist", up_palms=-0.9))
    graph.until(lambda: stands(commands[-1]), "the base is stopped")
    status = diagnostics(NODE, lambda status: values(status).get("driver") == "none")
    assert values(status)["stops: the hand jumped, so that it may be another one"] == "1"


def test_limits_change_at_once_and_impossible_ones_are_refused(graph, gestures, commands):
    graph.start(GestureTeleopNode, **PATIENT)
    drive(graph, gestures, commands)
    assert graph.set_parameter(NODE, "max_linear_mps", 0.05).successful
    graph.until(lambda: commands[-1].linear.x == pytest.approx(0.05), "the base is slower")
    refusal = graph.set_parameter(NODE, "full_scale_palms", 0.2)
    assert not refusal.successful
    assert "full_scale_palms is 0.2, but must be above dead_zone_palms" in refusal.reason
    assert not graph.set_parameter(NODE, "deadman", "ok").successful


def test_hands_drive_through_gesture_node_until_they_are_silent(graph, hands, commands):
    graph.start(GestureNode)
    graph.start(GestureTeleopNode, **PATIENT)

    def raised(pose, up_px=0.0):
        hand: Hand = posed(pose)
        for point in hand.landmarks:
            point.y -= up_px
        return hand

    let_go(graph, hands, raised("open palm"))
    hands.show(raised("fist"))
    graph.until(lambda: commands, "the hand drives")
    hands.show(raised("fist", 80.0))
    graph.until(lambda: commands[-1].linear.x > 0, "the base moves")
    hands.on = False
    graph.until(lambda: stands(commands[-1]), "the base is stopped")


def test_a_killed_process_of_gestures_stops_the_base(graph, hands, commands):
    heard = graph.hear(GestureArray, "gestures")
    options = GraphOptions(nodes=("gesture_node",), domain_id=graph.domain_id)
    with NodeProcesses(options, lambda *_: None) as nodes:
        graph.start(GestureTeleopNode, **PATIENT)
        graph.until(lambda: heard, "gesture_node answers")
        let_go(graph, hands, posed("open palm"))
        hands.show(posed("fist"))
        graph.until(lambda: commands, "the hand drives")
        os.kill(nodes.pids["gesture_node"], signal.SIGKILL)
        commands.clear()
        graph.until(lambda: commands, "the base is still told something")
        passed(graph, 1.0)
        assert stands(commands[-1])
