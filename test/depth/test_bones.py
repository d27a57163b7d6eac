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

"""Lengths of a hand's bones, learned over frames."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.cameras.synthetic.skeleton import pose_hand
from hand_tracking_dsp.depth.bones import ADULT_M, END, LINKS, START, BoneLengths

ALL = np.ones(21, bool)


def joints(gesture: str = "open palm", size: float = 1.0) -> NDArray[np.float64]:
    return pose_hand(GESTURES[gesture]).joints * size


def test_the_mean_adult_is_the_synthetic_hand() -> None:
    points = joints()
    np.testing.assert_allclose(np.linalg.norm(points[END] - points[START], axis=1), ADULT_M, atol=1e-4)
    assert len(set(LINKS)) == len(LINKS)


@pytest.mark.parametrize("size", [0.6, 1.0, 1.2])
def test_the_size_is_told_by_the_palm_whatever_the_fingers_do(size: float) -> None:
    for gesture in GESTURES:
        assert BoneLengths().size_of(joints(gesture, size), ALL) == pytest.approx(size, rel=1e-3)


def test_the_first_frame_sets_the_size() -> None:
    bones = BoneLengths()
    assert not bones.known
    bones.learn(joints(size=0.7), ALL)
    assert bones.known
    np.testing.assert_allclose(bones.metres, 0.7 * ADULT_M, rtol=1e-3)


def test_a_hand_with_other_proportions_is_learned() -> None:
    points = joints()
    points[[6, 7, 8]] += 0.3 * (points[6] - points[5])
    bones = BoneLengths()
    random = np.random.default_rng(0)
    for _ in range(200):
        bones.learn(points + random.normal(0, 0.002, (21, 3)), ALL)
    true = np.linalg.norm(points[END] - points[START], axis=1)
    assert np.abs(bones.metres / true - 1).max() < 0.06


def test_bones_read_off_the_background_hardly_count() -> None:
    bones = BoneLengths()
    random = np.random.default_rng(0)
    for number in range(100):
        points = joints() + random.normal(0, 0.002, (21, 3))
        if number % 5 == 0:
            points[8, 2] += 0.1
        bones.learn(points, ALL)
    assert np.abs(bones.metres / ADULT_M - 1).max() < 0.08


def test_only_measured_joints_count() -> None:
    bones = BoneLengths()
    points = joints()
    points[[8, 12]] += 0.2
    measured = ALL.copy()
    measured[[8, 12]] = False
    for _ in range(50):
        bones.learn(points, measured)
    np.testing.assert_allclose(bones.metres, ADULT_M, rtol=0.01)


@pytest.mark.parametrize("size", [0.2, 3.0, 1000.0])
def test_what_is_no_hand_in_size_is_not_learned(size: float) -> None:
    bones = BoneLengths()
    bones.learn(joints(size=size), ALL)
    assert not bones.known
    np.testing.assert_allclose(bones.metres, ADULT_M)


def test_a_hand_without_its_palm_has_no_size() -> None:
    measured = ALL.copy()
    measured[[0, 5, 9]] = False
    assert math.isnan(BoneLengths().size_of(joints(), measured))
    assert math.isnan(BoneLengths().size_of(np.full((21, 3), np.nan), np.zeros(21, bool)))


def test_joints_on_one_point_do_no_harm() -> None:
    bones = BoneLengths()
    bones.learn(np.zeros((21, 3)), ALL)
    assert np.isfinite(bones.metres).all()


def test_another_hand_is_unlearned() -> None:
    bones = BoneLengths()
    for _ in range(2000):
        bones.learn(joints(), ALL)
    for _ in range(1000):
        bones.learn(joints(size=0.8), ALL)
    assert bones.size == pytest.approx(0.8, abs=0.03)
