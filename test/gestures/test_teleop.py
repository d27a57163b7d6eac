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
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.gestures.teleop import STANDSTILL, GestureTeleop, Halt, ShownHand, TeleopOptions

PERIOD_S = 1 / 30
FREE = ShownHand(1, "open_palm", "open_palm", True, (320.0, 240.0), 80.0)
FIST = replace(FREE, name="fist", held="fist")
OPTIONS = TeleopOptions(linear_accel_mps2=50.0, angular_accel_radps2=100.0)
"""As the defaults, but at full speed at once."""


class Drive:
    """A teleoperation and its clock; an image every PERIOD_S, without delay."""

    def __init__(self, options=OPTIONS):
        self.teleop = GestureTeleop(options)
        self.now_s = 100.0

    def show(self, *hands, images=1, age_s=0.0):
        """Show hands in images; return the command after the last."""
        for _ in range(images):
            self.now_s += PERIOD_S
            self.teleop.see(hands, age_s, self.now_s)
        return self.teleop.command(self.now_s)

    def reach(self, right_palms, down_palms):
        """Move the hand there from where it began, in steps that a hand can go; return the command."""
        steps = 1 + math.ceil(math.hypot(right_palms, down_palms))
        for step in range(1, steps + 1):
            velocity = self.show(at(right_palms * step / steps, down_palms * step / steps))
        return velocity

    def wait(self, seconds):
        self.now_s += seconds
        return self.teleop.command(self.now_s)

    def begin(self):
        """Show a hand that takes hold."""
        self.show(FREE, images=10)
        self.show(FIST)
        assert self.teleop.driver == 1
        return self


def at(right_palms, down_palms, hand=FIST):
    x, y = FREE.palm_px
    palm_px = (x + right_palms * FREE.palm_size_px, y + down_palms * FREE.palm_size_px)
    return replace(hand, palm_px=palm_px)


@pytest.mark.parametrize(
    ("way", "linear", "angular"),
    [
        ((0.0, 0.0), 0.0, 0.0),
        ((0.29, -0.29), 0.0, 0.0),
        ((0.0, -0.9), 0.15, 0.0),
        ((0.0, -9.0), 0.3, 0.0),
        ((0.0, 9.0), -0.3, 0.0),
        ((0.9, 0.0), 0.0, -0.4),
        ((-9.0, 0.0), 0.0, 0.8),
    ],
)
def test_up_is_forwards_and_right_is_clockwise_beyond_the_dead_zone(way, linear, angular):
    velocity = Drive().begin().reach(*way)
    assert (velocity.linear_mps, velocity.angular_radps) == (pytest.approx(linear), pytest.approx(angular))


def test_a_mirrored_camera_turns_the_other_way_and_drives_the_same():
    plain = Drive().begin().reach(1.0, 1.0)
    mirrored = Drive(replace(OPTIONS, mirror=True)).begin().reach(1.0, 1.0)
    assert mirrored.linear_mps == plain.linear_mps
    assert mirrored.angular_radps == -plain.angular_radps != 0


def test_the_way_counts_in_the_palm_size_of_the_beginning():
    drive = Drive()
    drive.show(FREE, images=10)
    drive.show(replace(FIST, palm_size_px=160.0))
    assert drive.show(replace(at(0.0, -1.8), palm_size_px=40.0)).linear_mps == pytest.approx(0.15)


def test_speed_grows_no_faster_than_allowed_but_a_stop_is_at_once():
    drive = Drive(TeleopOptions(linear_accel_mps2=0.5)).begin()
    speeds = [drive.show(at(0.0, -min(0.9 * image, 1.5))).linear_mps for image in range(1, 31)]
    assert speeds[0] == pytest.approx(0.5 * PERIOD_S)
    assert all(later - sooner <= 0.5 * PERIOD_S + 1e-9 for sooner, later in pairwise(speeds))
    assert speeds[-1] == pytest.approx(0.3)
    assert drive.show() == STANDSTILL


