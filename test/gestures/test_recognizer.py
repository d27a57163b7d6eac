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

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.recognizer import GestureRecognizer
from hand_tracking_dsp.gestures.types import NO_GESTURE, EventKind
from hand_tracking_dsp.hand import Handedness

RATE_HZ = 30.0


def watch(recognizer, hands_of, seconds, begin_s=0.0, **known):
    """Show hands_of(seconds since the beginning) for a while; return the events and the last gestures."""
    events, gestures = [], ()
    for index in range(round(seconds * RATE_HZ)):
        gestures, told = recognizer.update(begin_s + index / RATE_HZ, hands_of(index / RATE_HZ), **known)
        events += told
    return events, gestures


def kinds(events, name):
    return [event.kind for event in events if event.name == name]


def test_a_shown_gesture_and_its_count_start_and_are_held(made):
    hand = made.tracked(made.posed("victory"), track_id=7)
    events, (gesture,) = watch(GestureRecognizer(), lambda _: [hand], 2.0)
    for name in ("victory", "count_2"):
        assert kinds(events, name) == [EventKind.STARTED] + [EventKind.HELD] * 3
    assert len(events) == 8
    assert {(event.track_id, event.handedness) for event in events} == {(7, Handedness.RIGHT)}
    assert events[0].duration_s == pytest.approx(0.2, abs=1.1 / RATE_HZ)
    assert events[0].score == gesture.reading.score == 1.0
    assert (gesture.track_id, gesture.held) == (7, "victory")


def test_palm_and_its_size_are_in_pixels(made):
    hand = made.tracked(made.posed("open palm", at=(100.0, 400.0)))
    gestures, _ = GestureRecognizer().update(0.0, [hand])
    assert gestures[0].palm_size == pytest.approx(np.linalg.norm(hand.landmarks[9] - hand.landmarks[0]))
    assert gestures[0].palm[0] == pytest.approx(100, abs=40)
    assert gestures[0].palm[1] == pytest.approx(332, abs=10)


def test_a_lost_hand_ends_at_once_and_another_id_starts_anew(made):
    recognizer = GestureRecognizer()
    hand = made.tracked(made.posed("fist"))
    watch(recognizer, lambda _: [hand], 1.0)
    gestures, events = recognizer.update(1.0, [])
    assert gestures == ()
    assert {(event.kind, event.name) for event in events} == {
        (EventKind.ENDED, "fist"),
        (EventKind.ENDED, "count_0"),
    }
    assert {event.stamp_s for event in events} == {1.0}
    events, _ = watch(recognizer, lambda _: [replace(hand, track_id=2)], 1.0, begin_s=1.1)
    assert [event.track_id for event in events if event.kind is EventKind.STARTED] == [2, 2]


def test_an_id_that_changes_within_an_image_ends_and_starts(made):
    recognizer = GestureRecognizer()
    hand = made.tracked(made.posed("fist"))
    watch(recognizer, lambda _: [hand], 1.0)
    events, _ = watch(recognizer, lambda _: [replace(hand, track_id=2)], 1.0, begin_s=1.0)
    told = [(event.track_id, event.kind) for event in events if event.name == "fist"]
    assert told[:2] == [(1, EventKind.ENDED), (2, EventKind.STARTED)]


def test_two_hands_are_told_apart(made):
    hands = [
        made.tracked(made.posed("open palm"), 3, Handedness.RIGHT),
        made.tracked(made.posed("point", side=Handedness.LEFT), 4, Handedness.LEFT),
    ]
    recognizer = GestureRecognizer()
    events, gestures = watch(recognizer, lambda _: hands, 0.5)
    assert [(gesture.track_id, gesture.held) for gesture in gestures] == [(3, "open_palm"), (4, "point")]
    _, events = recognizer.update(0.5, hands[:1])
    assert {event.track_id for event in events} == {4}
    assert {event.handedness for event in events} == {Handedness.LEFT}


@pytest.mark.parametrize("jump_s", [-0.5, 30.0])
def test_stamps_that_jump_end_all_with_the_last_stamp(made, jump_s):
    recognizer = GestureRecognizer()
    hand = made.tracked(made.posed("fist"))
    watch(recognizer, lambda _: [hand], 1.0, begin_s=50.0)
    last_s = 50.0 + 29 / RATE_HZ
    gestures, events = recognizer.update(last_s + jump_s, [hand])
    assert [(event.kind, event.name) for event in events] == [
        (EventKind.ENDED, "fist"),
        (EventKind.ENDED, "count_0"),
    ]
    assert [event.stamp_s for event in events] == pytest.approx([last_s] * 2)
    assert gestures[0].held == NO_GESTURE
    events, _ = watch(recognizer, lambda _: [hand], 0.5, begin_s=last_s + jump_s)
    assert kinds(events, "fist")[0] is EventKind.STARTED


