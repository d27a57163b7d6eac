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

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.evaluation.video import FrameSpool, write_video


def _filled_spool(path: Path, stamps: list[int]) -> FrameSpool:
    spool = FrameSpool(path.parent)
    for index, stamp_ns in enumerate(stamps):
        spool.add(stamp_ns, np.full((480, 640, 3), index * 3, dtype=np.uint8))
    return spool


def test_spool_gives_back_what_it_got_and_leaves_no_file(tmp_path: Path) -> None:
    with _filled_spool(tmp_path / "spool", [10, 20, 30]) as spool:
        frames = list(spool.frames())
        spool.add(40, np.zeros((480, 640, 3), np.uint8))
        assert len(list(spool.frames())) == len(spool) == 4
    assert [stamp for stamp, _ in frames] == [10, 20, 30]
    assert frames[2][1].mean() == pytest.approx(6, abs=1)
    assert not list(tmp_path.iterdir())


def test_video_plays_at_the_rate_of_the_pictures_and_shows_the_hand(
    tmp_path: Path, made: SimpleNamespace
) -> None:
    recording = made.run()
    stamps = [cost.stamp_ns for cost in recording.costs]
    with _filled_spool(tmp_path / "spool", stamps) as spool:
        write_video(spool, recording, tmp_path / "video.mp4", ("synthetic picture",))
    video = cv2.VideoCapture(str(tmp_path / "video.mp4"))
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(30, abs=0.1)
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 60
    _, first = video.read()
    # The picture was black: the skeleton, the caption and the label are not.
    assert (first[150:300, 250:400] > 100).any()
    assert (first[:40] > 100).any()
    assert (first[440:, :200] > 100).any()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["video.mp4", "video.png"]
    assert cv2.imread(str(tmp_path / "video.png")) is not None


def test_depth_of_the_same_stamps_is_drawn_small_into_the_corner(
    tmp_path: Path, made: SimpleNamespace
) -> None:
    recording = made.run(4)
    stamps = [cost.stamp_ns for cost in recording.costs]
    with _filled_spool(tmp_path / "spool", stamps) as spool, FrameSpool(tmp_path) as depths:
        depths.add(stamps[0] - 5, np.full((160, 213), 900, np.uint16))
        for stamp_ns in stamps[1:3]:
            depths.add(stamp_ns, np.full((160, 213), 500, np.uint16))
        (_, _), (_, kept), (_, _) = depths.frames()
        assert (kept.dtype, kept[0, 0]) == (np.uint16, 500), "nothing is lost"
        write_video(spool, recording, tmp_path / "video.mp4", depths=depths)
    video = cv2.VideoCapture(str(tmp_path / "video.mp4"))
    shown = [bool((video.read()[1][10:120, 480:630] > 60).mean() > 0.3) for _ in stamps]
    assert shown == [False, True, True, False]


def test_a_frame_that_was_not_handled_is_shown_without_a_hand(tmp_path: Path, made: SimpleNamespace) -> None:
    recording = made.run(3)
    between = [cost.stamp_ns + 1 for cost in recording.costs]
    with _filled_spool(tmp_path / "spool", between) as spool:
        write_video(spool, recording, tmp_path / "video.mp4")
    _, frame = cv2.VideoCapture(str(tmp_path / "video.mp4")).read()
    assert not (frame[150:300, 250:400] > 100).any()


def test_pictures_from_before_the_first_handled_frame_are_left_out(
    tmp_path: Path, made: SimpleNamespace
) -> None:
    recording = made.run(3)
    stamps = [1, 2, *(cost.stamp_ns for cost in recording.costs)]
    with _filled_spool(tmp_path / "spool", stamps) as spool:
        write_video(spool, recording, tmp_path / "video.mp4")
    assert cv2.VideoCapture(str(tmp_path / "video.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == 3


def test_the_picture_beside_the_video_shows_a_measured_hand_and_a_known_battery(
    tmp_path: Path, made: SimpleNamespace
) -> None:
    recording = made.run(10)
    stamps = [cost.stamp_ns for cost in recording.costs]
    recording.hands[stamps[1]] = (made.hand(palm_px=200),)
    recording.hands[stamps[6]] = (made.hand(palm_px=150),)
    recording.hands[stamps[7]] = (replace(made.hand(palm_px=200), error_percent=33.0),)
    recording.hands[stamps[8]] = (replace(made.hand(palm_px=200), measured=False),)
    del recording.charges[:4]
    with _filled_spool(tmp_path / "spool", stamps) as spool:
        write_video(spool, recording, tmp_path / "video.mp4")
    # Every picture of the spool is of its own grey.
    assert cv2.imread(str(tmp_path / "video.png"))[470, 630].mean() == pytest.approx(6 * 3, abs=1)


def test_there_is_a_picture_beside_the_video_though_that_of_the_largest_hand_was_lost(
    tmp_path: Path, made: SimpleNamespace
) -> None:
    recording = made.run(10)
    stamps = [cost.stamp_ns for cost in recording.costs]
    recording.hands[stamps[3]] = (made.hand(palm_px=200),)
    with _filled_spool(tmp_path / "spool", [*stamps[:3], *stamps[4:]]) as spool:
        write_video(spool, recording, tmp_path / "video.mp4")
    assert cv2.imread(str(tmp_path / "video.png")) is not None
