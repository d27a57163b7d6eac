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

"""Training behind frozen first blocks: what is kept, what is trained, and what is not."""

from __future__ import annotations

import pytest
import torch

from hand_tracking_dsp.compression.distillation import late_student
from hand_tracking_dsp.compression.distillation.batch_changes import Draw
from hand_tracking_dsp.compression.distillation.late_student import KeptSamples, LateStudent, batches_for
from hand_tracking_dsp.compression.distillation.network import FEATURES
from hand_tracking_dsp.compression.distillation.student import JointTrainingOptions, Student
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.errors import ConfigurationError

SIZE = InputSize(96, 112)


class Maker:
    """Makes batches of samples, each with its number as a label."""

    def __init__(self, size=4):
        self.made, self.images, self._size = 0, [], size

    def make(self, _):
        random, size = torch.Generator().manual_seed(self.made), self._size
        images = (
            torch.rand(size, 3, 14, 14, generator=random).repeat_interleave(16, 2).repeat_interleave(16, 3)
        )
        numbers = torch.arange(self.made, self.made + size)
        self.made += size
        self.images.append(images)
        landmarks = 60 + 100 * torch.rand(size, 63, generator=random)
        ones = torch.ones(size)
        return images, {
            "landmarks": landmarks,
            "world_landmarks": landmarks / 1000,
            "presence": ones,
            "handedness": 0.9 * ones,
            FEATURES: torch.rand(size, 12, generator=random),
            "weight": ones,
            "number": numbers,
        }


@pytest.fixture
def late(small_network):
    return LateStudent(
        "late", small_network(1), SIZE, JointTrainingOptions(average=0.5), Maker(64).make(None)
    )


def test_samples_that_are_kept_run_as_their_images_do(late):
    maker = Maker()
    samples = KeptSamples(maker, [late], 8, 4, Draw(0, "cpu"))
    images = torch.cat(maker.images)
    numbers, labels = samples.make(Draw(0, "cpu"))
    assert torch.equal(labels["number"], numbers)
    with torch.no_grad():
        kept = late._found(numbers)["landmarks"]
        whole = late.network(late.seen(images[numbers]))["landmarks"]
    assert torch.allclose(kept, whole, rtol=0.02, atol=0.02)  # maps are kept in bfloat16


def test_every_sample_comes_once_before_one_comes_again(late):
    samples, draw = KeptSamples(Maker(), [late], 10, 4, Draw(0, "cpu")), Draw(1, "cpu")
    found = torch.cat([samples.make(draw)[0] for _ in range(3)])
    assert sorted(found.tolist()) == [*range(12)]


def test_the_first_blocks_stay_as_they_are_and_the_others_are_trained(late):
    before = {name: weight.clone() for name, weight in late.network.weights.items()}
    samples = batches_for([late], Maker(), 8, 4, Draw(0, "cpu"))
    for number in range(3):
        late.step(samples.make(Draw(0, "cpu")), 1e-3, number)
    changed = {name for name, weight in late.network.weights.items() if not torch.equal(weight, before[name])}
    frozen = {name for name, weight in late.network.weights.items() if not weight.requires_grad}
    assert frozen
    assert changed == before.keys() - frozen
    assert any("landmarks" in name for name in changed)


def test_without_kept_samples_batches_are_ever_new(small_network):
    maker = Maker()
    student = Student("whole", small_network(1), SIZE, JointTrainingOptions(), maker.make(None))
    assert batches_for([student], maker, 0, 4, Draw(0, "cpu")) is maker


def test_a_network_without_a_map_small_enough_is_refused(small_network, monkeypatch):
    monkeypatch.setattr(late_student, "_SHRUNK", 64)
    with pytest.raises(ConfigurationError, match="cannot be frozen"):
        LateStudent("small", small_network(1), SIZE, JointTrainingOptions(), Maker(64).make(None))