def test_reset_ends_what_is_held_once(made):
    recognizer = GestureRecognizer()
    watch(recognizer, lambda _: [made.tracked(made.posed("ok"))], 1.0)
    assert {event.name for event in recognizer.reset()} == {"ok", "count_3", "pinch_drag"}
    assert recognizer.reset() == ()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("field", ["landmarks", "world_landmarks"])
def test_a_hand_that_is_not_finite_counts_as_not_seen(made, bad, field):
    recognizer = GestureRecognizer()
    hand = made.tracked(made.posed("fist"))
    watch(recognizer, lambda _: [hand], 1.0)
    points = getattr(hand, field).copy()
    points[8, 1] = bad
    gestures, events = recognizer.update(1.0, [replace(hand, **{field: points})])
    assert gestures == ()
    assert {event.kind for event in events} == {EventKind.ENDED}


def test_a_hand_mostly_outside_the_image_shows_nothing(made):
    recognizer = GestureRecognizer()
    inside = made.tracked(made.posed("open palm", at=(320.0, 240.0)))
    outside = made.tracked(made.posed("open palm", at=(320.0, 30.0)))
    size = {"image_size": (640, 480)}
    events, gestures = watch(recognizer, lambda _: [inside], 1.0, **size)
    assert gestures[0].held == "open_palm"
    events, gestures = watch(recognizer, lambda _: [outside], 1.0, begin_s=1.0, **size)
    assert {event.kind for event in events if event.name == "open_palm"} == {EventKind.ENDED}
    assert (gestures[0].held, gestures[0].reading.name, gestures[0].reading.open_fingers_score) == ("", "", 0)
    _, gestures = watch(GestureRecognizer(), lambda _: [outside], 1.0)
    assert gestures[0].held == "open_palm"


def test_a_pinch_is_dragged_in_palm_sizes_until_it_opens(made):
    recognizer = GestureRecognizer()
    palm_px = recognizer.update(0.0, [made.tracked(made.posed("ok"))])[0][0].palm_size
    recognizer.reset()

    def moving(time_s):
        return [made.tracked(made.posed("ok", at=(100 + time_s * palm_px, 240 - 0.5 * time_s * palm_px)))]

    events, _ = watch(recognizer, moving, 2.0)
    drag = [event for event in events if event.name == "pinch_drag"]
    assert [event.kind for event in drag] == [EventKind.STARTED] + [EventKind.HELD] * (len(drag) - 1)
    assert len(drag) >= 2.0 * RATE_HZ - 8
    for event in drag:
        assert event.offset == pytest.approx((event.duration_s, -0.5 * event.duration_s), abs=1e-3)
        assert event.score == 1.0
    events, _ = watch(recognizer, lambda _: [made.tracked(made.posed("open palm"))], 1.0, begin_s=2.0)
    assert kinds(events, "pinch_drag") == [EventKind.ENDED]


def test_a_swipe_is_told_once_with_its_way(made):
    recognizer = GestureRecognizer()

    def moving(time_s):
        return [made.tracked(made.posed("open palm", at=(100 + 1000 * max(0.0, time_s - 0.5), 240)))]

    events, _ = watch(recognizer, moving, 0.9)
    (swipe,) = [event for event in events if event.kind is EventKind.MOVED]
    assert swipe.name == "swipe_right"
    assert swipe.offset[0] >= GestureOptions().swipe_distance
    assert abs(swipe.offset[1]) < 0.01
    assert 0 < swipe.duration_s <= GestureOptions().swipe_max_s
    assert 0.9 < swipe.score <= 1


