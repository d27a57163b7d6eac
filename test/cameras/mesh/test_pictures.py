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

"""Whole pictures: colour and depth show the same hands, where the truth says."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.cameras.mesh.pictures import PictureOptions, PictureStream
from hand_tracking_dsp.cameras.synthetic import GESTURES
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions

PALM = {"views": "palm", "poses": "gestures", "held_share": 0.0, "second_share": 0.0, "farthest_m": 0.6}


def test_a_picture_depends_on_seed_and_number_alone() -> None:
    one, other = PictureStream(3), PictureStream(3)
    other.picture(0)
    a, b = one.picture(4), other.picture(4)
    assert np.array_equal(a.image, b.image)
    assert np.array_equal(a.metres, b.metres)
    assert a.poses == b.poses


def test_gestures_come_in_turn_with_their_truth_just_behind_the_depth() -> None:
    stream = PictureStream(0, PictureOptions(**PALM, noise="none"))
    for index, name in enumerate(list(GESTURES)[:4]):
        picture = stream.picture(index)
        assert picture.poses == (name,)
        assert np.array_equal(picture.metres, picture.clean)
        (truth,) = picture.truth
        columns, rows = np.rint(truth.joints_px[:, :2]).astype(int).T
        behind = (truth.joints_m + truth.centre_m)[:, 2] - picture.clean[rows, columns]
        assert 0.003 < np.median(behind) < 0.02


def test_a_second_hand_has_its_own_truth() -> None:
    picture = PictureStream(0, PictureOptions(second_share=1.0)).picture(1)
    assert len(picture.truth) == len(picture.shapes) == len(picture.poses) == 2


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_bank_finds_rendered_hands_in_colour(split: str) -> None:
    stream = PictureStream(7, PictureOptions(**PALM, split=split))
    bank, detector = LevelBank.load(default_bank()), PalmDetector.load(default_bank())
    errors = []
    for index in range(5):
        picture = stream.picture(index)
        tracker = HandTracker(bank, detector, TrackerOptions(max_hands=1, smoothing=False))
        found = [tracker.track(picture.image, 0.033 * i, 0, "bgr").hands for i in range(2)][-1]
        (truth,) = picture.truth
        errors += [mean_distance_palm_percent(hand.landmarks, truth.joints_px) for hand in found]
        assert [hand.handedness for hand in found] == [truth.handedness] * len(found)
    assert len(errors) >= 4
    assert max(errors) < 15
