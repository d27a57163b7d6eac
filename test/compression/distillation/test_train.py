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

"""Training a student, and going on after a stop."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from hand_tracking_dsp.compression.distillation import train
from hand_tracking_dsp.compression.distillation.network import OnnxNetwork
from hand_tracking_dsp.compression.distillation.train import DistillationTrainingOptions, Trainer
from hand_tracking_dsp.errors import ConfigurationError

OPTIONS = DistillationTrainingOptions(
    steps=12, batch=8, learning_rate=0.03, warmup=2, average=0.5, check_every=4
)


@pytest.fixture(autouse=True)
def few_samples(monkeypatch):
    """The bridge between features is fitted on as many samples as these tests have."""
    monkeypatch.setattr(train, "_MAP_SAMPLES", 64)


@pytest.fixture
def validation(hands):
    return {"synthetic": hands.batch(np.arange(8))}


def training(small_network, hands, validation, folder, options=OPTIONS, seed=0):
    return Trainer(OnnxNetwork(small_network(seed)), hands, validation, folder, options)


def weights(network):
    return {name: value.numpy() for name, value in network.state_dict().items()}


def test_a_few_steps_bring_the_student_nearer(small_network, hands, validation, tmp_path):
    trainer = training(small_network, hands, validation, tmp_path)
    lines = []
    trainer.run(lambda done, of, line: lines.append((done, of, line)))
    curve = json.loads((tmp_path / "curve.json").read_text(encoding="utf-8"))
    assert [entry["step"] for entry in curve] == [0, 4, 8, 12]
    assert curve[-1]["loss"] < 0.95 * curve[1]["loss"]
    assert curve[-1]["synthetic"] < curve[0]["synthetic"]
    assert [line[:2] for line in lines] == [(0, 12), (4, 12), (8, 12), (12, 12)]


def test_the_same_seed_gives_the_same_network(small_network, hands, validation, tmp_path):
    first, again = (training(small_network, hands, validation, tmp_path / name).run() for name in "ab")
    for name, values in weights(first).items():
        np.testing.assert_array_equal(values, weights(again)[name])


def test_goes_on_where_it_was_stopped(small_network, hands, validation, tmp_path):
    class StoppedError(Exception):
        pass

    def stop(done, _of, _line):
        if done == 8:
            raise StoppedError

    for name in "ab":
        with pytest.raises(StoppedError):
            training(small_network, hands, validation, tmp_path / name).run(stop)
    ends = []
    for name in "ab":
        trainer = training(small_network, hands, validation, tmp_path / name)
        steps = []
        ends.append(weights(trainer.run(lambda done, _of, _line, steps=steps: steps.append(done))))
        assert steps == [8, 12]
        assert [entry["step"] for entry in trainer.curve] == [0, 4, 8, 12]
    for name, values in ends[0].items():
        np.testing.assert_array_equal(values, ends[1][name])


def test_what_is_finished_is_only_read(small_network, hands, validation, tmp_path):
    first = training(small_network, hands, validation, tmp_path).run()
    again = training(small_network, hands, validation, tmp_path, seed=5).run()
    for name, values in weights(first).items():
        np.testing.assert_array_equal(values, weights(again)[name])


def test_a_checkpoint_of_another_student_is_refused(small_network, hands, validation, tmp_path):
    training(small_network, hands, validation, tmp_path, replace(OPTIONS, steps=1)).run()
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    state["pupil"] = {"something else": torch.zeros(1)}
    torch.save(state, tmp_path / "checkpoint.pt")
    with pytest.raises(
        ConfigurationError, match=r"is not of this student .*: delete its folder or choose another"
    ):
        training(small_network, hands, validation, tmp_path)


@pytest.mark.parametrize("content", [b"", b"no checkpoint"])
def test_a_damaged_checkpoint_is_refused_likewise(small_network, hands, validation, tmp_path, content):
    (tmp_path / "checkpoint.pt").write_bytes(content)
    with pytest.raises(ConfigurationError, match="is not of this student"):
        training(small_network, hands, validation, tmp_path)


def test_features_of_another_width_are_bridged(small_network, hands, validation, tmp_path):
    trainer = training(small_network, hands, validation, tmp_path)
    teacher_width = hands.batch(np.array([0]))[1]["features"].shape[1]
    assert trainer.student.feature_width != teacher_width
    assert trainer._bridge.weight.shape == (teacher_width, trainer.student.feature_width)
