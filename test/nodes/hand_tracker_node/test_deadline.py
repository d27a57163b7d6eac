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

"""Hands that are due before the network is done with their image."""

from __future__ import annotations

import os
import threading
import time
from itertools import pairwise

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hand_tracking_dsp.msg import HandArray
from std_msgs.msg import Header

from hand_tracking_dsp.messages.hands import tracked_hands
from hand_tracking_dsp.nodes.graph.stop_trials import busy_processes
from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode
from hand_tracking_dsp.tracking.bank import LevelBank

NODE = "hand_tracker_node"
# No frame takes so long unless it is held up.
AMPLE_MS = 10_000.0
RATE_HZ = 30


class Gate:
    """Holds up the landmark network while it is closed, as a busy machine does."""

    def __init__(self, monkeypatch):
        self.open = threading.Event()
        self.open.set()
        self.waiting = threading.Event()
        landmarks = LevelBank.landmarks

        def held_up(bank, *arguments):
            if not self.open.is_set():
                self.waiting.set()
                self.open.wait(60)
            return landmarks(bank, *arguments)

        monkeypatch.setattr(LevelBank, "landmarks", held_up)

    def close(self):
        self.waiting.clear()
        self.open.clear()


@pytest.fixture
def gate(monkeypatch):
    made = Gate(monkeypatch)
    yield made
    made.open.set()


@pytest.fixture
def clocked(camera):
    """Give the camera stamps at 30 Hz, whenever its images are sent."""
    number = 0

    def header():
        nonlocal number
        number += 1
        seconds, frames = divmod(number, RATE_HZ)
        return Header(stamp=Time(sec=1000 + seconds, nanosec=frames * 33_333_333), frame_id="camera")

    camera.header = header
    return camera


def stamps(messages):
    return [(one.header.stamp.sec, one.header.stamp.nanosec) for one in messages]


def begin(graph, start, camera, **parameters):
    """Start the tracker, and let it see both hands with all the time that it needs."""
    start(**{"deadline.ms": AMPLE_MS, "gate.enabled": False, **parameters})
    camera.exchange(4)
    graph.until(
        lambda: len(camera.hands) == 4 and len(camera.hands[-1].hands) == 2, "both hands are followed"
    )


def set_deadline(graph, ms):
    assert graph.set_parameter(NODE, "deadline.ms", ms).successful


def test_a_frame_in_time_is_measured_and_published_once(graph, start, clocked):
    begin(graph, start, clocked, **{"deadline.predict": True})
    assert all(array.predicted_s == 0 for array in clocked.hands)
    assert all(hand.measured for array in clocked.hands for hand in array.hands)
    assert not any(s.at_deadline for s in clocked.stats)
    assert all(np.isnan(s.published_ms) and np.isnan(s.prediction_error) for s in clocked.stats)


def test_at_the_deadline_the_hands_are_predicted_and_the_late_ones_are_the_next_start(
    graph, start, clocked, gate
):
    begin(graph, start, clocked, **{"deadline.predict": True})
    set_deadline(graph, 50.0)
    gate.close()
    image = clocked.send()
    graph.until(lambda: len(clocked.hands) == 5, "hands are published although the network is held up")
    assert gate.waiting.is_set()
    early = clocked.hands[-1]
    assert early.header == image.header
    assert early.predicted_s == pytest.approx(1 / RATE_HZ, abs=1e-4)
    assert (early.image_width, early.image_height, early.level) == (640, 480, 0)
    followed = [hand.track_id for hand in clocked.hands[-2].hands]
    assert [hand.track_id for hand in early.hands] == followed
    for hand in early.hands:
        assert not hand.measured
        assert hand.measurement_age_s == pytest.approx(1 / RATE_HZ, abs=1e-4)
    assert len(clocked.stats) == 4, "the frame's costs are not known yet"

    set_deadline(graph, AMPLE_MS)
    gate.open.set()
    graph.until(lambda: len(clocked.stats) == 5, "the costs of the late frame were heard")
    late = clocked.stats[-1]
    assert late.header == image.header
    assert late.at_deadline
    assert late.hands == 2
    assert late.published_ms >= 40.0
    assert late.total_ms >= late.published_ms - 10.0
    assert 0 < late.prediction_error < 50
    clocked.exchange(1)
    graph.until(lambda: len(clocked.hands) == 6, "the next hands were heard")
    assert len(set(stamps(clocked.hands))) == 6, "no image has hands twice"
    assert [hand.track_id for hand in clocked.hands[-1].hands] == followed
    assert all(hand.measured for hand in clocked.hands[-1].hands)


def test_frames_whose_hands_were_predicted_are_counted(graph, start, clocked, gate, diagnostics):
    begin(graph, start, clocked, **{"deadline.predict": True})
    set_deadline(graph, 30.0)
    gate.close()
    clocked.send()
    graph.until(lambda: len(clocked.hands) == 5, "hands were predicted")
    gate.open.set()
    status = diagnostics(NODE)
    assert {pair.key: pair.value for pair in status.values}["frames_at_deadline"] == "1"


