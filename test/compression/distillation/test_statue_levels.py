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

"""Levels trained on statues: what is written, and that it goes on where it was stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hand_tracking_dsp.compression.bank.entries import new_bank, new_level, numbered
from hand_tracking_dsp.compression.bank.export_checks import ExportLimit
from hand_tracking_dsp.compression.bank.files import read_files, write_bank
from hand_tracking_dsp.compression.distillation import statue_levels
from hand_tracking_dsp.compression.distillation.distill import DistillationOptions
from hand_tracking_dsp.compression.distillation.statue_levels import StatueTrainer
from hand_tracking_dsp.compression.distillation.train import DistillationTrainingOptions
from hand_tracking_dsp.compression.statues.measure import ERROR, UnseenHands
from hand_tracking_dsp.depth import statue
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.contract import BYTE_INPUT
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.operating_point import PointInfo

SAMPLES = 32
TRAINING = DistillationTrainingOptions(
    steps=4, batch=8, learning_rate=1e-3, warmup=1, check_every=2, alpha=0.0, exact=True
)
OPTIONS = DistillationOptions(samples=SAMPLES, workers=1, training=TRAINING, frozen="")


@pytest.fixture(autouse=True)
def quickly(monkeypatch, in_this_process):  # noqa: ARG001 (usefixtures does nothing for fixtures)
    monkeypatch.setattr(statue_levels, "_VALIDATION", 4)
    monkeypatch.setattr(statue_levels, "CHECKED", 2)
    # In palms that a network sees whose weights are random.
    monkeypatch.setattr(statue_levels, "ROUNDED", ExportLimit(1e3, "% of palm", 0.05))


@pytest.fixture
def bank(small_network, tmp_path):
    files = {f"{name}.onnx": small_network(seed).SerializeToString() for seed, name in enumerate(("a", "b"))}
    levels = [new_level(name[0], name, data, parameters=9, macs=9) for name, data in files.items()]
    made = new_bank("small", "Apache-2.0", "a test", levels)
    # Points that were measured with colour images: a bank of statues has none of them.
    points = (PointInfo(level=0, gate=0, search_interval_s=0, cost=1),)
    write_bank(tmp_path / "bank", replace(made, operating_points=points), files)
    return tmp_path / "bank"


def trainer(bank, options=OPTIONS, lines=None):
    lines = [] if lines is None else lines
    return StatueTrainer(
        bank, bank.with_name("work"), options, UnseenHands(8), lambda *line: lines.append(line)
    )


def test_a_bank_of_int8_files_says_what_they_were_made_from_and_how_far_they_are_off(bank, tmp_path):
    training = trainer(bank)
    assert training.choose_levels(None) == [0, 1]
    samples = training.prepare()
    assert len(samples) == SAMPLES
    results = [training.train(index, samples) for index in (1, 0)]
    written = training.write(tmp_path / "out")
    assert written == read_manifest(tmp_path / "out")
    assert written.schema == BYTE_INPUT
    assert not written.operating_points
    assert [(level.name, level.precision) for level in written.levels] == [("a", "int8"), ("b", "int8")]
    assert set(read_files(written)) == {"a_int8.onnx", "b_int8.onnx"}
    old = read_manifest(bank)
    for level, before in zip(written.levels, old.levels, strict=True):
        assert level.source["sha256"] == before.sha256
        assert level.source["steps"] == TRAINING.steps
    (result,) = (one.after["unseen people"] for one in results if one.name == "a")
    first = written.levels[0].accuracy[0]
    assert (first.metric, first.samples) == (ERROR, result.hands)
    assert first.value == pytest.approx(result.shape_mm, abs=1e-3)


def test_it_goes_on_where_it_was_stopped(bank, tmp_path):
    training = trainer(bank)
    training.train(0, training.prepare())
    one = training.write(tmp_path / "one")
    lines = []
    again = trainer(bank, lines=lines)
    again.train(0, again.prepare())
    assert again.write(tmp_path / "two").levels == one.levels
    assert [line[1] for line in lines if line[0] == "level 0: training"] == [TRAINING.steps]


def test_samples_drawn_otherwise_are_not_trained_on(bank, monkeypatch):
    (before,) = trainer(bank).prepare().folders
    assert trainer(bank).prepare().folders == (before,)
    monkeypatch.setattr(statue, "_AMBIENT", 0.4)
    assert trainer(bank).prepare().folders != (before,)


def test_training_brings_the_joints_nearer(bank):
    options = replace(OPTIONS, training=replace(TRAINING, steps=60, learning_rate=1e-2))
    training = trainer(bank, options)
    result = training.train(0, training.prepare())
    assert result.after["unseen people"].shape_mm < result.before.shape_mm


@pytest.mark.parametrize("wanted", [[2], [-1], []])
def test_levels_that_are_not_there_are_refused(bank, wanted):
    with pytest.raises(ConfigurationError, match=r"cannot be trained on statues: in fp32 the bank has 0, 1"):
        trainer(bank).choose_levels(wanted)


def test_levels_in_int8_cannot_be_begun_with(bank):
    old = read_manifest(bank)
    files = read_files(old)
    levels = numbered(replace(level, precision="int8") for level in old.levels)
    write_bank(bank.with_name("int8"), replace(old, levels=levels), files)
    with pytest.raises(ConfigurationError, match="in fp32 the bank has none"):
        trainer(bank.with_name("int8")).choose_levels(None)
