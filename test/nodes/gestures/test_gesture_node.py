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

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hand_tracking_dsp.msg import GestureArray, GestureEvent, Hand, Hand3DArray
from support.gestures import in_space, posed

from hand_tracking_dsp.gestures.examples import learn_gesture, save_gestures
from hand_tracking_dsp.gestures.features import measure
from hand_tracking_dsp.nodes.gesture_node import GestureNode
from hand_tracking_dsp.nodes.graph.processes import GraphOptions, NodeProcesses

NODE = "gesture_node"
QUICK = {"hold_on_s": 0.0, "hold_off_s": 0.0}


@pytest.fixture
def heard(graph):
    """Give the gestures and the events that are heard."""
    return graph.hear(GestureArray, "gestures"), graph.hear(GestureEvent, "gesture_events", 100)


def told(events, name, kind):
    return [event for event in events if (event.name, event.kind) == (name, kind)]


def values(status):
    return {pair.key: pair.value for pair in status.values}


def test_every_array_of_hands_becomes_one_of_gestures_with_its_header(graph, hands, heard):
    hands.on = False
    graph.start(GestureNode)
    graph.until_state(NODE, "active")
    graph.until(hands.publisher.get_subscription_count, "the node listens")
    sent = [hands.publish(posed("fist"), posed("victory", 200.0, track_id=7)), hands.publish()]
    arrays, _ = heard
    graph.until(lambda: len(arrays) == 2, "both arrays were answered")
    assert [array.header for array in arrays] == [message.header for message in sent]
    assert [(array.image_width, array.image_height) for array in arrays] == [(640, 480)] * 2
    first, second = arrays[0].gestures
    assert (first.name, first.track_id, first.handedness, first.open_fingers) == ("fist", 1, Hand.RIGHT, 0)
    assert (second.name, second.track_id, second.open_fingers) == ("victory", 7, 2)
    assert arrays[1].gestures == []


def test_a_gesture_is_told_when_it_starts_goes_on_and_ends(graph, hands, heard):
    graph.start(GestureNode, held_interval_s=0.1)
    _, events = heard
    hands.show(posed("fist"))
    graph.until(lambda: len(told(events, "fist", GestureEvent.HELD)) > 2, "the fist is held")
    hands.show(posed("open palm"))
    graph.until(lambda: told(events, "open_palm", GestureEvent.STARTED), "the open palm has started")
    kinds = [event.kind for event in events if event.name == "fist"]
    assert kinds[0] == GestureEvent.STARTED
    assert kinds[-1] == GestureEvent.ENDED
    assert set(kinds[1:-1]) == {GestureEvent.HELD}
    assert events[0].header.frame_id == "eye"
    graph.until(lambda: told(events, "count_5", GestureEvent.STARTED), "five open fingers are told")


@pytest.mark.parametrize("use_sim_time", [False, True])
def test_what_is_held_ends_when_hands_fall_silent(graph, hands, heard, diagnostics, use_sim_time):
    graph.start(GestureNode, silence_s=0.3, use_sim_time=use_sim_time)  # no /clock tells that time
    _, events = heard
    hands.show(posed("fist"))
    graph.until(lambda: told(events, "fist", GestureEvent.STARTED), "the fist has started")
    hands.on = False
    graph.until(lambda: told(events, "fist", GestureEvent.ENDED), "the fist has ended")
    assert len(told(events, "fist", GestureEvent.ENDED)) == 1
    status = diagnostics(NODE, lambda status: status.level == status.WARN)
    assert status.message.startswith("Nothing has come on /hands for ")
    hands.on = True
    graph.until(lambda: len(told(events, "fist", GestureEvent.STARTED)) == 2, "the fist starts anew")
    diagnostics(NODE, lambda status: status.level == status.OK and values(status)["gestures"] == "fist")