def test_an_image_that_waits_for_a_slow_one_has_its_hands_at_its_deadline_and_a_dropped_one_has_none(
    graph, start, clocked, gate
):
    begin(graph, start, clocked, **{"deadline.predict": True})
    gate.close()
    under_way = clocked.send()
    graph.until(gate.waiting.is_set, "the network is held up")
    dropped = clocked.send()
    set_deadline(graph, 50.0)
    waits = clocked.send()
    graph.until(
        lambda: waits.header in [array.header for array in clocked.hands], "the waiting one's are out"
    )
    array = next(array for array in clocked.hands if array.header == waits.header)
    assert array.predicted_s == pytest.approx(3 / RATE_HZ, abs=1e-4), "since the last that was looked at"
    assert len(array.hands) == 2
    gate.open.set()
    graph.until(lambda: len(clocked.stats) == 6, "the costs of both were heard")
    assert [s.at_deadline for s in clocked.stats[-2:]] == [False, True]
    assert clocked.stats[-1].frames_dropped == 1
    graph.until(lambda: len(clocked.hands) == 6, "hands of both were heard")
    heard = [array.header for array in clocked.hands]
    assert under_way.header in heard
    assert dropped.header not in heard


def test_hands_are_predicted_no_longer_than_the_gate_may_hold_them(graph, start, clocked, gate):
    begin(graph, start, clocked, **{"deadline.predict": True, "gate.max_hold_ms": 50.0})
    gate.close()
    set_deadline(graph, 30.0)
    first = clocked.send()
    graph.until(lambda: first.header in [array.header for array in clocked.hands], "the first is predicted")
    clocked.send()
    later = clocked.send()
    time.sleep(0.3)
    gate.open.set()
    graph.until(lambda: len(clocked.stats) == 6, "all are done")
    assert [s.at_deadline for s in clocked.stats[-2:]] == [True, False]
    graph.until(lambda: clocked.hands[-1].header == later.header, "the last is published when it is done")
    assert clocked.hands[-1].predicted_s == 0


def test_before_the_first_frame_nothing_is_predicted(graph, clocked, gate):
    gate.close()
    graph.start(HandTrackerNode, **{"deadline.ms": 20.0, "deadline.predict": True})
    graph.until(clocked.publisher.get_subscription_count, "the tracker listens")
    clocked.send()
    graph.until(gate.waiting.is_set, "the network is held up")
    time.sleep(0.1)
    assert clocked.hands == []
    gate.open.set()
    graph.until(lambda: clocked.hands, "the hands are published when they are measured")
    assert clocked.hands[0].predicted_s == 0


def test_without_prediction_late_hands_are_published_late(graph, start, clocked, gate):
    begin(graph, start, clocked, **{"deadline.predict": False})
    set_deadline(graph, 10.0)
    gate.close()
    clocked.send()
    graph.until(gate.waiting.is_set, "the network is held up")
    time.sleep(0.1)
    assert len(clocked.hands) == 4
    gate.open.set()
    graph.until(lambda: len(clocked.hands) == 5, "they are published")
    assert clocked.hands[-1].predicted_s == 0
    assert not clocked.stats[-1].at_deadline


def test_a_deadline_that_no_frame_can_keep_leaves_each_image_its_hands_in_order(graph, start, clocked):
    begin(graph, start, clocked, **{"deadline.predict": True, "gate.enabled": False})
    set_deadline(graph, 1.0)
    clocked.exchange(40)
    graph.until(lambda: len(clocked.hands) == clocked.sent, "each image had its hands")
    assert len(set(stamps(clocked.hands))) == clocked.sent
    assert stamps(clocked.hands) == sorted(stamps(clocked.hands))
    predicted = [array for array in clocked.hands if array.predicted_s > 0]
    assert predicted, "no network is done at once with two hands"
    by_stamp = dict(zip(stamps(clocked.stats), clocked.stats, strict=True))
    for stamp, array in zip(stamps(clocked.hands), clocked.hands, strict=True):
        assert by_stamp[stamp].at_deadline == (array.predicted_s > 0)
    assert all(set(ids(before)) & set(ids(after)) for before, after in pairwise(clocked.hands[4:]))


def test_on_busy_cores_each_image_that_was_not_dropped_has_its_hands_once_and_in_order(graph, start, clocked):
    start(**{"deadline.ms": 33.0, "deadline.predict": True, "deadline.reflex": True, "gate.enabled": False})
    clocked.exchange(2)
    with busy_processes(2 * len(os.sched_getaffinity(0))):
        timer = graph.observer.create_timer(1 / RATE_HZ, clocked.send)
        graph.until(lambda: clocked.sent > 120, "120 images were sent")
        graph.observer.destroy_timer(timer)
        graph.until(lambda: stamps(clocked.stats)[-1] == stamps(clocked.hands)[-1], "the last one is done")
    heard = stamps(clocked.hands)
    assert len(set(heard)) == len(heard)
    assert heard == sorted(heard)
    assert set(stamps(clocked.stats)) <= set(heard)
    predicted = {stamp for stamp, array in zip(heard, clocked.hands, strict=True) if array.predicted_s > 0}
    for stamp, cost in zip(stamps(clocked.stats), clocked.stats, strict=True):
        assert cost.at_deadline == (stamp in predicted)
        assert cost.applied_level >= cost.requested_level


def ids(array: HandArray) -> list[int]:
    return [hand.track_id for hand in tracked_hands(array)]


def test_where_no_time_is_left_a_sparser_level_runs_and_says_what_the_commanded_one_would_take(
    graph, start, clocked
):
    begin(graph, start, clocked, **{"deadline.reflex": True})
    assert {s.applied_level for s in clocked.stats} == {0}
    assert all(s.commanded_ms == s.total_ms and not s.reflex for s in clocked.stats)
    set_deadline(graph, 1.0)
    last = clocked.exchange(3)[-1]
    assert (last.requested_level, last.applied_level) == (0, 4)
    assert last.reflex
    assert last.commanded_ms > last.total_ms
    assert graph.set_parameter(NODE, "deadline.reflex", False).successful
    assert clocked.exchange(2)[-1].applied_level == 0
