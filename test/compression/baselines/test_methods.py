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

"""The networks that are compared."""

from types import SimpleNamespace

import numpy as np
import onnx
import pytest

from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.baselines import methods
from hand_tracking_dsp.compression.baselines.methods import Budget, CandidateMaker, with_steps
from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.data.synthetic import synthetic_hands
from hand_tracking_dsp.compression.distillation import train
from hand_tracking_dsp.compression.distillation.samples import label_images
from hand_tracking_dsp.compression.distillation.teacher import Teacher
from hand_tracking_dsp.compression.distillation.train import DistillationTrainingOptions
from hand_tracking_dsp.compression.pruning.block_latency import LatencyTable
from hand_tracking_dsp.compression.pruning.prune import prepare
from hand_tracking_dsp.compression.quantization.placeholder_ranges import with_any_ranges
from hand_tracking_dsp.tracking.contract import LANDMARKS, check_session

METHODS = ["l1", "magnitude", "random", "depgraph", "closed_form", "ours", "ours_int8"]


class FewSamples:
    """Stands for samples on disk."""

    def __init__(self, images, labels):
        self._images, self._labels = images, labels

    def __len__(self):
        return len(self._images)

    def batch(self, indices):
        return self._images[indices], {name: values[indices] for name, values in self._labels.items()}

    def batches(self, size, seed):
        random = np.random.default_rng(seed)
        while True:
            yield self.batch(random.permutation(len(self))[:size])


def widths(model):
    return [block.channels for block in read_blocks(model)]


@pytest.fixture(scope="module")
def crops():
    found, _ = synthetic_hands(8)
    return Crops(found.images, found.sources, tuple(map(str, range(8))))


@pytest.fixture
def maker(lite, crops, mediapipe, tmp_path, monkeypatch):
    """Start from the small network; what takes long and is tested elsewhere is left out."""
    monkeypatch.setattr(methods, "fit_latency", lambda make, *_: (0.5, make(0.5)))
    monkeypatch.setattr(methods, "read_level", lambda _: (None, lite))
    halves = {block.name: 0.5 for block in read_blocks(lite)}
    monkeypatch.setattr(methods, "allocate", lambda *_: SimpleNamespace(keep=halves))
    table = LatencyTable(1.0, 1.0, {name: {8: 0.1, 16: 0.2} for name in halves})
    maker = SimpleNamespace(sensitivity=None, latency=table, targets=prepare(lite, crops))
    monkeypatch.setattr(methods, "LevelMaker", lambda *_, **__: maker)
    monkeypatch.setattr(methods, "quantize", lambda model, _: with_any_ranges(model))
    monkeypatch.setattr(train, "_MAP_SAMPLES", 64)
    samples = FewSamples(crops.images, label_images(crops.images, Teacher(lite)))
    options = DistillationTrainingOptions(steps=2, batch=2, warmup=1, check_every=2)
    return CandidateMaker(mediapipe, crops, samples, {}, tmp_path, Budget(options))


def test_all_are_made_alike_and_kept(maker, lite, tmp_path):
    pytest.importorskip("torch_pruning", reason="Torch-Pruning is not installed: make setup-lab adds it")
    reports = []
    maker.report = lambda *report: reports.append(report)
    first = list(maker.of_ratio(0.55))
    assert [one.name for one in first] == [f"{m}_550" for m in METHODS[:-1]] + ["ours_550_int8"]
    assert [one.steps for one in first] == [2, 2, 2, 2, 0, 2, 2]
    assert [one.start is not None for one in first] == [True, True, True, True, False, True, False]
    assert {one.family for one in first} == {"baseline", "ours"}
    assert len({one.data for one in first}) == len(METHODS)
    assert any(what == "training ours, distilled at 0.55" and done == 2 for what, done, _, _ in reports)
    for one in first:
        check_session(open_exact(one.data), LANDMARKS, one.name)
    uniform = [
        [block.channels for block in read_blocks(onnx.load_from_string(one.data))] for one in first[:3]
    ]
    assert uniform[0] == uniform[1] == uniform[2]
    assert sum(uniform[0]) < 0.6 * sum(widths(lite))
    assert first[5].parameters == first[6].parameters
    assert first[6].precision == "int8"
    assert len(first[6].data) < 0.6 * len(first[5].data)

    # A second call only reads.
    maker.samples = None
    assert [one.data for one in maker.of_ratio(0.55)] == [one.data for one in first]
    assert len(list((tmp_path / "networks").iterdir())) == len(METHODS) + 4


def test_minutes_become_the_same_steps_for_all(maker, tmp_path):
    maker.budget = Budget(maker.budget.training, minutes=0.02)
    uniform = maker.of_ratio(0.55)
    steps = [next(uniform).steps for _ in range(2)]
    assert steps[0] == steps[1] >= 1
    assert (tmp_path / "steps.json").read_text(encoding="utf-8") == f"{steps[0]}\n"


@pytest.mark.parametrize(("steps", "warmup", "check_every"), [(1, 1, 1), (100, 26, 20), (5000, 200, 1000)])
def test_short_trainings_warm_up_shortly(steps, warmup, check_every):
    found = with_steps(DistillationTrainingOptions(warmup=200), steps)
    assert (found.steps, found.warmup, found.check_every) == (steps, warmup, check_every)
