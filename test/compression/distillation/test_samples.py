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

"""Labelled samples on disk."""

import numpy as np
import pytest

from hand_tracking_dsp.compression.distillation import samples as sampling
from hand_tracking_dsp.compression.distillation.samples import TrainingSamples, label_images, make_samples
from hand_tracking_dsp.compression.distillation.teacher import Teacher

pytestmark = pytest.mark.usefixtures("in_this_process")
FEW = 8


def test_they_depend_on_the_seed_and_their_number_alone(recipe, folder_of_samples, tmp_path):
    make_samples(recipe, FEW, tmp_path, 1)
    again, before = TrainingSamples([tmp_path]), TrainingSamples([folder_of_samples])
    for found, expected in zip(
        _flat(again.batch(np.arange(FEW))), _flat(before.batch(np.arange(FEW))), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_shards_are_whole_and_counted(hands):
    assert len(hands) == 3 * FEW
    images, labels = hands.batch(np.array([0, FEW, 3 * FEW - 1]))
    assert images.shape == (3, 224, 224, 3)
    assert images.dtype == np.uint8
    assert labels["landmarks"].shape == (3, 63)
    assert labels["truth"].shape == (3, 21, 2)


def test_what_is_there_is_not_made_again(recipe, tmp_path, monkeypatch):
    make_samples(recipe, FEW, tmp_path, 1)
    made = []
    monkeypatch.setattr(sampling, "make_shard", lambda path, number, _: made.append((path.name, number)))
    reports = []
    make_samples(recipe, 2 * FEW, tmp_path, 1, lambda done, of: reports.append((done, of)))
    assert made == [("shard-00001", 1)]
    assert reports == [(1, 2), (2, 2)]


def test_a_shard_that_was_not_finished_does_not_count(folder_of_samples, tmp_path):
    (tmp_path / "shard-00000.4711").mkdir()
    (tmp_path / "shard-00001").symlink_to(folder_of_samples / "shard-00001")
    assert len(TrainingSamples([tmp_path])) == FEW


def test_shards_finished_meanwhile_are_taken_in(folder_of_samples, tmp_path):
    (tmp_path / "shard-00000").symlink_to(folder_of_samples / "shard-00000")
    samples = TrainingSamples([tmp_path])
    (tmp_path / "shard-00001").symlink_to(folder_of_samples / "shard-00001")
    samples.refresh()
    assert len(samples) == 2 * FEW


def test_batches_come_in_the_order_of_the_seed(hands):
    first, again, other = (
        [next(batches)[1]["landmarks"] for _ in range(2)]
        for batches in (hands.batches(4, 1), hands.batches(4, 1), hands.batches(4, 2))
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_truth_lies_near_what_the_teacher_sees(hands):
    _, labels = hands.batch(np.arange(len(hands)))
    seen = labels["landmarks"].reshape(-1, 21, 3)[:, :, :2]
    far_px = np.linalg.norm(seen - labels["truth"], axis=2).mean(1)[labels["presence"] > 0.9]
    assert len(far_px) > FEW
    assert np.median(far_px) < 25


def test_labels_of_validation_have_no_truth(hands, teacher):
    images, expected = hands.batch(np.arange(2))
    found = label_images(images, Teacher(teacher))
    np.testing.assert_allclose(found["landmarks"], expected["landmarks"], atol=1e-3)
    assert np.isnan(found["truth"]).all()


def _flat(batch):
    images, labels = batch
    return [images, *(labels[name] for name in sorted(labels))]
