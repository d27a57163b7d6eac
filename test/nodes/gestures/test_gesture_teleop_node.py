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
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Twist, TwistStamped
from hand_tracking_dsp.msg import GestureArray, Hand
from support.gestures import posed, shown

from hand_tracking_dsp.nodes.gesture_node import GestureNode
from hand_tracking_dsp.nodes.gesture_teleop_node import GestureTeleopNode
from hand_tracking_dsp.nodes.graph.processes import GraphOptions, NodeProcesses

NODE = "gesture_teleop_node"
PATIENT = {"watchdog_s": 2.0, "full_scale_palms": 0.8}
"""For a machine that is busy with other tests, and with full speed within a step that a hand can go.

The core's tests look at the defaults, with their own clock.
"""
OPEN, FIST, RAISED = shown("open_palm"), shown("fist"), shown("fist", up_palms=0.9)


def passed(graph, seconds):
    """Let a while pass."""
    until = time.monotonic() + seconds
    graph.until(lambda: time.monotonic() > until, "a while has passed")


def soon(graph, condition, seconds):
    """Wait a while for a condition; return whether it came true."""
    until = time.monotonic() + seconds
    met = []
    graph.until(
        lambda: met or (condition() and met.append(True)) or time.monotonic() > until, "a while has passed"
    )
    return bool(met)


def take_hold(graph, source, commands, *, free=OPEN, closed=FIST):
    """Show a hand that lets go and takes hold, again where the machine was too slow, until it drives."""
    graph.until(source.publisher.get_subscription_count, "somebody listens")

    def drives():
        source.show(free)
        passed(graph, 0.6)
        commands.clear()
        source.show(closed)
        return soon(graph, lambda: commands, 5.0)

    graph.until(drives, "the hand drives")


def values(status):
    return {pair.key: pair.value for pair in status.values}


def stands(twist):
    return twist == Twist()


def drive(graph, source, commands, *, free=OPEN, closed=FIST, raised=RAISED, reached=lambda: True):
    """Show a hand that takes hold and goes up, until the base moves and something is reached.

    Where the machine was too slow for the watchdog, the hand takes hold again.

    Returns:
        The first command that moves.
    """

    def moving():
        return [command for command in commands if not stands(command)]

    def moves():
        take_hold(graph, source, commands, free=free, closed=closed)
        source.show(raised)
        return soon(graph, moving, 5.0) and soon(graph, reached, 5.0) and moving()[0]

    return graph.until(moves, "the base moves")


def is_silent(graph, commands):
    """Say whether no command comes for a while."""
    count = len(commands)
    passed(graph, 0.5)
    return len(commands) == count


@pytest.fixture
def commands(graph):
    return graph.hear(Twist, "cmd_vel", 100)


def test_a_hand_that_holds_the_gesture_and_goes_up_drives_forwards(graph, gestures, commands):
    reports = graph.hear(DiagnosticArray, "/diagnostics")
    graph.start(GestureTeleopNode, **PATIENT)

    def reported():
        if not reports:
            return False
        status = reports[-1].status[0]
        told = values(status)
        fast = told.get("driver") == "1" and float(told["linear_mps"]) == pytest.approx(0.3)
        return fast and status.level == status.OK and commands[-1].linear.x == pytest.approx(0.3)

    first = drive(graph, gestures, commands, reached=reported)
    assert 0 < first.linear.x <= 0.3
    assert first.angular.z == 0


def test_nothing_is_published_while_no_hand_has_driven(graph, gestures, commands, diagnostics):
    graph.start(GestureTeleopNode, **PATIENT)
    gestures.show(shown("fist", up_palms=2.0))
    diagnostics(NODE, lambda status: values(status).get("image_age_s", "nan") not in ("nan", "unknown"))
    passed(graph, 1.0)
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
    graph.until(lambda: is_silent(graph, commands), "commands have ended")
    moving = [stands(command) for command in commands]
    assert all(moving[len(moving) - moving[::-1].index(False) :]), "it never moved again"