@pytest.mark.parametrize(
    ("hands", "reason"),
    [
        ([], Halt.LOST),
        ([replace(FIST, track_id=2)], Halt.LOST),
        ([FIST, FIST], Halt.LOST),
        ([replace(FIST, palm_px=(math.nan, 0.0))], Halt.LOST),
        ([replace(FIST, palm_size_px=0.0)], Halt.LOST),
        ([at(0.8, -1.7)], Halt.JUMPED),
        ([replace(FIST, held="", name="fist")], Halt.RELEASED),
        ([FREE], Halt.RELEASED),
    ],
)
def test_the_first_image_without_the_hand_or_the_gesture_stops(hands, reason):
    drive = Drive().begin()
    assert drive.show(at(0.0, -1.0)) != STANDSTILL
    assert drive.show(*hands) == STANDSTILL
    assert (drive.teleop.driver, drive.teleop.last_halt, drive.teleop.halts[reason]) == (None, reason, 1)


def test_an_old_message_without_the_hand_stops_too():
    drive = Drive().begin()
    assert drive.show(age_s=10.0) == STANDSTILL
    assert drive.teleop.last_halt is Halt.LOST


def test_silence_stops():
    drive = Drive().begin()
    drive.show(at(0.0, -1.0))
    assert drive.wait(0.149) != STANDSTILL
    assert drive.wait(0.002) == STANDSTILL
    assert drive.teleop.last_halt is Halt.WATCHDOG


def test_the_watchdog_counts_from_the_image_not_from_the_message():
    drive = Drive().begin()
    drive.wait(0.1)
    drive.show(at(0.0, -1.0), age_s=0.1)
    assert drive.wait(0.049) != STANDSTILL
    assert drive.wait(0.002) == STANDSTILL


@pytest.mark.parametrize("age_s", [0.2, -0.2, 1.7e9, math.nan, math.inf])
def test_images_that_are_too_old_or_from_the_future_keep_nothing_moving(age_s):
    drive = Drive().begin()
    drive.show(at(0.0, -1.0))
    assert drive.show(at(0.0, -1.0), images=4, age_s=age_s) != STANDSTILL
    assert drive.show(at(0.0, -1.0), age_s=age_s) == STANDSTILL
    assert drive.teleop.last_halt is Halt.WATCHDOG


def test_a_single_image_that_shows_another_gesture_does_not_stop_but_several_do():
    drive = Drive().begin()
    drive.show(at(0.0, -1.0))
    unsure = at(0.0, 0.0, replace(FIST, name=""))
    assert drive.show(unsure).linear_mps > 0
    drive.show(at(0.0, -1.0))
    assert drive.show(unsure, images=4) != STANDSTILL
    assert drive.show(unsure) == STANDSTILL


@pytest.mark.parametrize("pause", ["lost", "silent", "released"])
def test_after_a_stop_the_hand_must_let_go_and_take_hold_anew(pause):
    drive = Drive().begin()
    if pause == "lost":
        drive.show()
    elif pause == "silent":
        drive.wait(1.0)
    else:
        drive.show(replace(FIST, held=""))
    found = replace(at(0.0, -1.0), track_id=1 if pause == "silent" else 2)
    drive.show(found, images=100)
    assert drive.teleop.driver is None
    drive.show(replace(found, name=""), images=3)
    drive.show(found, images=100)
    assert drive.teleop.driver is None, "a flicker is no release"
    drive.show(replace(found, name="", held=""), images=10)
    drive.show(found)
    assert drive.teleop.driver == found.track_id
    assert drive.show(found) == STANDSTILL, "the way counts from the new beginning"


def test_a_fist_that_comes_in_from_the_edge_of_the_picture_does_not_drive():
    drive = Drive()
    drive.show(replace(FIST, name="", held="", readable=False), images=30)
    drive.show(FIST, images=30)
    assert drive.teleop.driver is None


@pytest.mark.parametrize(("pause_s", "driver"), [(0.1, 1), (0.2, None)])
def test_a_hand_that_closes_in_a_pause_may_drive_only_after_a_short_one(pause_s, driver):
    drive = Drive()
    drive.show(FREE, images=10)
    drive.wait(pause_s)
    drive.show(FIST, images=10)
    assert drive.teleop.driver == driver


def test_a_second_hand_does_not_take_over():
    drive = Drive().begin()
    other = replace(FREE, track_id=2)
    drive.show(FIST, other, images=10)
    drive.show(FIST, replace(other, name="fist", held="fist"), images=10)
    assert drive.teleop.driver == 1


