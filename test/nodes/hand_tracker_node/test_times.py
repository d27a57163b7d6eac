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

"""Stamps and clocks: the age of a frame, and time that runs back."""

from __future__ import annotations

from itertools import count

import numpy as np
from builtin_interfaces.msg import Time
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode
from hand_tracking_dsp.nodes.messages.conversion import pixels_to_image

NODE = "hand_tracker_node"


def test_a_stamp_of_zero_or_from_the_future_has_no_end_to_end_time(graph, start, camera):
    start()
    camera.exchange(1)
    future = Header()
    future.stamp.sec = 2**31 - 1
    for header in (Header(), future):
        heard = len(camera.stats)
        camera.send(pixels_to_image(camera.frames[0].image, header))
        graph.until(lambda heard=heard: len(camera.stats) > heard, "stats were heard")
        assert np.isnan(camera.stats[-1].end_to_end_ms)
        assert camera.stats[-1].header == header


def test_ages_are_counted_in_simulated_time(graph, camera):
    graph.start(HandTrackerNode, use_sim_time=True)
    clock = graph.observer.create_publisher(Clock, "/clock", 10)
    graph.until(clock.get_subscription_count, "the tracker listens to /clock")
    graph.until(camera.publisher.get_subscription_count, "the tracker listens")
    seconds = count(100)

    def send_and_hear():
        now_s = next(seconds)
        clock.publish(Clock(clock=Time(sec=now_s)))
        header = Header(stamp=Time(sec=now_s - 1))
        camera.send(pixels_to_image(camera.frames[0].image, header))
        return camera.stats and camera.stats[-1].end_to_end_ms == 1000.0

    graph.until(send_and_hear, "the age is a second of simulated time")


def test_forgets_its_hands_when_time_runs_back_and_on_request(graph, start, camera):
    start()
    camera.exchange(3)

    def first_id():
        return min(hand.track_id for hand in camera.hands[-1].hands)

    before = graph.until(lambda: camera.hands[-1].hands and first_id(), "hands were found")
    old = Header()
    old.stamp.sec = 5
    camera.send(pixels_to_image(camera.frames[3].image, old))
    graph.until(lambda: camera.hands[-1].hands and first_id() > before, "the hands got new ids")
    before = first_id()
    assert graph.call(Trigger, f"{NODE}/reset", Trigger.Request()).success
    graph.until(lambda: camera.exchange(1) and first_id() > before, "the hands got new ids")
