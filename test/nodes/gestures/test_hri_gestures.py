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

"""Gestures for ROS4HRI, with a class that stands in for hri_msgs/Gesture: which is not on PyPI."""

from __future__ import annotations

import pytest
from std_msgs.msg import Header
from support.gestures import posed

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.gestures.types import BUILT_IN, RESERVED, EventKind, GestureEvent
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.nodes.gesture_node import GestureNode
from hand_tracking_dsp.nodes.messages import hri_gestures
from hand_tracking_dsp.nodes.messages.hri_gestures import hri_gesture_class, hri_gesture_message

NODE = "gesture_node"


class OldGesture:
    """hri_msgs/Gesture before 2.2."""

    HANDS_ON_FACE, ARMS_CROSSED, LEFT_HAND_RAISED, RIGHT_HAND_RAISED, BOTH_HANDS_RAISED, WAVING = range(1, 7)
    OTHER = 0


class StandIn(OldGesture):
    """hri_msgs/Gesture from 2.2 on."""

    CLOSED_FIST, OPEN_PALM, POINTING_UP, THUMB_DOWN, THUMB_UP, VICTORY, LOVE = range(7, 14)
    INDEPENDENT, RIGHT, LEFT = range(3)

    def __init__(self):
        self.header, self.gesture, self.handedness = Header(), 0, 0


def made(name, kind=EventKind.STARTED, side=Handedness.RIGHT):
    event = GestureEvent(1.0, 1, side, kind, name, 1.0, 0.0, (0.0, 0.0))
    return hri_gesture_message(event, Header(frame_id="eye"), StandIn)


def test_a_gesture_has_its_constant_and_all_others_are_other():
    constants = {name: made(name).gesture for name in (*BUILT_IN, "shaka")}
    assert constants == {
        "open_palm": StandIn.OPEN_PALM,
        "fist": StandIn.CLOSED_FIST,
        "victory": StandIn.VICTORY,
        "thumb_up": StandIn.THUMB_UP,
        "thumb_down": StandIn.THUMB_DOWN,
        **dict.fromkeys(("point", "ok", "pinch", "shaka"), StandIn.OTHER),
    }


@pytest.mark.parametrize(
    ("side", "constant"),
    [
        (Handedness.LEFT, StandIn.LEFT),
        (Handedness.RIGHT, StandIn.RIGHT),
        (Handedness.UNKNOWN, StandIn.INDEPENDENT),
    ],
)
def test_the_side_is_translated_by_its_name(side, constant):
    message = made("fist", EventKind.HELD, side)
    assert message.handedness == constant
    assert message.header.frame_id == "eye"


def test_what_the_message_cannot_say_is_left_out():
    assert made("fist", EventKind.ENDED) is None
    assert [name for name in RESERVED if made(name) is not None] == []
    assert made("swipe_left", EventKind.MOVED) is None


def test_an_hri_msgs_without_gestures_of_hands_is_refused(monkeypatch):
    monkeypatch.setattr(hri_gestures, "message_class", lambda _: OldGesture)
    with pytest.raises(ConfigurationError, match=r"install hri_msgs 2\.2 or newer"):
        hri_gesture_class()


def test_where_hri_msgs_is_missing_configure_is_refused_in_a_sentence(graph, diagnostics, monkeypatch):
    def missing(_):
        msg = "No module named 'hri_msgs'"
        raise ModuleNotFoundError(msg)

    monkeypatch.setattr(hri_gestures, "message_class", missing)
    graph.start(GestureNode, hri_gestures=True)
    status = diagnostics(NODE, lambda status: status.level == status.ERROR)
    assert status.message.startswith(
        "hri_gestures is true, but hri_msgs is missing (No module named 'hri_msgs'): "
        "install it, or set hri_gestures to false."
    )
    assert graph.set_parameter(NODE, "hri_gestures", False).successful
    assert graph.change_state(NODE, "configure")


class Keeping:
    """A publisher that keeps what it is given."""

    def __init__(self):
        self.messages = []

    def publish(self, message):
        self.messages.append(message)


def test_the_node_publishes_what_starts_and_is_held(graph, hands, monkeypatch):
    kept = Keeping()

    class Node(GestureNode):
        """Without ROS 2's publisher, which needs a real message."""

        def publish_on(self, kind, topic, profile):
            return kept if topic == "hri_gesture" else super().publish_on(kind, topic, profile)

    monkeypatch.setattr(hri_gestures, "message_class", lambda _: StandIn)
    graph.start(Node, hri_gestures=True)
    hands.show(posed("fist"))
    fists = graph.until(lambda: kept.messages[2:] and list(kept.messages), "the fist goes on")
    assert {(one.gesture, one.handedness) for one in fists} == {(StandIn.CLOSED_FIST, StandIn.RIGHT)}
    assert fists[0].header.frame_id == "eye"


def test_the_real_message_is_published(graph, hands):
    messages = pytest.importorskip(
        "hri_msgs.msg", reason="hri_msgs is not installed (it is not on PyPI; under /opt/ros by apt)"
    )
    heard = graph.hear(messages.Gesture, "hri_gesture")
    graph.start(GestureNode, hri_gestures=True)
    hands.show(posed("fist"))
    told = graph.until(lambda: heard and heard[0], "the fist is told")
    assert (told.gesture, told.handedness) == (messages.Gesture.CLOSED_FIST, messages.Gesture.RIGHT)
