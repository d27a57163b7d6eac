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
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.gestures.trigger import (
    CallService,
    GestureTriggers,
    SetParameter,
    TriggerOptions,
    parse_binding,
)
from hand_tracking_dsp.gestures.types import EventKind, GestureEvent
from hand_tracking_dsp.hand import Handedness

STARTED, HELD, ENDED, MOVED = EventKind


def event(name, kind, duration_s=0.0, track_id=1):
    return GestureEvent(10.0, track_id, Handedness.RIGHT, kind, name, 0.9, duration_s, (0.0, 0.0))


def triggers(*texts, cooldown_s=0.0, max_age_s=1.0):
    return GestureTriggers([parse_binding(text) for text in texts], TriggerOptions(cooldown_s, max_age_s))


@pytest.mark.parametrize(
    ("text", "gesture", "kind", "after_s", "action"),
    [
        ("thumb_up started -> call /start", "thumb_up", STARTED, 0.0, CallService("/start", None)),
        ("fist ended -> call brake true", "fist", ENDED, 0.0, CallService("brake", True)),
        ("swipe_left moved -> call ~/light false", "swipe_left", MOVED, 0.0, CallService("~/light", False)),
        (
            "  victory  held 1.5 ->set /robot/node operator_level 0",
            "victory",
            HELD,
            1.5,
            SetParameter("/robot/node", "operator_level", 0),
        ),
        ("ok started -> set n a.b 2.5", "ok", STARTED, 0.0, SetParameter("n", "a.b", 2.5)),
        (
            "ok started -> set n mode constrained",
            "ok",
            STARTED,
            0.0,
            SetParameter("n", "mode", "constrained"),
        ),
        ("ok started -> set n text 'two words'", "ok", STARTED, 0.0, SetParameter("n", "text", "two words")),
        ("ok started -> set n flag true", "ok", STARTED, 0.0, SetParameter("n", "flag", True)),
        ("ok started -> set n list [a, b]", "ok", STARTED, 0.0, SetParameter("n", "list", ("a", "b"))),
    ],
)
def test_reads_a_binding(text, gesture, kind, after_s, action):
    binding = parse_binding(text)
    assert (binding.gesture, binding.kind, binding.after_s, binding.action) == (
        gesture,
        kind,
        after_s,
        action,
    )
    value = getattr(action, "value", None)
    assert type(getattr(binding.action, "value", None)) is type(value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has no ->"),
        ("thumb_up -> call /start", "does not name a gesture and what happens to it"),
        ("thumb_up begins -> call /start", "says 'begins' where started, held, ended or moved is to stand"),
        ("swipe_left started -> call /start", "says started of swipe_left, but swipes have moved"),
        ("fist moved -> call /start", "says moved of fist, but swipes have moved"),
        ("thumb_up held -> call /start", "has 0 words behind held"),
        ("thumb_up started 2 -> call /start", "has 1 words behind started"),
        ("thumb_up held long -> call /start", "says held long, which is not a time from 0 to 3600 seconds"),
        ("thumb_up held nan -> call /start", "says held nan, which is not a time"),
        ("thumb_up started -> dance", "does not say behind -> what to set or call"),
        ("thumb_up started -> call", "does not say behind ->"),
        ("thumb_up started -> call /start yes", "does not say behind ->"),
        ("thumb_up started -> call /st-art", "names '/st-art', which cannot be a name in ROS"),
        ("thumb_up started -> set node name", "does not say behind ->"),
        ("thumb_up started -> set node name [", "has a value that is not YAML, '['"),
        ("thumb_up started -> set node name {a: 1}", "has a value that no parameter takes, '{a: 1}'"),
        ("thumb_up started -> set node name [1, a]", "has a value that no parameter takes"),
        ("thumb_up started -> set node name []", "has a value that no parameter takes"),
        ("thumb_up started -> set node name 9223372036854775808", "has a value that no parameter takes"),
        ("thumb_up started -> set node name 2025-02-31", "has a value that is not YAML, '2025-02-31'"),
    ],
)
def test_refuses_others_and_says_how_to_write_them(text, problem):
    with pytest.raises(ConfigurationError) as refusal:
        parse_binding(text)
    assert str(refusal.value).startswith(f"The binding {text!r} {problem}")
    assert '; write "GESTURE started|held SECONDS|ended|moved -> ' in str(refusal.value)


@given(st.text() | st.from_regex(r"\w+ held \S+ -> (set|call) \S+ \S+ \S+", fullmatch=True))
def test_whatever_is_written_is_read_or_refused(text):
    with suppress(ConfigurationError):
        assert parse_binding(text).text == text


def test_sets_off_what_is_bound_to_name_and_kind():
    both = triggers("fist started -> call /a", "fist ended -> call /b", "ok started -> call /c")
    assert [b.action.service for b in both.react(event("fist", STARTED), 0.0, 0.0)] == ["/a"]
    assert [b.action.service for b in both.react(event("fist", ENDED), 0.0, 1.0)] == ["/b"]
    assert both.react(event("fist", MOVED), 0.0, 2.0) == ()


def test_a_held_gesture_sets_off_once_when_it_was_held_for_long_enough():
    held = triggers("fist held 1.0 -> call /a")
    fired = []
    for holding in range(2):
        happened = [event("fist", STARTED)]
        happened += [event("fist", HELD, duration_s) for duration_s in (0.5, 1.0, 1.5, 2.0)]
        happened.append(event("fist", ENDED, 2.1))
        fired += [
            (holding, e.duration_s) for e in happened if held.react(e, 0.0, 10.0 * holding + e.duration_s)
        ]
    assert fired == [(0, 1.0), (1, 1.0)]


def test_two_hands_are_two_holdings():
    held = triggers("fist held 1.0 -> call /a")
    assert held.react(event("fist", HELD, 1.0, track_id=1), 0.0, 0.0)
    assert held.react(event("fist", HELD, 1.0, track_id=2), 0.0, 0.1)
    assert not held.react(event("fist", HELD, 1.5, track_id=1), 0.0, 0.5)


def test_a_binding_rests_and_others_do_not():
    resting = triggers("fist started -> call /a", "ok started -> call /b", cooldown_s=1.0)
    assert resting.react(event("fist", STARTED), 0.0, 0.0)
    assert not resting.react(event("fist", STARTED), 0.0, 0.99)
    assert resting.react(event("ok", STARTED), 0.0, 0.99)
    assert resting.react(event("fist", STARTED), 0.0, 1.0)
    assert resting.ignored == {"cooldown": 1}


@pytest.mark.parametrize("age_s", [1.01, -1.01, math.nan, math.inf])
def test_what_comes_too_late_sets_off_nothing(age_s):
    late = triggers("fist started -> call /a")
    assert not late.react(event("fist", STARTED), age_s, 0.0)
    assert late.ignored["age"] == 1
    assert late.react(event("fist", STARTED), 0.99, 0.1)