def test_after_a_stop_the_gesture_must_be_begun_anew(graph, gestures, commands, diagnostics):
    graph.start(GestureTeleopNode, **PATIENT)
    drive(graph, gestures, commands)
    gestures.on = False
    graph.until(lambda: stands(commands[-1]), "the base is stopped")
    stopped = len(commands)
    gestures.on = True
    status = diagnostics(NODE, lambda status: values(status).get("driver") == "none")
    assert int(values(status)["stops: no image that shows the gesture is recent enough"]) >= 1
    passed(graph, 1.0)
    assert all(map(stands, commands[stopped:]))
    drive(graph, gestures, commands)


def test_a_stamped_twist_has_stamp_and_frame(graph, gestures):
    stamped = graph.hear(TwistStamped, "cmd_vel", 100)
    graph.start(GestureTeleopNode, stamped=True, frame_id="base", **PATIENT)
    take_hold(graph, gestures, stamped)
    twist = stamped[0]
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

    def is_told():
        drive(graph, gestures, commands)
        gestures.show(shown("fist", up_palms=-0.9))
        graph.until(lambda: stands(commands[-1]), "the base is stopped")
        status = diagnostics(NODE, lambda status: values(status).get("driver") == "none")
        return values(status)["stops: the hand jumped, so that it may be another one"] == "1"

    graph.until(is_told, "the jump stopped the base")


def test_limits_change_at_once_and_impossible_ones_are_refused(graph, gestures, commands):
    graph.start(GestureTeleopNode, **PATIENT)

    def runs_at(speed):
        return lambda: commands[-1].linear.x == pytest.approx(speed)

    def slows_down():
        assert graph.set_parameter(NODE, "max_linear_mps", 0.3).successful
        drive(graph, gestures, commands, reached=runs_at(0.3))
        assert graph.set_parameter(NODE, "max_linear_mps", 0.05).successful
        return soon(graph, runs_at(0.05), 5.0)

    graph.until(slows_down, "the base is slower")
    refusal = graph.set_parameter(NODE, "full_scale_palms", 0.2)
    assert not refusal.successful
    assert "full_scale_palms is 0.2, but must be above dead_zone_palms" in refusal.reason
    assert not graph.set_parameter(NODE, "deadman", "ok").successful


def held_up(pose, up_px=0.0):
    """Pose a hand so many pixels higher."""
    hand: Hand = posed(pose)
    for point in hand.landmarks:
        point.y -= up_px
    return hand


HANDS = {"free": held_up("open palm"), "closed": held_up("fist"), "raised": held_up("fist", 80.0)}


def test_hands_drive_through_gesture_node_until_they_are_silent(graph, hands, commands):
    graph.start(GestureNode, silence_s=10.0)
    graph.start(GestureTeleopNode, **PATIENT)
    drive(graph, hands, commands, **HANDS)
    hands.on = False
    graph.until(lambda: stands(commands[-1]), "the base is stopped")


def test_a_killed_process_of_gestures_stops_the_base(graph, hands, commands):
    heard = graph.hear(GestureArray, "gestures")
    parameters = {"gesture_node": {"silence_s": 10.0}}
    options = GraphOptions(nodes=("gesture_node",), domain_id=graph.domain_id, parameters=parameters)
    with NodeProcesses(options, lambda *_: None) as nodes:
        graph.start(GestureTeleopNode, **PATIENT)
        graph.until(lambda: heard, "gesture_node answers")
        drive(graph, hands, commands, **HANDS)
        os.kill(nodes.pids["gesture_node"], signal.SIGKILL)
        graph.until(lambda: stands(commands[-1]), "the base is stopped")
        graph.until(lambda: is_silent(graph, commands), "commands have ended")
        assert stands(commands[-1])


def test_a_hand_that_the_tracker_holds_for_long_neither_drives_nor_goes_unsaid(graph, gestures, diagnostics):
    commands = graph.hear(Twist, "cmd_vel", 100)
    graph.start(GestureTeleopNode, **PATIENT)
    take_hold(graph, gestures, commands)
    held = shown("fist")
    held.measurement_age_s = 2.5
    gestures.show(held)
    status = diagnostics(NODE, lambda status: "set gate.max_hold_ms of hand_tracker_node" in status.message)
    assert status.level == status.WARN
    diagnostics(NODE, lambda status: values(status).get("driver") == "none")
