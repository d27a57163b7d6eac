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

"""Frames that palm detectors are trained on: what is placed where, and what is taught there."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hand_tracking_dsp.compression.bank.files import read_model
from hand_tracking_dsp.compression.distillation.batch_changes import Draw
from hand_tracking_dsp.compression.distillation.palm_frames import (
    NO_PALM,
    FrameMaker,
    FrameOptions,
    PalmTeacher,
    PictureViews,
    _on_cpu,
    _on_device,
)
from hand_tracking_dsp.compression.palm.rewrite import project_before_resize
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.manifest import read_manifest


class EveryAnchor:
    """A teacher that sees a palm at every anchor."""

    device = "cpu"

    def label(self, images):
        count = len(images)
        anchors = 6 * (images.shape[-1] // 16) ** 2 + 2 * (images.shape[-1] // 8) ** 2
        return {
            "scores": torch.full((count, anchors), 3.0),
            "taught": torch.zeros(count, anchors),
            "anchors": torch.arange(48).expand(count, -1),
            "boxes": torch.full((count, 48, 18), 20.0),
        }


def views(grey, count=3, shape=(60, 90)):
    return PictureViews([np.full((*shape, 3), grey, np.uint8)] * count, "cpu")


@pytest.fixture
def maker():
    return FrameMaker(views(250), views(60), EveryAnchor(), FrameOptions(size=10))


def test_batches_take_turns_in_size(maker):
    draw = Draw(0, "cpu")
    sides = [maker.make(draw)[0].shape for _ in range(4)]
    assert sides == [(10, 3, side, side) for side in (192, 192, 128, 192)]


def test_no_palm_is_taught_where_no_hand_is_whatever_the_teacher_says(maker):
    images, labels = maker.clean(Draw(0, "cpu"), 6, 4, 192)
    assert (labels["scores"][6:] == NO_PALM).all()
    assert (labels["taught"][6:] == 1).all()
    assert images[6:].max() < 0.3
    for image, scores in zip(images[:6], labels["scores"][:6], strict=True):
        # As much of a frame is taught a palm as its picture of a hand, which is bright, covers.
        bright = (image.mean(0) > 0.8).float().mean().item()
        assert (scores > 0).float().mean().item() == pytest.approx(bright, abs=0.06)
    assert (labels["scores"][:6] > 0).any()


def test_labels_are_those_of_the_clean_frames(maker):
    images, labels = maker.clean(Draw(1, "cpu"), 6, 4, 128)
    seen, same = maker.changed(images, labels, Draw(1, "cpu"))
    assert same is labels
    assert seen.shape == images.shape
    assert ((seen - images).abs().amax((1, 2, 3)) > 0.02).sum() >= 4
    assert 0 <= seen.min() <= seen.max() <= 1


def test_where_detectors_disagree_nothing_is_taught():
    bank = read_manifest(original_bank())
    models = [read_model(bank, info) for info in bank.detectors]
    image = torch.rand(2, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    alone = PalmTeacher(models[:1], "cpu").label(image)
    assert alone["scores"].shape == (2, 896)
    assert alone["boxes"].shape == (2, 48, 18)
    assert (alone["taught"] == 1).all()
    best = alone["scores"].gather(1, alone["anchors"])
    assert torch.equal(best[:, 0], alone["scores"].amax(1))


def test_a_teacher_says_the_same_in_pytorch_and_in_onnx_runtime():
    bank = read_manifest(original_bank())
    model = project_before_resize(read_model(bank, bank.detectors[0]))
    for side in (192, 128):
        image = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(side))
        with torch.no_grad():
            pairs = zip(_on_cpu(model)(image), _on_device(model, "cpu")(image), strict=True)
            for one, other in pairs:
                torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-4)


class Sees:
    def __init__(self, *scores):
        self.scores = torch.tensor([scores])

    def __call__(self, _):
        return torch.zeros(1, len(self.scores[0]), 18), self.scores


def test_another_detector_can_object():
    teacher = PalmTeacher([], "cpu")
    teacher._networks = [Sees(2.0, -3.0, -3.0), Sees(-2.0, 1.0, -1.0)]
    labels = teacher.label(torch.zeros(1, 3, 64, 64))
    assert labels["scores"].tolist() == [[2.0, -3.0, -3.0]]
    assert labels["taught"].tolist() == [[1.0, 0.0, 1.0]]
