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

"""Hands found in depth alone."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cameras.mesh.pictures import PictureOptions, PictureStream
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.depth_folder import measure_folders
from hand_tracking_dsp.evaluation.statues import (
    DepthPicture,
    find_in_depth,
    hands_in_statues,
    open_tracker,
    recorded_pictures,
    rendered_pictures,
)
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.tracker import HandTracker

EASY = PictureOptions(
    views="palm", poses="gestures", noise="none", held_share=0, second_share=0, nearest_m=0.4, farthest_m=0.5
)


@pytest.fixture(scope="module")
def tracker():
    return open_tracker(default_bank())


@pytest.fixture(scope="module")
def pictures():
    """Open hands with nothing behind them."""
    stream = PictureStream(7, EASY)
    chosen = []
    for picture in rendered_pictures(stream, 6):
        behind = picture.view.metres > picture.truth.centre_m[2] + 0.15
        view = DepthView(np.where(behind, 0, picture.view.metres).astype(np.float32), picture.view.camera)
        chosen.append(replace(picture, view=view))
    return chosen


def test_rendered_hands_are_found_and_lie_where_they_are(tracker, pictures):
    found = find_in_depth(tracker, 0, pictures)
    assert found.pictures == 6
    assert found.found >= 4
    assert found.sides >= found.found - 1
    assert found.error_mm < 25


def test_each_picture_is_shown_on_its_own_at_the_level_asked_for(tracker, pictures, monkeypatch):
    shown, track = [], HandTracker.track

    def seen(self, image, stamp_s, point=0, *arguments, **named):
        shown.append((stamp_s, point, named["depth"] is not None))
        return track(self, image, stamp_s, point, *arguments, **named)

    monkeypatch.setattr(HandTracker, "track", seen)
    find_in_depth(tracker, 4, pictures[:2])
    assert shown == [(0.0, 4, True), (1 / 30, 4, True)] * 2


def test_a_folder_is_measured_by_a_bank_that_sees_depth_too(tmp_path, pictures):
    for number, picture in enumerate(pictures[:3]):
        values = np.rint(picture.view.metres * 8000).astype(np.uint16)
        cv2.imwrite(str(tmp_path / f"{number}.png"), values)
    tracker = open_tracker(default_bank().parent / "hourglass")
    (found,) = measure_folders(tracker, tmp_path, 0.000125, pictures[0].view.camera)
    assert (found.folder, found.images) == (tmp_path, 3)
    assert found.found >= 1
    assert 0 < found.presence <= 1


def test_one_persons_bones_are_learned_from_picture_to_picture(tracker, pictures):
    for one_person, count in ((True, 1), (False, 6)):
        ids = {
            one.lifted.track_id
            for one in hands_in_statues(tracker, pictures, one_person=one_person)
            if one.lifted
        }
        assert 1 <= len(ids) <= count
        assert (ids == {1}) == one_person


def test_a_hand_elsewhere_is_not_the_one(tracker, pictures):
    truth = pictures[0].truth
    elsewhere = replace(truth, joints_px=truth.joints_px + np.float32(200))
    assert find_in_depth(tracker, 0, [replace(pictures[0], truth=elsewhere)]).found == 0


def test_nothing_is_found_in_an_empty_room_and_no_picture_is_no_mistake(tracker):
    wall = DepthView(np.full((120, 160), 0.8, np.float32), Intrinsics(150, 150, 80, 60))
    found = find_in_depth(tracker, 0, [DepthPicture(wall)])
    assert (found.pictures, found.found) == (1, 0)
    assert np.isnan(found.error_mm)
    assert find_in_depth(tracker, 0, []).pictures == 0


def test_recorded_depth_is_read_in_its_unit_by_name(tmp_path, tracker, pictures):
    (tmp_path / "b").mkdir()
    values = np.rint(pictures[0].view.metres * 8000).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "b" / "1.png"), values)
    cv2.imwrite(str(tmp_path / "a.png"), values * 0)
    read = list(recorded_pictures(tmp_path, 0.000125, pictures[0].view.camera))
    assert [picture.view.metres.max() > 0 for picture in read] == [False, True]
    np.testing.assert_allclose(read[1].view.metres, pictures[0].view.metres, atol=1e-4)
    assert (read[1].truth, read[1].side) == (None, Handedness.UNKNOWN)
    assert find_in_depth(tracker, 0, read).found == find_in_depth(tracker, 0, pictures[:1]).found


def test_what_is_no_depth_image_is_named(tmp_path):
    camera = Intrinsics(150, 150, 80, 60)
    with pytest.raises(SourceError, match="There is no image"):
        list(recorded_pictures(tmp_path, 0.001, camera))
    cv2.imwrite(str(tmp_path / "grey.png"), np.zeros((4, 4), np.uint8))
    with pytest.raises(SourceError, match=r"grey.png is not a 16-bit picture of one channel"):
        list(recorded_pictures(tmp_path, 0.001, camera))