def test_a_resting_hand_that_drifts_tells_no_gesture_and_no_movement(made):
    random = np.random.default_rng(3)

    def resting(time_s):
        hand = made.posed("relaxed", 5 * np.sin(time_s), at=(300 + 60 * np.sin(0.7 * time_s), 240))
        return [made.tracked(hand + random.normal(0, 0.5, hand.shape).astype(np.float32))]

    events, _ = watch(GestureRecognizer(), resting, 30.0)
    assert {event.name for event in events} <= {"count_5", "count_4", "count_3"}


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from([0.03, 0.03, 0.1, 0.3, 5.0, -1.0]),
            st.lists(
                st.tuples(st.integers(1, 3), st.sampled_from(["fist", "ok", "open palm", "call"])), max_size=2
            ),
        ),
        max_size=40,
    )
)
def test_whatever_comes_and_goes_starts_and_ends_are_paired(made, steps):
    recognizer = GestureRecognizer(GestureOptions(hold_on_s=0.05, hold_off_s=0.05))
    stamp_s, events = 0.0, []
    for seconds, shown in steps:
        stamp_s += seconds
        hands = [made.tracked(made.posed(pose), track_id) for track_id, pose in shown]
        told = recognizer.update(stamp_s, hands)[1]
        assert len(recognizer._hands) == len({track_id for track_id, _ in shown})
        events += told
    events += recognizer.reset()
    running = set()
    for event in events:
        key = event.track_id, event.name
        if event.kind is EventKind.STARTED:
            assert key not in running
            running.add(key)
        elif event.kind is not EventKind.MOVED:
            assert key in running
            if event.kind is EventKind.ENDED:
                running.remove(key)
        assert event.duration_s >= 0
    assert running == set()


def test_hands_predicted_from_one_image_are_evidence_of_that_image_alone(made):
    recognizer = GestureRecognizer()
    fist = made.tracked(made.posed("fist"))
    recognizer.update(0.0, [fist])
    events = []
    for index in range(1, 12):
        _, told = recognizer.update(index / RATE_HZ, [fist], predicted_s=index / RATE_HZ)
        events += told
    assert events == [], "seen once, it has not been held"


def test_a_held_gesture_ends_where_it_is_only_predicted(made):
    recognizer = GestureRecognizer()
    fist = made.tracked(made.posed("fist"))
    watch(recognizer, lambda _: [fist], 1.0)
    events = []
    for index in range(1, 12):
        _, told = recognizer.update(29 / RATE_HZ + index / RATE_HZ, [fist], predicted_s=index / RATE_HZ)
        events += told
    assert kinds(events, "fist") == [EventKind.ENDED]


def test_a_gesture_is_recognized_though_every_image_is_predicted_from_the_one_before(made):
    fist = made.tracked(made.posed("fist"))
    events, (gesture,) = watch(GestureRecognizer(), lambda _: [fist], 1.0, predicted_s=1 / RATE_HZ)
    assert kinds(events, "fist")[0] is EventKind.STARTED
    assert gesture.held == "fist"


def test_a_hand_that_the_gate_holds_goes_on_until_it_was_not_measured_for_long(made):
    recognizer = GestureRecognizer(GestureOptions(max_gap_s=0.6))
    fist = made.tracked(made.posed("fist"))
    events, gestures = watch(
        recognizer, lambda s: [replace(fist, measured=False, measurement_age_s=s % 0.5)], 1.5
    )
    assert kinds(events, "fist") == [EventKind.STARTED, EventKind.HELD, EventKind.HELD]
    assert gestures[0].measurement_age_s > 0
    _, told = recognizer.update(1.5, [replace(fist, measured=False, measurement_age_s=0.61)])
    assert kinds(told, "fist") == [EventKind.ENDED]


@pytest.mark.parametrize(("percent", "starts"), [(math.nan, True), (30.0, True), (30.1, False)])
def test_no_gesture_starts_on_a_hand_that_is_probably_wrong(made, percent, starts):
    fist = replace(made.tracked(made.posed("fist")), error_percent=percent)
    events, (gesture,) = watch(GestureRecognizer(), lambda _: [fist], 1.0)
    assert (gesture.held == "fist", bool(kinds(events, "fist"))) == (starts, starts)
    assert gesture.reading.name == "fist", "what it looks like is said all the same"


def test_a_gesture_outlasts_a_moment_of_doubt_and_no_more(made):
    fist = made.tracked(made.posed("fist"))

    def doubted(length_s):
        def hands(now_s):
            return [replace(fist, error_percent=50.0 if 0.5 <= now_s < 0.5 + length_s else 5.0)]

        return kinds(watch(GestureRecognizer(), hands, 0.5 + length_s)[0], "fist")

    assert EventKind.ENDED not in doubted(0.1)
    assert doubted(0.4)[-1] is EventKind.ENDED


def test_a_swipe_is_not_made_of_predictions(made):
    recognizer = GestureRecognizer()
    events = []
    for index in range(12):
        hand = made.tracked(made.posed("open palm", at=(100.0 + 40.0 * index, 400.0)))
        _, told = recognizer.update(index / RATE_HZ, [hand], predicted_s=index / RATE_HZ)
        events += told
    assert not kinds(events, "swipe_right")
