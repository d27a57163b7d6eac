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

"""The figures that messages leave, and their curves and words."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from support.shown import battery, decision, event, gestures, new, stats

from hand_tracking_dsp.viewing.curves import CURVES, PLOTS
from hand_tracking_dsp.viewing.figures import Figures
from hand_tracking_dsp.viewing.rows import plain_line, rows


def fed(frames: int = 30) -> Figures:
    figures = Figures()
    for number in range(frames):
        figures.add("stats", stats(number, number * 10**8), number / 10)
    figures.add("controller_state", decision(0, 0), frames / 10)
    figures.add("battery_state", battery(0, 0), frames / 10)
    figures.add("gestures", gestures(0), frames / 10)
    return figures


def test_every_value_has_its_curve_and_every_curve_its_plot():
    figures, seen = Figures(), {}
    for topic, message in (
        ("stats", stats(0, 0)),
        ("controller_state", decision(0, 0)),
        ("battery_state", battery(0, 0)),
        ("power_w", new("std_msgs/msg/Float32", data=5.0)),
    ):
        seen |= figures.add(topic, message, 1.0)
    assert set(seen) == set(CURVES)
    assert {name.partition("/")[0] for name in CURVES} == set(PLOTS)


def test_curves_are_what_the_messages_say():
    figures = Figures()
    values = figures.add("stats", stats(0, 0, hands=2, predicted=1, drift=3.0, level=1), 0.0)
    assert (values["hands/measured"], values["hands/predicted"]) == (1, 1)
    assert values["level/applied"] == 1
    assert values["drift/measured"] == 3
    assert math.isnan(values["drift/estimated"])
    values = figures.add("controller_state", decision(0, 0), 0.0)
    assert values["latency/budget"] == 33
    assert values["forecast/late"] == pytest.approx(0.1)
    assert values["goals/energy"] == 2
    assert values["budget/p95"] == pytest.approx(0.8)
    assert figures.add("battery_state", battery(0, 0), 0.0)["battery/charge"] == pytest.approx(90)


def test_a_point_that_is_none_of_the_list_is_not_drawn():
    values = Figures().add("stats", stats(0, 0, operating_point=255), 0.0)
    assert math.isnan(values["point/applied"])


def test_a_drift_that_few_frames_measure_is_kept_until_the_level_changes():
    figures = Figures()
    figures.add("stats", stats(0, 0, drift=3.0, level=1), 0.0)
    figures.add("stats", stats(1, 0, drift=math.nan, level=1), 0.1)
    assert figures.drift == 3
    figures.add("stats", stats(2, 0, drift=math.nan, level=2), 0.2)
    assert math.isnan(figures.drift)


def test_the_rate_is_of_the_last_seconds_and_begins_again_with_the_tracker():
    figures = fed()
    assert figures.rate_hz == pytest.approx(10)
    figures.add("stats", stats(0, 0), 100.0)
    assert math.isnan(figures.rate_hz)


def test_a_message_of_another_version_adds_nothing_and_is_no_error():
    assert Figures().add("stats", new("std_msgs/msg/Float32", data=1.0), 0.0) == {}


def test_no_budget_is_shown_of_a_controller_that_does_not_say_it():
    figures = fed()
    message = decision(0, 0)
    del message.budget_ms
    figures.add("controller_state", message, 3.0)
    assert dict(rows(figures, 3.0))["end to end"].endswith(" ms")
    assert "budget" not in dict(rows(figures, 3.0))["end to end"]


def test_the_words_name_what_was_received():
    words = dict(rows(fed(), 3.0))
    assert words["frames"].startswith("10.0 Hz")
    assert "budget 33 ms" in words["end to end"]
    assert words["hands"] == "1: 1 measured, 0 predicted"
    assert words["battery"] == "90 %, 6.0 W (simulated)"
    assert words["gestures"] == "hand 1: open_palm"
    assert words["controller"] == "learned, level 2, 7 switches; it wanted level 3"
    assert words["goals"].endswith("sparser for energy")
    assert "silent" not in words
    assert "hands 1: 1 measured" in plain_line(list(words.items()))


def test_the_words_say_what_is_missing():
    assert rows(Figures(), 0.0)[0][0] == "waiting"
    figures = Figures()
    figures.add("stats", stats(0, 0), 0.0)
    words = dict(rows(figures, 10.0))
    assert words["silent"] == "nothing has been received for 10 s; what follows was true then"
    assert "pruning_controller_node" in words["controller"]
    assert "battery" not in words


def test_a_node_that_falls_silent_beside_others_is_named():
    figures = fed()
    figures.add("controller_state", decision(0, 0), 9.0)
    assert dict(rows(figures, 9.0))["silent"] == "hand_tracker_node: nothing has been received for 6 s"


def test_what_happened_is_listed_once():
    figures = Figures()
    for number in range(3):
        figures.add("controller_state", decision(number, 0, detail=f"p95 is {number} ms"), number)
    figures.add("gesture_events", event(0, kind=0), 3.0)
    figures.add("gesture_events", event(0, kind=1), 3.5)
    figures.add("gesture_events", event(0, kind=2), 4.0)
    assert [one.text for one in figures.events] == [
        "level 2: p95 is 0 ms",
        "hand 1: open_palm started",
        "hand 1: open_palm ended",
    ]
