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

"""The same recorded messages mean the same battery to the node, to replay, to traces and to the observer."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("rosbags.rosbag2", reason="rosbags is not installed: pip install rosbags")
from hand_tracking_dsp.control.observation import OBSERVATION_NAMES
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.policies import FixedPolicy
from hand_tracking_dsp.evaluation.replay.points import PolicyPoint
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.messages.samples import STATS_TYPE, BatteryReader, frame_cost
from hand_tracking_dsp.nodes import pruning_controller_node
from hand_tracking_dsp.nodes.graph import observer as observing
from hand_tracking_dsp.nodes.graph.observer import GraphObserver
from hand_tracking_dsp.nodes.messages.conversion import message_class
from hand_tracking_dsp.nodes.pruning_controller_node import PruningControllerNode
from hand_tracking_dsp.recordings.bag_recording import BagRecording
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES, new_message
from hand_tracking_dsp.recordings.bags.reader import open_bag
from hand_tracking_dsp.recordings.bags.trace import read_bag_trace
from hand_tracking_dsp.recordings.bags.writer import BagWriter
from hand_tracking_dsp.recordings.trace import Trace
from hand_tracking_dsp.tracking.manifest import read_manifest

START_NS = 10**18
STEP_NS = 500_000_000
STEPS = 130
SPARSITY = 0.25


def battery(step):
    """A battery that measures no current, then one that does, then an absent one, then silence."""
    message = new_message("sensor_msgs/msg/BatteryState")
    message.voltage, message.current, message.percentage = 10.0, math.nan, 0.9 - 0.005 * step
    message.present, message.power_supply_status = True, 2
    if step >= 28:
        message.current = -1.5 - 0.01 * step
    if step >= 40:
        message.present, message.power_supply_status, message.percentage = False, 0, 0.0
        message.current = 0.0
    return message if step < 56 and step % 2 == 0 else None


def power(step):
    """A power of its own for six seconds, with one that is no number; then silence."""
    message = new_message("std_msgs/msg/Float32")
    message.data = math.nan if step == 6 else 12.5 + 0.25 * step
    return message if step < 12 and step % 2 == 0 else None


def stats(step, header):
    """Costs of a frame, all fields filled; the tracker is silent for some seconds."""
    cost = FrameCost(
        stamp_ns=0,
        level=0,
        operating_point=0,
        hands=1 + step % 2,
        total_ms=8.0 + step % 5,
        end_to_end_ms=12.0 + step % 7,
        sparsity=SPARSITY,
        presence=0.9,
        input_mean=0.5,
        input_std=0.25,
        drift=0.0 if step % 10 == 0 else math.nan,
        drift_sparser=2.0 if step % 10 == 0 else math.nan,
        drift_ms=0.0,
        smoothing_residual=0.5,
        accelerator_utilization=0.125,
        conversion_ms=0.5,
        detection_ms=0.0,
        landmarks_ms=7.0,
        frame=step + 1,
        provider="test/cpu",
    )
    return None if 70 <= step < 90 else BAG_MESSAGES.stats(cost, header)


@pytest.fixture
def bag(tmp_path):
    """Give a bag of 65 s, with an image every half a second."""
    pixels = np.zeros((4, 4, 3), np.uint8)
    with BagWriter(tmp_path / "bag") as writer:
        for step in range(STEPS):
            at_ns = START_NS + step * STEP_NS
            header = BAG_MESSAGES.header(at_ns, "camera")
            writer.write("/image_raw", BAG_MESSAGES.image(pixels, header), at_ns)
            # As power_node does: the battery first.
            for place, (topic, message) in enumerate(
                {
                    "/stats": stats(step, header),
                    "/battery_state": battery(step),
                    "/power_w": power(step),
                }.items(),
                1,
            ):
                if message is not None:
                    writer.write(topic, message, at_ns + place * 10_000_000)
    return tmp_path / "bag"


@pytest.fixture
def clock(monkeypatch):
    """Put node and observer on a clock that the test sets, seconds."""
    clock = SimpleNamespace(now_s=START_NS * 1e-9)
    time = SimpleNamespace(monotonic=lambda: clock.now_s)
    monkeypatch.setattr(pruning_controller_node, "time", time)
    monkeypatch.setattr(observing, "time", time)
    return clock


@pytest.fixture
def taken(monkeypatch):
    """Count the messages that node and observer have taken, by the type's name."""
    counts = {"TrackerStats": 0, "BatteryState": 0, "Float32": 0}

    def count(owner, name, kind):
        take = getattr(owner, name)

        def counted(*arguments):
            result = take(*arguments)
            counts[kind] += 1
            return result

        monkeypatch.setattr(owner, name, counted)

    count(PruningControllerNode, "_on_stats", "TrackerStats")
    count(GraphObserver, "_on_stats", "TrackerStats")
    count(BatteryReader, "sample", "BatteryState")
    count(BatteryReader, "add_power", "Float32")
    return counts


