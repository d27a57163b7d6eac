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

import math
from dataclasses import replace

import pytest
from hand_tracking_dsp.msg import GestureArray, HandArray
from std_msgs.msg import Header

from hand_tracking_dsp.gestures.types import (
    EventKind,
    GestureEvent,
    HandGesture,
    Ray,
    Reading,
    SpatialReading,
)
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.nodes.messages.gesture_messages import (
    event_message,
    gesture_event,
    gestures_message,
    shown_hands,
)

READING = Reading("fist", 0.75, 1, 0.5, (0.0, 1.0, 0.25, 0.5, 0.125), 0.375, {"fist": 0.75})
GESTURE = HandGesture(7, Handedness.LEFT, READING, "point", (10.5, 20.5, -3.5), 64.0)


@pytest.mark.parametrize("kind", EventKind)
def test_an_event_survives_the_way_through_its_message(kind):
    event = GestureEvent(12.5, 3, Handedness.RIGHT, kind, "swipe_left", 0.5, 0.25, (-2.5, 0.125))
    header = Header(frame_id="eye")
    header.stamp.sec, header.stamp.nanosec = 12, 500_000_000
    message = event_message(event, header)
    assert message.header == header
    assert gesture_event(message) == event
    assert getattr(message, kind.name) == kind


def test_gestures_become_a_message_field_by_field():
    hands = HandArray(header=Header(frame_id="eye"), image_width=640, image_height=480)
    message = gestures_message([GESTURE], hands)
    assert message.header == hands.header
    assert (message.image_width, message.image_height) == (640, 480)
    sent = message.gestures[0]
    assert (sent.track_id, sent.handedness, sent.name, sent.score) == (7, 1, "fist", 0.75)
    assert (sent.held, sent.open_fingers, sent.open_fingers_score) == ("point", 1, 0.5)
    assert tuple(sent.openness) == READING.openness
    assert sent.pinch == 0.375
    assert message.frame_id_3d == ""
    assert all(math.isnan(v) for v in (sent.pinch_distance_m, sent.pinch_std_m, sent.palm_distance_m))
    assert all(math.isnan(v) for v in (sent.pointing_origin.x, sent.pointing_direction.z))
    assert (sent.palm.x, sent.palm.y, sent.palm.z, sent.palm_size) == (10.5, 20.5, -3.5, 64.0)


def test_what_is_known_in_space_is_told_in_its_frame():
    ray = Ray((0.5, -0.25, 1.0), (0.0, 0.0, -1.0))
    gesture = replace(GESTURE, space=SpatialReading(0.03125, 0.0078125, 0.75, ray))
    hands = HandArray(header=Header(frame_id="eye"))
    message = gestures_message([gesture], hands, "eye")
    (sent,) = message.gestures
    assert message.frame_id_3d == "eye"
    assert (sent.pinch_distance_m, sent.pinch_std_m, sent.palm_distance_m) == (0.03125, 0.0078125, 0.75)
    origin, direction = sent.pointing_origin, sent.pointing_direction
    assert (origin.x, origin.y, origin.z) == ray.origin_m
    assert (direction.x, direction.y, direction.z) == ray.direction
    (elsewhere,) = gestures_message([gesture], hands, "base_link").gestures
    assert elsewhere.pinch_distance_m == 0.03125
    assert math.isnan(elsewhere.palm_distance_m), "the camera is not at that frame's origin"


def test_teleoperation_sees_what_the_message_says():
    hand = shown_hands(gestures_message([GESTURE], HandArray()))[0]
    assert (hand.track_id, hand.name, hand.held) == (7, "fist", "point")
    assert (hand.palm_px, hand.palm_size_px, hand.readable) == ((10.5, 20.5), 64.0, True)
    assert shown_hands(GestureArray()) == ()


@pytest.mark.parametrize("changes", [{"kind": 9}, {"handedness": 9}])
def test_an_event_with_other_constants_is_refused(changes):
    event = GestureEvent(0.0, 1, Handedness.RIGHT, EventKind.STARTED, "ok", 1.0, 0.0, (0.0, 0.0))
    message = event_message(event, Header())
    for name, value in changes.items():
        setattr(message, name, value)
    with pytest.raises(ValueError, match="9"):
        gesture_event(message)
