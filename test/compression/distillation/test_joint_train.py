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

"""Training of several students at once: what is written, and that it goes on where it was stopped."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
import torch

from hand_tracking_dsp.compression.distillation import joint_train
from hand_tracking_dsp.compression.distillation.batch_maker import BatchMaker, BatchOptions
from hand_tracking_dsp.compression.distillation.clean_crops import WEIGHT, CleanCrops
from hand_tracking_dsp.compression.distillation.joint_train import JointTrainer, measure
from hand_tracking_dsp.compression.distillation.network import FEATURES
from hand_tracking_dsp.compression.distillation.student import JointTrainingOptions, Student
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.errors import ConfigurationError

OPTIONS = JointTrainingOptions(seconds=math.inf, steps=6, warmup=2, checks=2)


def crops(count, presence, seed):
    generator = torch.Generator().manual_seed(seed)
    landmarks = 60 + 100 * torch.rand(count, 63, generator=generator)
    return CleanCrops(
        torch.randint(0, 256, (count, 3, 224, 224), generator=generator, dtype=torch.uint8),
        {
            "landmarks": landmarks,
            "world_landmarks": landmarks / 1000,
            "presence": torch.full((count,), presence),
            "handedness": torch.full((count,), 0.9),
            FEATURES: torch.rand(count, 12, generator=generator),
            WEIGHT: torch.full((count,), presence),
        },
    )


HANDS, EMPTY = crops(12, 1.0, 0), crops(6, 0.0, 1)


def trainer(folder, small_network, options=OPTIONS):
    fit = HANDS.batch(torch.arange(12))
    students = [
        Student(name, small_network(seed), InputSize(size, size), options, fit)
        for seed, (name, size) in enumerate(SIZES)
    ]
    maker = BatchMaker(HANDS, None, EMPTY, BatchOptions(size=6))
    validation = {"hands": fit, "empty": EMPTY.batch(torch.arange(6))}
    return JointTrainer(students, maker, validation, folder, options)


SIZES = [("large", 224), ("small", 160)]


def test_all_students_are_trained_and_measured(tmp_path, small_network):
    lines = []
    one = trainer(tmp_path, small_network)
    before = [student.network.weights["landmarks/weight"].clone() for student in one.students]
    assert one.run(lines.append)
    for student, weight in zip(one.students, before, strict=True):
        assert not torch.equal(weight, student.network.weights["landmarks/weight"])
    curve = json.loads((tmp_path / "curve.json").read_text())
    assert [(e["student"], e["step"]) for e in curve] == [
        (name, step) for step in (0, 3, 6) for name in ("large", "small")
    ]
    assert curve[0]["hands"]["mean"] > 0
    assert 0 <= curve[-1]["empty"]["accepted"] <= 100
    assert len(lines) == 6


def test_a_stopped_training_goes_on_and_a_finished_one_does_nothing_more(tmp_path, small_network):
    first = trainer(tmp_path, small_network)
    steps = []

    class StopError(Exception):
        pass

    def stop(step):
        steps.append(step)
        if step == 4:
            raise StopError

    with pytest.raises(StopError):
        first.run(lambda _: None, on_step=stop)
    second = trainer(tmp_path, small_network)
    assert second.progress == 0.5, "the checkpoint is the last validation's"
    assert second.run(lambda _: None, on_step=steps.append)
    assert steps == [1, 2, 3, 4, 4, 5, 6]
    third = trainer(tmp_path, small_network)
    assert third.progress == 1
    assert third.run(lambda _: None)
    for student, same in zip(second.students, third.students, strict=True):
        assert torch.equal(student.mean["bridge"].bias, same.mean["bridge"].bias)


def test_no_time_left_stops_it_at_once(tmp_path, small_network):
    assert not trainer(tmp_path, small_network).run(lambda _: None, stop_after_s=0.0)


def test_a_training_can_be_told_to_end_with_this_call(tmp_path, small_network):
    one = trainer(tmp_path, small_network, replace(OPTIONS, seconds=0.0, steps=0))
    one.finish_within(1e-3)
    assert one.run(lambda _: None)
    assert one.step == 1
    one.finish_within(1e-3)
    assert one.run(lambda _: None), "a later call trains on"
    assert one.step == 2


@pytest.mark.parametrize("ends", [False, True])
def test_a_call_leaves_room_for_the_last_validation(tmp_path, small_network, monkeypatch, ends):
    one = trainer(tmp_path, small_network)
    if ends:
        one.finish_within(100.0)
    clock = iter(range(10**6))
    monkeypatch.setattr(joint_train.time, "monotonic", lambda: float(next(clock)))
    check = one._check
    took = []

    def slow(report):
        for _ in range(50):
            next(clock)
        took.append(1)
        check(report)
        one._check_s = 50.0

    monkeypatch.setattr(one, "_check", slow)
    assert one.run(lambda _: None, stop_after_s=100.0) == ends, "the learning rate has fallen to 0 or not"
    assert len(took) == 2, "the first and the last"
    assert next(clock) < 130


def test_a_training_that_diverges_ends_with_a_sentence_and_keeps_its_checkpoint(tmp_path, small_network):
    one = trainer(tmp_path, small_network)

    def diverge(step):
        if step == 2:
            one.students[1].losses.append(torch.tensor(math.nan))

    with pytest.raises(ConfigurationError, match="small is no longer a number after 3 batches"):
        one.run(lambda _: None, on_step=diverge)
    assert trainer(tmp_path, small_network).step == 0


def test_a_measurement_says_how_far_off_hands_are():
    _, labels = HANDS.batch(torch.arange(12))
    found = {**labels, "landmarks": labels["landmarks"].clone()}
    found["landmarks"][:6, ::3] += 60
    result = measure(found, labels)
    assert result["accepted"] == 100
    assert result["mean"] > 15
    assert measure(labels, labels)["mean"] == 0