def test_what_is_held_ends_when_the_node_is_deactivated(graph, hands, heard):
    graph.start(GestureNode)
    _, events = heard
    hands.show(posed("fist"))
    graph.until(lambda: told(events, "fist", GestureEvent.STARTED), "the fist has started")
    assert graph.change_state(NODE, "deactivate")
    graph.until(lambda: told(events, "fist", GestureEvent.ENDED), "the fist has ended")


def test_what_is_held_ends_when_a_threshold_changes(graph, hands, heard):
    graph.start(GestureNode)
    _, events = heard
    hands.show(posed("fist"))
    graph.until(lambda: told(events, "fist", GestureEvent.STARTED), "the fist has started")
    assert graph.set_parameter(NODE, "hold_on_s", 0.1).successful
    graph.until(lambda: len(told(events, "fist", GestureEvent.STARTED)) == 2, "the fist starts anew")
    assert len(told(events, "fist", GestureEvent.ENDED)) == 1
    refusal = graph.set_parameter(NODE, "finger_closed_deg", 0.0)
    assert not refusal.successful
    assert "finger_closed_deg is 0.0" in refusal.reason


def test_stamps_that_go_back_end_what_is_held_and_tracking_goes_on(graph, hands, heard):
    graph.start(GestureNode, **QUICK)
    _, events = heard
    hands.show(posed("fist"))
    graph.until(lambda: told(events, "fist", GestureEvent.STARTED), "the fist has started")
    clock = iter(range(10**6))
    hands.stamp = lambda: Time(sec=5, nanosec=next(clock) * 1000)
    graph.until(lambda: len(told(events, "fist", GestureEvent.STARTED)) == 2, "the fist starts anew")
    assert len(told(events, "fist", GestureEvent.ENDED)) == 1


def test_images_without_stamps_count_by_the_clock(graph, hands, heard):
    graph.start(GestureNode)
    hands.stamp = Time
    hands.show(posed("fist"))
    _, events = heard
    graph.until(lambda: told(events, "fist", GestureEvent.STARTED), "the fist has started")


def test_bad_hands_are_left_out_and_counted(graph, hands, heard, diagnostics):
    graph.start(GestureNode, **QUICK)
    arrays, _ = heard
    infinite, huge = (posed("fist", track_id=number) for number in (2, 3))
    infinite.landmarks[4].x = math.nan
    for point in huge.landmarks:
        point.x, point.y = point.x * 1e300, point.y * 1e300
    hands.show(posed("victory", track_id=1), infinite, huge, Hand(track_id=4))
    array = graph.until(lambda: arrays and arrays[-1], "gestures were heard")
    assert (array.gestures[0].track_id, array.gestures[0].name) == (1, "victory")
    assert not {gesture.track_id for gesture in array.gestures} & {2, 3}
    diagnostics(NODE, lambda status: int(values(status)["hands_rejected"]) >= 2)


@pytest.mark.parametrize("frame_id", ["eye", "base"])
def test_hands_in_space_give_distances_in_metres(graph, hands, heard, diagnostics, frame_id):
    hands.on = False
    graph.start(GestureNode, silence_s=60.0, **{"depth.hands_3d": True, "depth.wait_s": 1.0})
    graph.until_state(NODE, "active")
    publisher = graph.observer.create_publisher(Hand3DArray, "hands_3d", 10)
    graph.until(hands.publisher.get_subscription_count, "the node takes hands")
    graph.until(publisher.get_subscription_count, "the node takes hands in space")
    arrays, _ = heard

    def both():
        message = hands.publish(posed("point", track_id=3), posed("fist", 200.0, track_id=8))
        found = Hand3DArray(header=message.header, source=Hand3DArray.FUSED, hands=[in_space("point", 3)])
        found.header.frame_id = frame_id
        publisher.publish(found)
        return arrays and arrays[-1].frame_id_3d

    graph.until(both, "gestures know the hand in space")
    array = arrays[-1]
    point, fist = array.gestures
    assert (array.header.frame_id, array.frame_id_3d) == ("eye", frame_id)
    assert point.pinch_distance_m == pytest.approx(0.1, abs=0.05)
    assert point.pinch_std_m == pytest.approx(0.003 * 2**0.5)
    assert point.pointing_direction.y < -0.9, "it points up"
    assert point.pointing_origin.z == pytest.approx(0.5, abs=0.05)
    known = math.isclose(point.palm_distance_m, 0.5, abs_tol=0.05)
    assert known if frame_id == "eye" else math.isnan(point.palm_distance_m)
    assert all(math.isnan(value) for value in (fist.pinch_distance_m, fist.pointing_origin.x))
    diagnostics(NODE, lambda status: values(status)["hands_in_space"] == "1 of 2")