def replayed(bag, bank):
    """Observe as replay does, at each image, where each frame takes what the recorded tracker took."""
    with open_bag(bag) as opened:
        kinds = [one for one in opened.connections if one.msgtype == STATS_TYPE]
        costs = {
            stamp_ns(message): (arrival_ns * 1e-9, frame_cost(message))
            for _, arrival_ns, message in opened.read(kinds)
        }
    chooser = PolicyPoint(bank, FixedPolicy(), ControllerOptions().budget_ms)
    for frame in BagRecording(bag).frames():
        now_s = frame.arrival_ns * 1e-9
        chooser.add_batteries(frame.batteries)
        chooser.choose(frame, now_s)
        yield chooser._controller.observe(now_s).vector
        if frame.stamp_ns in costs:
            chooser.learn(*costs[frame.stamp_ns])


def decided_next(graph, states):
    """Wait for a decision that began after now: the second one that was published after it."""
    now_ns, known = graph.observer.get_clock().now().nanoseconds, len(states)

    def later():
        return [state for state in states[known:] if stamp_ns(state) > now_ns]

    graph.until(lambda: len(later()) >= 2, "decisions were made")
    return later()[1]


def test_node_replay_trace_and_observer_agree(graph, bag, bank_of, clock, states, taken, tmp_path):
    options = {"policy": "fixed", "decision_rate_hz": 100.0, "budget_ms": ControllerOptions().budget_ms}
    bank = str(bank_of(tmp_path, "one level", levels=1).folder)
    expected = replayed(bag, read_manifest(bank))
    with GraphObserver(graph.domain_id) as observer, open_bag(bag) as opened:
        publishers = {
            one.topic: graph.observer.create_publisher(message_class(one.msgtype), one.topic, 10)
            for one in opened.connections
            if one.topic != "/image_raw"
        }
        graph.start(PruningControllerNode, bank=bank, **options)
        graph.until(
            lambda: states and all(one.get_subscription_count() == 2 for one in publishers.values()),
            "node and observer listen",
        )
        seen = set()
        for connection, arrival_ns, data in opened.messages(opened.connections):
            clock.now_s = arrival_ns * 1e-9
            if connection.topic == "/image_raw":
                found, wanted = decided_next(graph, states).observation, next(expected)
                for name, value, other in zip(OBSERVATION_NAMES, found, wanted, strict=True):
                    np.testing.assert_array_equal(
                        np.float32(value), np.float32(other), f"{name} in step {arrival_ns - START_NS}"
                    )
                    seen |= {(name, np.isfinite(value))}
                continue
            kind = connection.msgtype.split("/")[-1]
            wanted_count = taken[kind] + 2
            publishers[connection.topic].publish(data)
            graph.until(lambda: taken[kind] >= wanted_count, f"node and observer have the {kind}")  # noqa: B023
        for name in ("power_w", "battery_charge", "power_trend_w_per_s", "latency_p95_budgets", "hands"):
            assert {(name, True), (name, False)} <= seen, f"{name} was both known and unknown"
        live, recorded = Trace.of(observer.recording.costs), read_bag_trace(bag)
    for name in FrameCost.__slots__:
        np.testing.assert_array_equal(
            [getattr(frame, name) for frame in live.frames],
            [getattr(frame, name) for frame in recorded.frames],
        )
    powers = [frame.power_w for frame in recorded.frames]
    assert 12.5 in powers
    assert any(value == pytest.approx(10.0 * (1.5 + 0.01 * 28)) for value in powers)
    readings = [reading for frame in BagRecording(bag).frames() for reading in frame.batteries]
    np.testing.assert_array_equal(
        [(one.charge, one.power_w) for one in observer.recording.charges],
        [(one.charge, one.power_w) for one in readings],
    )