def test_a_halt_from_outside_counts_once():
    drive = Drive().begin()
    for _ in range(2):
        drive.teleop.halt(Halt.DEACTIVATED)
    assert drive.wait(0.0) == STANDSTILL
    assert drive.teleop.halts == {Halt.DEACTIVATED: 1}


@pytest.mark.parametrize(
    "options",
    [
        {"deadman": ""},
        {"deadman": "swipe_left"},
        {"full_scale_palms": 0.3},
        {"dead_zone_palms": 2.0},
        {"dead_zone_palms": math.nan},
    ],
)
def test_refuses_options_that_cannot_work(options):
    with pytest.raises(ConfigurationError):
        TeleopOptions(**options)


NAMES = st.sampled_from(["fist", "fist", "fist", "", "open_palm"])
HANDS = st.lists(
    st.builds(
        ShownHand,
        track_id=st.integers(1, 2),
        name=NAMES,
        held=NAMES,
        readable=st.booleans(),
        palm_px=st.tuples(st.floats(width=32), st.floats(width=32)) | st.just(FREE.palm_px),
        palm_size_px=st.just(80.0) | st.floats(width=32),
    ),
    max_size=2,
)
AGES_S = st.sampled_from([0.0, 0.0, 0.03, 0.1]) | st.floats(-1, 1) | st.just(math.nan)
PAUSES_S = st.sampled_from([0.0, 0.01, 0.03, 0.03, 0.1, 0.3])
STEPS = st.lists(st.tuples(PAUSES_S, st.none() | st.tuples(HANDS, AGES_S)), max_size=60)


@given(steps=STEPS)
def test_whatever_comes_nothing_moves_without_a_recent_image_of_the_gesture(steps):
    drive = Drive().begin()
    drive.show(at(0.6, -0.6))
    options, now_s, captured_s = drive.teleop.options, drive.now_s, drive.now_s
    for passed_s, image in steps:
        now_s += passed_s
        if image is not None:
            hands, age_s = image
            drive.teleop.see(hands, age_s, now_s)
            if any(hand.name == hand.held == "fist" for hand in hands) and abs(age_s) <= options.watchdog_s:
                captured_s = max(captured_s, now_s - max(age_s, 0.0))
        velocity = drive.teleop.command(now_s)
        if now_s - captured_s > options.watchdog_s:
            assert velocity == STANDSTILL
        assert abs(velocity.linear_mps) <= options.max_linear_mps
        assert abs(velocity.angular_radps) <= options.max_angular_radps


def held_for(seconds, hand=FIST):
    return replace(hand, measurement_age_s=seconds)


def test_a_hand_that_is_predicted_drives_no_longer_than_the_watchdog_allows():
    drive = Drive().begin()
    assert drive.reach(0, -1.5).linear_mps > 0
    away = at(0, -1.5)
    for frame in range(1, 4):
        assert drive.show(held_for(frame * PERIOD_S, away)).linear_mps > 0
    for frame in range(4, 8):
        velocity = drive.show(held_for(frame * PERIOD_S, away))
    assert velocity == STANDSTILL
    assert drive.teleop.last_halt is Halt.WATCHDOG


def test_a_hand_that_is_measured_again_in_time_drives_on():
    drive = Drive().begin()
    drive.reach(0, -1.5)
    for frame in range(60):
        velocity = drive.show(held_for(frame % 4 * PERIOD_S, at(0, -1.5)))
        assert velocity.linear_mps > 0
    assert not drive.teleop.halts


@pytest.mark.parametrize("age_s", [math.nan, math.inf, -1.0])
def test_a_measurement_of_no_age_stops_the_base(age_s):
    drive = Drive().begin()
    assert drive.show(held_for(age_s)) == STANDSTILL
    assert drive.teleop.driver is None


def test_a_predicted_hand_is_not_seen_to_let_go_nor_takes_hold():
    drive = Drive()
    for frame in range(20):
        drive.show(held_for(frame * PERIOD_S, FREE))
    drive.show(FIST)
    assert drive.teleop.driver is None, "it was measured without the gesture once only"
    drive = Drive()
    drive.show(FREE, images=10)
    drive.show(held_for(0.2))
    assert drive.teleop.driver is None
