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

"""The source "mesh": frames like the synthetic hand's, of rendered hands."""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.cameras.camera import Frame, SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.cameras.mesh.source import MeshScene


def frames(count: int, **options: float) -> list[Frame]:
    with open_source("mesh", SourceOptions(width=320, height=240, absence_s=0, **options)) as source:
        found = [source.read() for _ in range(count)]
    return [frame for frame in found if frame is not None]


def test_it_says_honestly_what_it_shows() -> None:
    with open_source("mesh", SourceOptions(seed=4)) as source:
        assert source.name == "rendered hand (seed 4)"
        assert source.intrinsics is not None
        assert (source.width, source.height, source.live) == (640, 480, False)


def test_a_frame_has_image_depth_and_truth_of_the_same_hand() -> None:
    (frame,) = frames(1)
    assert (frame.image.shape, frame.image.dtype) == ((240, 320, 3), np.uint8)
    assert frame.depth_mm is not None
    assert frame.depth_mm.dtype == np.uint16
    (truth,) = frame.truth or ()
    camera = MeshScene(SourceOptions(width=320, height=240)).intrinsics
    joints_m = truth.joints_m + truth.centre_m
    assert np.allclose(camera.project(joints_m), truth.joints_px[:, :2], atol=0.01)
    columns, rows = np.rint(truth.joints_px[:, :2]).astype(int).T
    inside = (columns >= 0) & (rows >= 0) & (columns < 320) & (rows < 240)
    behind = 1e3 * joints_m[inside, 2] - frame.depth_mm[rows[inside], columns[inside]]
    assert 3 < np.median(behind) < 20


def test_it_moves_smoothly() -> None:
    tracks = np.array([frame.truth[0].joints_px[:, :2] for frame in frames(20) if frame.truth])
    steps = np.linalg.norm(np.diff(tracks, axis=0), axis=2)
    assert len(tracks) == 20
    assert 0 < steps.max() < 12


def test_frames_of_one_seed_are_the_same_and_two_hands_are_a_left_and_a_right_one() -> None:
    one, other = frames(2, seed=9, hands=2), frames(2, seed=9, hands=2)
    assert np.array_equal(one[1].image, other[1].image)
    assert sorted(truth.handedness.name for truth in one[1].truth or ()) == ["LEFT", "RIGHT"]


def test_each_absence_brings_another_person() -> None:
    options = SourceOptions(width=320, height=240, absence_s=0.5, absence_every_s=2.0)
    scene = MeshScene(options)
    palms = set()
    for person in range(4):
        (truth,) = scene.frame(30 + 60 * person).truth or ()
        palms.add(round(float(np.linalg.norm(truth.joints_m[9] - truth.joints_m[0])), 4))
    assert len(palms) == 4
