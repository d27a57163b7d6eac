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

"""Statues labelled for palm detectors by the colour pictures of the same hands."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.cameras.mesh.pictures import PictureOptions, PictureStream
from hand_tracking_dsp.compression.bank.files import read_float_network
from hand_tracking_dsp.compression.statues.palms import KEPT, PalmRecipe, labels_of
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.anchors import palm_anchors
from hand_tracking_dsp.tracking.manifest import read_manifest


@pytest.fixture(scope="module")
def teacher() -> bytes:
    bank = read_manifest(original_bank())
    return read_float_network(bank, bank.detector("full"))


@pytest.fixture(scope="module")
def picture():
    return PictureStream(7, PictureOptions(views="palm", poses="gestures", second_share=0)).picture(0)


def middle(picture) -> np.ndarray:
    return picture.truth[0].joints_px[:, :2].mean(0) * 0.3 + np.array([0, 24])


def test_a_palm_seen_in_colour_is_taught_where_it_is_in_the_statue(teacher: bytes):
    make = PalmRecipe(teacher, seed=2).maker()
    (statue, labels), (again, same) = make(1), make(1)
    np.testing.assert_array_equal(statue, again)
    assert all(np.array_equal(labels[name], same[name]) for name in labels)
    assert statue.shape == (192, 192, 3)
    assert (labels["scores"].shape, labels["taught"].shape) == ((2016,), (2016,))
    assert (labels["anchors"].shape, labels["boxes"].shape) == ((KEPT,), (KEPT, 18))
    best = labels["anchors"][0]
    assert labels["scores"][best] == labels["scores"].max() > 0
    x, y = (palm_anchors()[best] * 192).astype(int)
    around = statue[max(y - 12, 0) : y + 12, max(x - 12, 0) : x + 12]
    assert around.max() > 50, "there is a surface, not the dark behind"


def test_boxes_are_those_of_the_anchors_named(picture):
    random = np.random.default_rng(0)
    boxes, logits = (
        random.normal(size=(2016, 18)).astype(np.float32),
        random.normal(size=2016).astype(np.float32),
    )
    labels = labels_of(picture, boxes, logits)
    np.testing.assert_array_equal(labels["boxes"], boxes[labels["anchors"]])
    assert (np.diff(logits[labels["anchors"]]) <= 0).all()


def test_of_a_hand_that_the_teacher_misses_nothing_is_taught(picture):
    nothing = np.full(2016, -9.0, np.float32)
    labels = labels_of(picture, np.zeros((2016, 18), np.float32), nothing)
    away = np.abs(palm_anchors() * 192 - middle(picture)).max(1)
    assert not labels["taught"][away < 8].any()
    assert labels["taught"][away > 90].all()


def test_where_the_teacher_sees_the_hand_all_is_taught(picture):
    logits = np.full(2016, -9.0, np.float32)
    logits[np.argmin(np.abs(palm_anchors() * 192 - middle(picture)).max(1))] = 5
    labels = labels_of(picture, np.zeros((2016, 18), np.float32), logits)
    assert labels["taught"].all()
