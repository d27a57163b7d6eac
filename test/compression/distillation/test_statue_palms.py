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

"""A palm detector trained on statues."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.compression.bank.files import read_model
from hand_tracking_dsp.compression.distillation import statue_palms
from hand_tracking_dsp.compression.distillation.distill import DistillationOptions
from hand_tracking_dsp.compression.distillation.statue_palms import MISSED, train_detector
from hand_tracking_dsp.compression.distillation.train import DistillationTrainingOptions
from hand_tracking_dsp.compression.onnx_graph import parse_model
from hand_tracking_dsp.compression.palm.detector import open_detector
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import read_manifest

TRAINING = DistillationTrainingOptions(steps=2, batch=2, learning_rate=1e-7, warmup=1, check_every=1)
OPTIONS = DistillationOptions(samples=4, workers=1, training=TRAINING)


@pytest.fixture
def trained(monkeypatch, in_this_process, tmp_path):  # noqa: ARG001 (usefixtures does nothing for fixtures)
    monkeypatch.setattr(statue_palms, "_VALIDATION", 2)
    lines = []

    def train():
        return train_detector(default_bank(), tmp_path, OPTIONS, lambda *line: lines.append(line)), lines

    return train


def test_it_becomes_an_int8_detector_that_runs_and_says_where_it_comes_from(trained):
    detector, _ = trained()
    old = read_manifest(default_bank()).detector("")
    assert (detector.info.name, detector.info.precision) == (old.name, "int8")
    assert detector.info.source["sha256"] == old.computes
    assert [(one.metric, one.value) for one in detector.info.accuracy] == [(MISSED, detector.after)]
    opened = open_detector(parse_model(detector.data, "new"), "new")
    assert opened.detect(np.zeros((48, 64, 3), np.uint8)) == []
    before = read_model(read_manifest(default_bank()), old)
    assert detector.data != before.SerializeToString()


def test_it_goes_on_where_it_was_stopped(trained):
    (first, _), (again, lines) = trained(), trained()
    assert again.data == first.data
    steps = [line[1] for line in lines if line[0] == "training the palm detector"]
    assert steps == [0, 1, 2, 2]
