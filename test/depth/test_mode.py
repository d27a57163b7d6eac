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

"""The mode auto: colour while it shows hands, depth alone while light fails."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from hand_tracking_dsp.depth.mode import AutoOptions, ModeChooser
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.tracking.types import Region, TrackedHand

RATE_HZ = 30.0
NOT_LOOKED_AT = math.nan


class Room:
    """A room in which a hand is shown at a frame rate, with light or without."""

    def __init__(self, options: AutoOptions | None = None, start_s: float = 100.0) -> None:
        self.chooser = ModeChooser(options)
        self.now_s = start_s
        self.changes: list[tuple[float, str]] = []
        self.probes = 0

    def show(self, seconds: float, light: Callable[[float], bool] | bool, *, hand: bool = True) -> str:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            lit = light(self.now_s) if callable(light) else light
            colour, depth = float(hand and lit), float(hand)
            probes = self.chooser.probes(self.now_s)
            self.probes += probes
            before = self.chooser.mode
            if not probes:
                colour, depth = (colour, NOT_LOOKED_AT) if before == "fused" else (NOT_LOOKED_AT, depth)
            after = self.chooser.update(colour, depth, self.now_s)
            if after != before:
                self.changes.append((self.now_s, after))
            self.now_s += 1 / RATE_HZ
        return self.chooser.mode


def test_it_begins_with_colour_and_stays_while_colour_shows_the_hand() -> None:
    room = Room()
    assert room.show(20.0, light=True) == "fused"
    assert room.probes == 0, "depth costs nothing while there is light"


def test_depth_alone_takes_over_in_the_dark_and_colour_when_light_returns() -> None:
    room = Room()
    room.show(5.0, light=True)
    dark_s = room.now_s
    assert room.show(5.0, light=False) == "depth_only"
    light_s = room.now_s
    assert room.show(5.0, light=True) == "fused"
    (first_s, _), (second_s, _) = room.changes
    assert 1.6 <= first_s - dark_s <= 2.3
    assert 0.6 <= second_s - light_s <= 1.3


def test_a_hand_that_leaves_changes_nothing() -> None:
    room = Room()
    room.show(3.0, light=True)
    assert room.show(10.0, light=True, hand=False) == "fused"
    assert 0 < room.probes <= 10 / 0.3
    assert room.show(3.0, light=True) == "fused"
    assert room.changes == []


def test_the_image_that_is_not_used_is_looked_at_seldom() -> None:
    room = Room()
    room.show(5.0, light=False)
    before = room.probes
    room.show(30.0, light=False)
    assert room.chooser.mode == "depth_only"
    assert 80 <= room.probes - before <= 101


def test_light_that_flickers_makes_the_mode_change_ever_less() -> None:
    room = Room()
    # Light for two seconds of every five.
    room.show(120.0, light=lambda now_s: now_s % 5 < 2)
    assert len(room.changes) <= 6
    assert room.changes[-1][1] == "depth_only"
    last_s = room.changes[-1][0]
    assert room.now_s - last_s > 60


def test_a_single_look_changes_nothing() -> None:
    chooser = ModeChooser()
    chooser.update(1.0, NOT_LOOKED_AT, 0.0)
    for step in range(1, 100):
        stamp_s = step * 0.3
        assert chooser.update(0.0, float(step % 2), stamp_s) == "fused"


def test_weak_presence_does_not_count() -> None:
    chooser = ModeChooser()
    for step in range(100):
        assert chooser.update(0.0, 0.5, step * 0.1) == "fused"


def test_time_that_goes_back_begins_again() -> None:
    room = Room()
    room.show(10.0, light=False)
    assert room.chooser.update(NOT_LOOKED_AT, 1.0, 5.0) == "fused"
    assert room.chooser.mode == "fused"


def test_presence_that_is_not_known_changes_nothing() -> None:
    chooser = ModeChooser()
    for step in range(100):
        assert chooser.update(NOT_LOOKED_AT, NOT_LOOKED_AT, step * 0.1) == "fused"


def hand(presence: float) -> TrackedHand:
    nowhere = np.zeros((21, 3), np.float32)
    return TrackedHand(1, Handedness.RIGHT, 1.0, presence, nowhere, nowhere, Region(0.0, 0.0, 1.0, 0.0))


def test_it_considers_the_hand_most_present_and_looks_at_the_other_image_when_it_is_due() -> None:
    chooser, looks = ModeChooser(), []

    def look() -> float:
        looks.append(chooser.mode)
        return 0.9

    for step in range(20):
        assert chooser.consider([hand(0.2), hand(0.8)], look, 0.1 * step) == "fused"
    assert looks == [], "nothing is looked at while the image shows a hand"
    step = 20
    while chooser.consider([hand(0.2)], look, 0.1 * step) == "fused":
        step += 1
    assert 16 <= step - 20 <= 24
    assert set(looks) == {"fused"}
    while chooser.consider([], look, 0.1 * step) == "depth_only":
        step += 1
    assert set(looks) == {"fused", "depth_only"}


@pytest.mark.parametrize("values", [{"presence": 0.0}, {"probe_s": 0.0}, {"patience_s": -1.0}])
def test_options_out_of_range_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        AutoOptions(**values)
