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

"""Crops of rendered hands in colour: their labels are those of a network that makes no error."""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.cameras.mesh.pictures import PictureOptions
from hand_tracking_dsp.compression.data.augment import Augmentation
from hand_tracking_dsp.compression.statues.rendered_hands import RenderedHandRecipe
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.types import Region

FRONTAL = PictureOptions(
    width=320, height=240, noise="none", views="palm", poses="gestures", held_share=0, second_share=0
)


def test_a_sample_depends_on_its_number_alone() -> None:
    first, second = RenderedHandRecipe(seed=3).maker(), RenderedHandRecipe(seed=3).maker()
    first(4)
    image, labels = first(5)
    again, same = second(5)
    assert np.array_equal(image, again)
    assert all(np.array_equal(labels[name], same[name], equal_nan=True) for name in labels)
    assert image.shape == (224, 224, 3)


def test_the_dense_network_finds_what_the_labels_say() -> None:
    bank = LevelBank.load(share_path("models", "mediapipe"), RuntimeOptions("onnxruntime", threads=1))
    make = RenderedHandRecipe(pictures=FRONTAL, augmentation=Augmentation(turn_deg=25.0)).maker()
    off, sides, depths, spaces = [], [], [], []
    for number in range(26):
        image, labels = make(number)
        found = bank.landmarks(image, Region(112, 112, 224, 0.0))
        if found.presence < 0.5:
            continue
        exact = labels["landmarks"].reshape(21, 3)
        palm = float(np.linalg.norm(exact[0, :2] - exact[9, :2]))
        off.append(100 * np.linalg.norm(found.landmarks[:, :2] - exact[:, :2], axis=1).mean() / palm)
        sides.append((found.right > 0.5) == bool(labels["handedness"]))
        world = labels["world_landmarks"].reshape(21, 3)
        spaces.append(1000 * np.linalg.norm(found.world_landmarks - world, axis=1).mean())
        depths.append(np.corrcoef(found.landmarks[:, 2], exact[:, 2])[0, 1])
    assert len(off) > 18
    assert np.median(off) < 10
    assert np.mean(sides) > 0.8
    assert np.median(spaces) < 25
    assert np.median(depths) > 0.5
