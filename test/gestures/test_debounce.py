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

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.gestures.debounce import Debouncer
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.types import NO_GESTURE, EventKind, Place

OPTIONS = GestureOptions(hold_on_s=0.25, hold_off_s=0.375)


def debounced(seen, interval_s=0.5, options=OPTIONS):
    """What is told of (stamp, name) pairs: (stamp, kind, name, seconds since it was first seen)."""
    debouncer = Debouncer(options, interval_s)
    told = []
    for stamp_s, name in seen:
        for change in debouncer.update(name, Place(stamp_s, 0.0, 0.0, 1.0)):
            told.append((stamp_s, change.kind, change.name, stamp_s - change.begin.stamp_s))  # noqa: PERF401
    return told, debouncer


def frames(*parts, rate_hz=16.0):
    """(stamp, name) of parts (seconds, name), one behind the other; stamps without rounding."""
    names = [name for seconds, name in parts for _ in range(round(seconds * rate_hz))]
    return [(index / rate_hz, name) for index, name in enumerate(names)]


def test_a_gesture_starts_is_held_and_ends():
    told, debouncer = debounced(frames((0.5, ""), (1.5, "fist"), (1.0, "")))
    assert [(round(stamp_s, 2), kind) for stamp_s, kind, _, _ in told] == [
        (0.75, EventKind.STARTED),
        (1.25, EventKind.HELD),
        (1.75, EventKind.HELD),
        (2.31, EventKind.ENDED),
    ]
    assert {name for _, _, name, _ in told} == {"fist"}
    assert told[0][3] == 0.25
    assert debouncer.held == NO_GESTURE


@pytest.mark.parametrize("other", ["", "ok"])
def test_a_flicker_shorter_than_the_holds_tells_nothing(other):
    told, debouncer = debounced(frames((1.0, "fist"), (0.1875, other), (1.0, "fist"), (0.125, other)))
    assert {kind for _, kind, _, _ in told} == {EventKind.STARTED, EventKind.HELD}
    assert {name for _, _, name, _ in told} == {"fist"}
    assert debouncer.held == "fist"


def test_another_gesture_ends_the_first_before_it_starts():
    told, _ = debounced(frames((1.0, "fist"), (1.0, "ok")), interval_s=60)
    assert [(kind, name) for _, kind, name, _ in told] == [
        (EventKind.STARTED, "fist"),
        (EventKind.ENDED, "fist"),
        (EventKind.STARTED, "ok"),
    ]
    assert told[1][0] == told[2][0] == 1.25


def test_without_holds_every_image_counts():
    options = GestureOptions(hold_on_s=0, hold_off_s=0)
    told, _ = debounced([(0.0, "fist"), (0.1, "fist"), (0.2, ""), (0.3, "ok")], 0.0, options)
    assert [(kind, name) for _, kind, name, _ in told] == [
        (EventKind.STARTED, "fist"),
        (EventKind.HELD, "fist"),
        (EventKind.ENDED, "fist"),
        (EventKind.STARTED, "ok"),
    ]


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 25).map(lambda n: n / 64), st.sampled_from(["", "fist", "ok", "point"])),
        min_size=1,
        max_size=80,
    ),
    hold_on_s=st.sampled_from([0.0, 0.2, 1.0]),
    hold_off_s=st.sampled_from([0.0, 0.2, 1.0]),
)
def test_events_are_always_in_order_and_paired(steps, hold_on_s, hold_off_s):
    options = GestureOptions(hold_on_s=hold_on_s, hold_off_s=hold_off_s)
    stamp_s, seen = 0.0, []
    for seconds, name in steps:
        stamp_s += seconds
        seen.append((stamp_s, name))
    told, debouncer = debounced(seen, 0.0, options)
    told += [(stamp_s, change.kind, change.name, 0.0) for change in debouncer.end()]
    held = NO_GESTURE
    for at_s, kind, name, duration_s in told:
        if kind is EventKind.STARTED:
            assert held == NO_GESTURE
            assert duration_s >= hold_on_s
            # Nothing else was seen since it was first seen.
            assert {other for when_s, other in seen if at_s - duration_s < when_s < at_s} <= {name}
            held = name
        else:
            assert name == held
            held = NO_GESTURE if kind is EventKind.ENDED else held
    assert held == NO_GESTURE
    assert debouncer.end() == []
