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

"""Clean crops: labels that fit what the crop shows, and weights that fall where the teacher is unsure."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from hand_tracking_dsp.cameras.mesh.pictures import PictureOptions, PictureStream
from hand_tracking_dsp.compression.data.augment import Augmentation
from hand_tracking_dsp.compression.data.picture_pack import PictureKind, pack_hand, pack_square
from hand_tracking_dsp.compression.data.pictures import Picture
from hand_tracking_dsp.compression.distillation.batch_changes import Draw
from hand_tracking_dsp.compression.distillation.clean_crops import (
    WEIGHT,
    CleanCrops,
    DeviceTeacher,
    EmptyCutter,
    HandCutter,
    in_parts,
    label_rendered,
)
from hand_tracking_dsp.compression.distillation.network import FEATURES
from hand_tracking_dsp.compression.distillation.teacher import Teacher
from hand_tracking_dsp.tracking.geometry import region_from_landmarks
from hand_tracking_dsp.tracking.types import Region

OPEN = PictureOptions(
    width=320, height=240, noise="none", views="palm", poses="gestures", held_share=0, second_share=0
)
ORIGIN = Picture(Path("a.png"), "set", "set/1")


@pytest.fixture(scope="module")
def dense(teacher):
    return DeviceTeacher(teacher, "cpu")


@pytest.fixture(scope="module")
def pictures():
    stream = PictureStream(1, OPEN)
    found = [stream.picture(number) for number in range(4)]
    return [pack_hand(one.image, region_from_landmarks(one.truth[0].joints_px), ORIGIN, 90) for one in found]


def test_the_teacher_on_a_device_says_what_it_says_elsewhere(teacher, dense, pictures):
    image = cv2.resize(pictures[0].read(), (224, 224))[:, :, ::-1].copy()
    expected = Teacher(teacher).label(image)
    found = dense.label(torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255)
    for name in ("landmarks", "world_landmarks", "presence", FEATURES):
        assert np.allclose(found[name][0].numpy(), expected[name], atol=2e-2), name


def test_labels_of_cut_hands_are_the_teachers_on_them_mirrored_or_not(dense, pictures):
    crops = HandCutter(pictures, dense).cut(12, Draw(1, "cpu"))
    assert crops.images.dtype == torch.uint8
    images, labels = crops.batch(torch.arange(12))
    alone = dense.label(images)["landmarks"].view(12, 21, 3)
    mean = labels["landmarks"].view(12, 21, 3)
    palm = (mean[:, 0, :2] - mean[:, 9, :2]).norm(dim=1)
    off = 100 * (alone - mean)[..., :2].norm(dim=2).mean(1) / palm
    sure = labels[WEIGHT] > 0.5
    assert sure.sum() > 6
    assert off[sure].max() < 6
    assert labels[WEIGHT].max() <= 1
    right = labels["handedness"] > 0.5
    assert 0 < right.sum() < 12, "a share of the crops is mirrored"


def test_weights_fall_where_the_teacher_contradicts_itself(dense, pictures):
    def blurred(one):
        image = cv2.GaussianBlur(one.read(), (0, 0), 12)
        square, hand = Region(128, 128, 256, 0.0), Region(128, 128, 170, 0.0)
        return pack_square(image, square, PictureKind.HAND, ORIGIN, 90, hand)

    plain = Augmentation(far_turn=0.0, turn_deg=2.0)
    sharp, unsure = (
        HandCutter(some, dense, plain).cut(12, Draw(2, "cpu"))
        for some in (pictures, [*map(blurred, pictures)])
    )
    assert unsure.labels[WEIGHT].mean() < sharp.labels[WEIGHT].mean() - 0.1


def test_empty_crops_have_no_hand_and_teach_no_joints(dense, pictures):
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    empty = pack_square(
        noise, Region(128, 128, 200, 0.0), PictureKind.EMPTY, ORIGIN, 80, Region(128, 128, 90, 1.0)
    )
    crops = EmptyCutter([*pictures, empty], dense).cut(8, Draw(1, "cpu"))
    assert len(crops) == 8
    assert crops.labels["presence"].max() == 0
    assert crops.labels[WEIGHT].max() == 0


def test_beside_hands_what_the_teacher_takes_for_a_hand_is_left_away(dense, pictures):
    hand = pack_square(pictures[0].read(), Region(128, 128, 256, 0.0), PictureKind.BESIDE, ORIGIN, 90)
    grey = np.full((256, 256, 3), 90, np.uint8)
    plain = pack_square(grey, Region(128, 128, 256, 0.0), PictureKind.BESIDE, ORIGIN, 90)
    crops = EmptyCutter([hand, plain], dense).cut(16, Draw(1, "cpu"))
    assert 0 < len(crops) < 16


def test_rendered_hands_have_exact_labels_where_the_teacher_is_wrong(dense):
    image = np.full((2, 224, 224, 3), 128, np.uint8)
    joints = np.random.default_rng(0).uniform(60, 160, (2, 63)).astype(np.float32)
    exact = {
        "landmarks": joints,
        "world_landmarks": joints / 1000,
        "presence": np.ones(2, np.float32),
        "handedness": np.array([0.0, 1.0], np.float32),
    }
    crops = label_rendered(image, exact, dense)
    assert np.allclose(crops.labels["landmarks"].numpy(), joints, atol=1e-3)
    assert crops.labels["handedness"].tolist() == [0.0, 1.0]
    right = dense.label(torch.from_numpy(image).permute(0, 3, 1, 2).float() / 255)
    agreed = label_rendered(image, {**exact, "landmarks": right["landmarks"].numpy()}, dense)
    expected = right["presence"][:, None] * right["world_landmarks"]
    expected = expected + (1 - right["presence"][:, None]) * torch.from_numpy(exact["world_landmarks"])
    assert torch.allclose(agreed.labels["world_landmarks"], expected, atol=1e-5)


def test_crops_are_cut_in_parts_and_put_together(dense, pictures):
    parts = list(in_parts(HandCutter(pictures, dense), 5, Draw(1, "cpu"), part=2))
    assert [len(part) for part in parts] == [2, 2, 1]
    whole = CleanCrops.of(parts)
    assert len(whole) == 5
    assert whole.labels[FEATURES].shape[0] == 5