def test_gestures_go_on_where_hands_in_space_do_not_come(graph, hands, heard, diagnostics):
    graph.start(GestureNode, **{"depth.hands_3d": True})
    _, events = heard
    hands.show(posed("fist"))
    graph.until(lambda: told(events, "fist", GestureEvent.STARTED), "the fist has started")
    status = diagnostics(NODE, lambda status: status.level == status.WARN)
    assert status.message.startswith("No message of hands in space has come on /hands_3d yet: ")


def test_says_that_nothing_has_come_yet(graph, diagnostics):
    graph.start(GestureNode, namespace="robot")
    status = diagnostics(f"robot/{NODE}", lambda status: status.level == status.WARN)
    assert status.message.startswith("Nothing has come on /robot/hands yet: nobody publishes there.")


def test_a_gesture_of_ones_own_is_recognised(graph, hands, heard, tmp_path):
    hand = posed("call")
    features = measure(np.array([(point.x, point.y, point.z) for point in hand.landmarks]))
    save_gestures(tmp_path / "own.yaml", [learn_gesture("shaka", [features] * 10)])
    graph.start(GestureNode, gestures_file=str(tmp_path / "own.yaml"))
    _, events = heard
    hands.show(hand)
    graph.until(lambda: told(events, "shaka", GestureEvent.STARTED), "the own gesture has started")


@pytest.mark.parametrize("text", [None, "][", "hello"])
def test_a_missing_or_damaged_file_of_gestures_is_said_and_can_be_mended(graph, diagnostics, tmp_path, text):
    file = tmp_path / "own.yaml"
    if text is not None:
        file.write_text(text)
    graph.start(GestureNode, gestures_file=str(file))
    status = diagnostics(NODE, lambda status: status.level == status.ERROR)
    assert str(file) in status.message
    assert graph.state(NODE) == "unconfigured"
    assert graph.set_parameter(NODE, "gestures_file", "").successful
    assert graph.change_state(NODE, "configure")


def test_the_real_trackers_hands_show_gestures(graph, heard):
    arrays, events = heard
    options = GraphOptions(
        nodes=("camera_node", "hand_tracker_node", "gesture_node"),
        domain_id=graph.domain_id,
        parameters={"camera_node": {"rate_hz": 15.0}},
    )
    with NodeProcesses(options, lambda *_: None) as nodes:
        graph.until(lambda: any(array.gestures for array in arrays), "a hand was seen", 60)
        named = graph.until(
            lambda: [event for event in events if event.kind == GestureEvent.ENDED], "a gesture has ended", 60
        )
        assert not nodes.exited()
        assert nodes.stop() == dict.fromkeys(options.nodes, 0)
    assert named[0].duration_s > 0


def test_stamps_that_stand_still_are_named_and_gestures_are_told_all_the_same(
    graph, hands, heard, diagnostics
):
    hands.stamp = lambda: Time(sec=1_700_000_000)
    graph.start(GestureNode)
    _, events = heard
    hands.show(posed("fist"))
    graph.until(lambda: told(events, "fist", GestureEvent.STARTED), "the fist has started")
    status = diagnostics(NODE, lambda status: "stand still" in status.message)
    assert status.level == status.WARN
