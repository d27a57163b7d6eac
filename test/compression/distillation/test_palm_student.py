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

"""A palm detector in training."""

from __future__ import annotations

import onnx
import pytest
import torch

from hand_tracking_dsp.compression.bank.files import read_model
from hand_tracking_dsp.compression.distillation.palm_frames import PalmTeacher
from hand_tracking_dsp.compression.distillation.palm_student import PalmStudent, measure_palms
from hand_tracking_dsp.compression.distillation.student import JointTrainingOptions
from hand_tracking_dsp.compression.onnx_graph import read_weights
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.manifest import read_manifest


@pytest.fixture(scope="module")
def lite():
    bank = read_manifest(original_bank())
    return read_model(bank, bank.detector("lite"))


def batch(lite, side):
    images = torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(side))
    labels = PalmTeacher([lite], "cpu").label(images)
    labels["scores"] = torch.where(labels["scores"] == labels["scores"].amax(1, keepdim=True), 4.0, -6.0)
    labels["boxes"] = torch.full_like(labels["boxes"], 40.0)
    return images, labels


@pytest.mark.parametrize(("side", "depthwise"), [(192, True), (128, False)])
def test_it_learns_on_frames_of_each_size_and_keeps_its_slopes(lite, side, depthwise):
    student = PalmStudent("a", lite, JointTrainingOptions(average=0.5), depthwise=depthwise)
    for number in range(8):
        student.step(batch(lite, side), 1e-5, number)
    assert student.losses[-1] < student.losses[0]
    trained = student.to_onnx()
    onnx.checker.check_model(trained)
    old, new = read_weights(lite), read_weights(trained)
    changed = {name for name in old if (old[name] != new[name]).any()}
    assert any("project" in name for name in changed)
    assert any("depthwise.weight" in name for name in changed) == depthwise
    assert not any("slope" in name for name in changed)
    assert student.predict(batch(lite, 128)[0])["scores"].shape == (2, 896, 1)


def test_missed_and_false_palms_are_counted():
    labels = {"scores": torch.tensor([[3.0, -5], [3.0, -5], [-9, -9]]), "taught": torch.ones(3, 2)}
    found = {"scores": torch.tensor([[2.0, 1], [-1, 4], [-1, 0.5]])[..., None]}
    assert measure_palms(found, labels) == {"missed": 50.0, "false": 100.0}
    only_hands = {name: values[:2] for name, values in labels.items()}
    assert measure_palms({"scores": found["scores"][:2]}, only_hands) == {"missed": 50.0}
