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

"""When and where the palm detectors run: pictures and stamps made by hand, detectors that keep a record."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.motion import Square
from hand_tracking_dsp.tracking.search import Demand, IdleOptions, PalmSearch, SearchOptions, Sighted
from hand_tracking_dsp.tracking.types import Image, PalmDetection, Region

WAIT_S = 60.0
RATE_HZ = 30.0
EMPTY = np.full((480, 640, 3), 90, np.uint8)
ENTERED = EMPTY.copy()
ENTERED[100:300, 200:400] = np.random.default_rng(0).integers(0, 255, (200, 200, 1), np.uint8)
HAND = Region(500.0, 400.0, 90.0, 0.0)
LOST = Region(120.0, 100.0, 80.0, 0.2)
PALM = PalmDetection(0.9, np.array([1, 2, 3, 4], np.float32), np.zeros((7, 2), np.float32))


class Eye:
    """A detector that keeps a record of when and where it looked."""

    def __init__(self, near: Eye | None = None) -> None:
        self.near = near
        self.stamp_s = 0.0
        self.calls: list[tuple[float, Square | None]] = []
        self.error: Exception | None = None
        self.started, self.may_end = threading.Event(), threading.Event()
        self.may_end.set()

    def detect(self, *args: Any) -> list[PalmDetection]:
        self.calls.append((self.stamp_s, args[-1]))
        self.started.set()
        assert self.may_end.wait(WAIT_S)
        if self.error:
            raise self.error
        return [PALM]

    @property
    def stamps(self) -> list[float]:
        return [stamp_s for stamp_s, _ in self.calls]


class Room:
    """A search, shown one frame after the other as the tracker shows them."""

    def __init__(self, near: bool = False, live: bool = False, schedule: str = "auto", **idle: float) -> None:
        self.eye = Eye(Eye() if near else None)
        self.search = PalmSearch(self.eye, SearchOptions(schedule), IdleOptions(**idle), 2, 0.5, live=live)

    @property
    def near(self) -> Eye:
        assert self.eye.near is not None
        return self.eye.near

    def show(
        self,
        image: Image,
        stamp_s: float,
        regions: tuple[Region, ...] = (),
        lost: tuple[Region, ...] = (),
        just_lost: bool = False,
        interval_s: float = 0.15,
    ) -> Sighted:
        for eye in filter(None, (self.eye, self.eye.near)):
            eye.stamp_s = stamp_s
        demand = Demand(image, "bgr", stamp_s, regions, lost, just_lost, interval_s)
        sighted = self.search.palms(demand)
        self.search.frame_done()
        return sighted

    def stay_empty(self, seconds: float) -> int:
        """Show an empty room; returns the number of frames."""
        frames = round(seconds * RATE_HZ)
        for index in range(frames):
            self.show(EMPTY, index / RATE_HZ)
        return frames


@pytest.fixture
def live_room() -> Iterator[Room]:
    room = Room(live=True)
    yield room
    room.eye.may_end.set()
    room.search.close()


def flicker(index: int) -> Image:
    """Return a picture that has nothing in common with the one before."""
    return np.random.default_rng(index).integers(0, 255, (48, 64, 3), np.uint8).repeat(10, 0).repeat(10, 1)


def test_an_empty_room_is_searched_on_every_frame_at_first_and_then_at_the_idle_rate() -> None:
    room = Room(after_s=2.0, rate_hz=8.0)
    room.stay_empty(5.0)
    before, after = ([one for one in room.eye.stamps if low <= one < low + 2] for low in (0.0, 3.0))
    assert len(before) == 60
    assert 14 <= len(after) <= 16


def test_a_rate_of_0_searches_an_empty_room_on_every_frame() -> None:
    room = Room(after_s=0.5, rate_hz=0.0)
    assert room.stay_empty(2.0) == len(room.eye.calls)


@pytest.mark.parametrize("near", [False, True])
@pytest.mark.parametrize("later", range(5))
def test_what_enters_an_idle_room_is_looked_at_within_an_eighth_of_a_second(near: bool, later: int) -> None:
    room = Room(near, after_s=1.0, rate_hz=8.0)
    first = room.stay_empty(3.0) + later
    for index in range(first - later, first):
        room.show(EMPTY, index / RATE_HZ)
    for index in range(first, first + 10):
        room.show(ENTERED, index / RATE_HZ)
    looks = [*room.eye.stamps, *(room.near.stamps if near else ())]
    reaction_s = min(one for one in looks if one >= first / RATE_HZ) - first / RATE_HZ
    assert reaction_s <= 0.125


def test_a_near_detector_looks_at_what_enters_a_room() -> None:
    room = Room(near=True, after_s=60.0)
    frames = room.stay_empty(0.34)
    room.show(ENTERED, frames / RATE_HZ)
    ((_, place),) = room.near.calls[-1:]
    assert place is not None
    assert abs(place.x - 300) < 40
    assert abs(place.y - 200) < 40
    assert place.side == 320.0


@pytest.mark.parametrize("near", [False, True])
def test_constant_flicker_does_not_make_an_idle_room_searched_on_every_frame(near: bool) -> None:
    room = Room(near, after_s=1.0, rate_hz=8.0)
    for index in range(300):
        room.show(flicker(index), index / 60.0)
    looks = [*room.eye.stamps, *(room.near.stamps if near else ())]
    assert len([one for one in looks if 2.0 <= one < 4.0]) <= 2 * 17


def test_a_room_with_a_hand_again_is_no_longer_idle() -> None:
    room = Room(after_s=1.0, rate_hz=1.0)
    frames = room.stay_empty(3.0)
    room.show(EMPTY, frames / RATE_HZ, (HAND,))
    for index in range(frames + 1, frames + 11):
        room.show(EMPTY, index / RATE_HZ)
    assert len([one for one in room.eye.stamps if one > frames / RATE_HZ]) == 10


def test_where_nothing_changes_the_whole_image_is_searched_each_third_of_a_second() -> None:
    room = Room()
    for index in range(60):
        room.show(ENTERED, index / RATE_HZ, (HAND,))
    gaps = np.diff(room.eye.stamps)
    assert len(gaps) >= 4
    assert (gaps > 0.29).all()
    assert (gaps < 0.37).all()


def test_where_the_picture_changes_it_is_searched_at_the_interval() -> None:
    room = Room()
    for index in range(60):
        room.show(flicker(index), index / RATE_HZ, (HAND,), interval_s=0.15)
    gaps = np.diff(room.eye.stamps)
    assert (gaps > 0.149).all()
    assert (gaps < 0.21).all()


def test_an_interval_of_0_searches_on_every_frame() -> None:
    room = Room(schedule="frame")
    for index in range(10):
        room.show(EMPTY, index / RATE_HZ, (HAND,), interval_s=0.0)
    assert len(room.eye.calls) == 10


def test_when_the_last_hand_is_lost_the_whole_image_is_searched_on_that_frame() -> None:
    room = Room(near=True)
    room.show(EMPTY, 0.0, (HAND,))
    room.show(EMPTY, 0.03, (HAND,))
    sighted = room.show(EMPTY, 0.06, (), (LOST,), just_lost=True)
    assert room.eye.calls[-1] == (0.06, None)
    assert sighted.on_the_way_ms > 0
    assert PALM in sighted.palms


def test_a_hand_that_was_lost_is_looked_for_at_its_place_by_the_near_detector() -> None:
    room = Room(near=True)
    for index in range(8):
        room.show(EMPTY, index / RATE_HZ, (HAND,), (LOST,), just_lost=index == 2)
    assert room.near.calls
    assert {place for _, place in room.near.calls} == {Square(120.0, 100.0, 160.0)}
    assert len(room.eye.calls) == 1


def test_a_look_at_a_place_begins_after_the_frame_and_has_its_palms_on_the_next() -> None:
    room = Room(near=True)
    room.show(EMPTY, 0.0, (HAND,))
    room.show(EMPTY, 0.04, (HAND,))
    assert room.show(EMPTY, 0.08, (HAND,), (LOST,)).palms == ()
    assert room.near.stamps == [0.08]
    sighted = room.show(EMPTY, 0.12, (HAND,), (LOST,))
    assert sighted.palms == (PALM,)
    assert sighted.on_the_way_ms == 0
    assert sighted.aside_ms > 0


def test_palms_of_an_image_of_another_size_or_of_long_ago_are_not_looked_for() -> None:
    for image, later_s in ((np.zeros((48, 64, 3), np.uint8), 0.04), (EMPTY, 1.0)):
        room = Room(near=True)
        room.show(EMPTY, 0.0, (HAND,))
        assert room.show(image, later_s, (HAND,)).palms == ()


def test_with_a_hand_in_view_a_lost_one_and_what_moves_take_turns() -> None:
    room = Room(near=True)
    for index in range(14):
        image = EMPTY.copy()
        image[300:360, 60 + 20 * index : 120 + 20 * index] = 250
        room.show(image, index / RATE_HZ, (HAND,), (LOST,), interval_s=0.15)
    at_lost = [place == Square(120.0, 100.0, 160.0) for _, place in room.near.calls]
    assert len(at_lost) >= 9
    assert not any(not one and not other for one, other in pairwise(at_lost))
    assert at_lost.count(True) == pytest.approx(2 * at_lost.count(False), abs=2)


def test_with_no_hand_in_view_both_places_are_looked_at_on_one_frame() -> None:
    room = Room(near=True)
    room.show(EMPTY, 0.0)
    room.show(ENTERED, 0.05, (), (LOST,))
    assert [stamp_s for stamp_s in room.near.stamps if stamp_s == 0.05] == [0.05, 0.05]


def test_the_near_detector_rests_where_nothing_was_lost_and_nothing_moves() -> None:
    room = Room(near=True)
    room.stay_empty(2.0)
    assert not room.near.calls


def test_a_stamp_that_jumps_back_makes_the_next_frame_search() -> None:
    room = Room(after_s=0.1, rate_hz=1.0)
    for stamp_s in (50.0, 50.2, 50.4, 3.0):
        room.show(EMPTY, stamp_s)
    assert room.eye.stamps[-1] == 3.0


def test_on_the_way_the_palms_come_with_their_own_frame() -> None:
    room = Room(schedule="frame")
    sighted = room.show(EMPTY, 0.0, (HAND,))
    assert sighted.palms == (PALM,)
    assert sighted.on_the_way_ms > 0


def test_a_detector_that_blocks_does_not_hold_up_frames_with_a_hand_in_view(live_room: Room) -> None:
    live_room.eye.may_end.clear()
    for index in range(20):
        assert live_room.show(flicker(index), index / RATE_HZ, (HAND,)) == Sighted()
    assert live_room.eye.started.wait(WAIT_S)
    assert len(live_room.eye.calls) == 1, "one search at a time"
    live_room.eye.may_end.set()
    # Without a hand in view the frame needs the detector itself, and waits for it.
    sighted = live_room.show(EMPTY, 1.0)
    assert sighted.palms[0] is PALM
    assert sighted.aside_ms > 0


def test_closing_ends_the_thread_and_a_later_frame_starts_it_again(live_room: Room) -> None:
    before = threading.active_count()
    live_room.show(EMPTY, 0.0, (HAND,))
    assert threading.active_count() == before + 1
    live_room.search.close()
    assert threading.active_count() == before
    live_room.eye.started.clear()
    live_room.show(EMPTY, 10.0, (HAND,))
    assert live_room.eye.started.wait(WAIT_S)
    assert threading.active_count() == before + 1


def test_a_detector_that_raises_beside_is_told_on_a_later_frame_and_used_again(live_room: Room) -> None:
    live_room.eye.error = ValueError("blind")
    live_room.show(EMPTY, 0.0, (HAND,))
    with pytest.raises(ValueError, match="blind"):
        live_room.show(EMPTY, 0.1)
    live_room.eye.error = None
    assert live_room.show(EMPTY, 1.0).palms == (PALM,)


def test_a_detector_that_raises_on_the_way_is_told_on_that_frame() -> None:
    room = Room()
    room.eye.error = ValueError("blind")
    with pytest.raises(ValueError, match="blind"):
        room.show(EMPTY, 0.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: IdleOptions(after_s=-1.0), "after_s is -1"),
        (lambda: IdleOptions(rate_hz=float("nan")), "rate_hz is nan"),
        (lambda: SearchOptions("never"), "schedule"),
    ],
)
def test_impossible_options_are_named(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make()
