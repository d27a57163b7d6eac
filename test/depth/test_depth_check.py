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

"""Faults of depth images are said in sentences: what, where, what to do."""

from __future__ import annotations

import numpy as np
import pytest
from support.rendered_hands import BACK, CAMERA, FRONT, Rendered, render, tracked

from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.depth.depth_check import DepthCheck, camera_problem
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.types import Floats, TrackedHand

TOPIC = "/depth/image_raw"
HAND = render("open palm")


def watch(metres: Floats, hands: list[TrackedHand] | None = None, count: int = 30) -> list[str]:
    check = DepthCheck(TOPIC)
    for number in range(count):
        check.add(DepthView(metres, CAMERA), [tracked(HAND)] if hands is None else hands, number / 10)
    return check.warnings()


def only(sentences: list[str], *words: str) -> None:
    (sentence,) = sentences
    assert sentence.endswith(".")
    assert TOPIC in sentence
    for word in words:
        assert word in sentence


@pytest.mark.parametrize("turn", [FRONT, BACK, (10.0, 0.0, 40.0), (0.0, 0.0, 70.0), (15.0, 30.0, 0.0)])
@pytest.mark.parametrize("size", [0.6, 1.1])
def test_nothing_is_said_of_good_depth(turn: tuple[float, float, float], size: float) -> None:
    check = DepthCheck(TOPIC)
    for number, gesture in enumerate(GESTURES):
        one: Rendered = render(gesture, turn, noise="structured_light", size=size, seed=number)
        check.add(one.view, [tracked(one, error_px=4.0, seed=number)], number / 5)
    assert check.warnings() == []


def test_metres_called_millimetres_and_the_reverse_are_told() -> None:
    only(
        watch(HAND.view.metres * np.float32(1e3)),
        "palms are 5 to 12 cm",
        " m wide",
        "millimetres that are taken",
        "0.001",
    )
    only(watch(HAND.view.metres * np.float32(1e-3)), "palms are 5 to 12 cm", "metres that are taken", "1.0")
    only(watch(HAND.view.metres * np.float32(8)), "about 0.1 times")


def test_a_wrong_unit_is_told_without_hands_too() -> None:
    only(watch(HAND.view.metres * np.float32(1e3), []), "millimetres that are taken for metres")
    only(watch(HAND.view.metres * np.float32(1e-3), []), "metres that are taken for millimetres")
    assert watch(HAND.view.metres, []) == []


def test_depth_images_without_depth_are_told() -> None:
    only(watch(np.zeros((480, 640), np.float32)), "hold no depth", "0 or NaN")
    only(watch(np.zeros((480, 640), np.float32), []), "hold no depth")


def test_holes_at_the_hand_are_told() -> None:
    metres = HAND.view.metres.copy()
    metres[metres < 0.6] = 0
    only(watch(metres), "unknown at", "joints")


@pytest.mark.parametrize("shift", [40, 60, 200])
def test_depth_beside_the_hand_is_told(shift: int) -> None:
    only(watch(np.roll(HAND.view.metres, shift, axis=1)), "lign depth to the images")


def test_a_single_bad_image_is_not_told() -> None:
    check = DepthCheck(TOPIC)
    for number in range(30):
        metres = HAND.view.metres * np.float32(1000 if number == 20 else 1)
        check.add(DepthView(metres, CAMERA), [tracked(HAND)], number / 10)
    assert check.warnings() == []


def test_a_fault_that_was_cured_is_told_no_longer() -> None:
    check = DepthCheck(TOPIC)
    for number in range(120):
        metres = HAND.view.metres * np.float32(1000 if number < 40 else 1)
        check.add(DepthView(metres, CAMERA), [tracked(HAND)], number / 10)
    assert check.warnings() == []


def test_what_images_showed_can_be_forgotten_but_not_those_that_were_missed() -> None:
    check = DepthCheck(TOPIC)
    for number in range(60):
        if number % 2:
            check.add_missed(number / 10)
        else:
            check.add(DepthView(0 * HAND.view.metres, CAMERA), [tracked(HAND)], number / 10)
    assert any("hold no depth" in sentence for sentence in check.warnings())
    check.forget_images()
    only(check.warnings(), "51 %", "in time")


def test_images_without_depth_in_time_are_told() -> None:
    check = DepthCheck(TOPIC)
    for number in range(60):
        if number % 2:
            check.add_missed(number / 30)
        else:
            check.add(HAND.view, [tracked(HAND)], number / 30)
    only(check.warnings(), "50 %", "in time", "depth.slop_s")


def test_a_few_images_without_depth_are_not_told() -> None:
    check = DepthCheck(TOPIC)
    for number in range(60):
        if number % 10 == 0:
            check.add_missed(number / 30)
        else:
            check.add(HAND.view, [tracked(HAND)], number / 30)
    assert check.warnings() == []


def test_time_that_goes_back_begins_again() -> None:
    check = DepthCheck(TOPIC)
    for number in range(30):
        check.add(DepthView(HAND.view.metres * np.float32(1e3), CAMERA), [tracked(HAND)], number / 10)
    assert check.warnings()
    check.add(HAND.view, [tracked(HAND)], 0.0)
    assert check.warnings() == []


@pytest.mark.parametrize(
    ("camera", "words"),
    [
        (Intrinsics(0.0, 0.0, 0.0, 0.0), "focal length"),
        (Intrinsics(0.9, 0.9, 320.0, 240.0), "focal length"),
        (Intrinsics(12000.0, 12000.0, 320.0, 240.0), "focal length"),
        (Intrinsics(float("nan"), 500.0, 320.0, 240.0), "focal length"),
        (Intrinsics(900.0, 900.0, 959.5, 539.5), "principal point"),
        (Intrinsics(500.0, 500.0, -10.0, 240.0), "principal point"),
    ],
)
def test_a_camera_info_that_does_not_fit_is_told(camera: Intrinsics, words: str) -> None:
    assert words in camera_problem(camera, 640, 480)
    check = DepthCheck(TOPIC)
    check.add(DepthView(HAND.view.metres, camera), [tracked(HAND)], 0.0)
    assert any(words in sentence for sentence in check.warnings())


def test_cameras_of_all_kinds_fit() -> None:
    for focal in (0.4, 0.75, 1.0, 2.0):
        assert camera_problem(Intrinsics(focal * 1280, focal * 1280, 630.0, 365.0), 1280, 720) == ""


def test_hands_at_the_border_and_predicted_ones_do_no_harm() -> None:
    beside = tracked(HAND)
    beside.landmarks[:, :2] += 1e6
    assert watch(HAND.view.metres, [beside]) == []
    unknown = tracked(HAND)
    unknown.landmarks[:] = np.nan
    assert watch(HAND.view.metres, [unknown]) == []
