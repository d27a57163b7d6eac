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

"""Labels of rendered statues are exact, and in the form of the networks' outputs."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.cameras.mesh.crops import CropOptions, CropStream
from hand_tracking_dsp.compression.statues.samples import (
    CENTRE,
    SIDES_PX,
    SIZE,
    StatueRecipe,
    draw,
    in_crop,
    labels_of,
)
from hand_tracking_dsp.hand import Handedness, Joint


@pytest.fixture(scope="module")
def make():
    return StatueRecipe(seed=3, empty=0.0).maker()


def test_a_sample_depends_on_its_number_alone(make):
    again = StatueRecipe(seed=3, empty=0.0).maker()
    for number in (4, 1):
        (image, labels), (same, theirs) = make(number), again(number)
        np.testing.assert_array_equal(image, same)
        assert all(np.array_equal(labels[name], theirs[name], equal_nan=True) for name in labels)
    assert not np.array_equal(make(0)[0], make(3)[0])
    assert not np.array_equal(make(0)[0], StatueRecipe(seed=4, empty=0.0).maker()(0)[0])


@pytest.mark.parametrize("number", range(len(SIDES_PX)))
def test_landmarks_lie_on_the_statue_whatever_the_crops_side(make, number: int):
    image, labels = make(number)
    assert image.shape == (SIZE, SIZE, 3)
    points = labels["landmarks"].reshape(21, 3)
    inside = points[((points[:, :2] > 0) & (points[:, :2] < SIZE)).all(1)]
    assert len(inside) > 10
    columns, rows = inside[:, :2].astype(int).T
    assert (image[rows, columns].max(axis=1) > 20).mean() > 0.7, "skin is brighter than what is not seen"


def test_labels_follow_from_the_joints_in_space():
    crop = CropStream(1, CropOptions(size=112, split="val")).crop(0)
    labels = labels_of(crop)
    landmarks, world = labels["landmarks"].reshape(21, 3), labels["world_landmarks"].reshape(21, 3)
    np.testing.assert_allclose(landmarks[:, :2], crop.joints_px * 2, rtol=1e-5)
    assert landmarks[Joint.WRIST, 2] == 0
    np.testing.assert_allclose(world - world[0], crop.joints_m - crop.joints_m[0], atol=1e-6)
    np.testing.assert_allclose(world[list(CENTRE)].mean(0), 0, atol=1e-6)
    assert labels["presence"] == 1
    assert labels["handedness"] == (crop.handedness is Handedness.RIGHT)
    assert np.isnan(labels["truth"]).all()


def test_z_has_four_tenths_of_the_scale_of_x_and_the_palm_its_length_in_space():
    joints = np.zeros((21, 3), np.float32)
    joints[:, 2] = 0.5
    joints[Joint.MIDDLE_MCP] = (0.0, -0.06, 0.58)
    landmarks, palm = in_crop(joints, joints[:, :2], focal_px=500.0)
    assert landmarks[Joint.MIDDLE_MCP, 2] == pytest.approx(0.4 * 0.08 * 1000)
    assert palm == pytest.approx(0.1 * 1000)


def test_without_a_hand_there_is_none():
    crop = CropStream(1, CropOptions(size=96, empty_share=1.0)).crop(0)
    labels = labels_of(crop)
    assert labels["presence"] == 0
    assert labels["handedness"] == 0.5
    assert np.isfinite(labels["palm"])
    assert not labels["landmarks"].any()
    assert not labels["world_landmarks"].any()


def test_a_turned_region_turns_the_lamp_and_nothing_else():
    crop = CropStream(1, CropOptions(size=96)).crop(0)
    upright, turned = draw(crop), draw(crop, np.pi)
    assert (upright != turned).any()
    assert ((upright > 20) != (turned > 20)).mean() < 0.01, "the surface stays where it is"
    np.testing.assert_array_equal(draw(crop, 2 * np.pi), upright)
