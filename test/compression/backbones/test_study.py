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

"""Study of a backbone on signs that are quick to learn."""

import pytest

pytest.importorskip("torch_pruning", reason="Torch-Pruning is not installed: make setup-lab adds it")

import torch
from support.signs import draw_signs

from hand_tracking_dsp.compression.backbones import study
from hand_tracking_dsp.compression.backbones.budgets import PruningBudgets
from hand_tracking_dsp.compression.backbones.layers import SIDE
from hand_tracking_dsp.compression.backbones.results import METHODS, BackboneResult
from hand_tracking_dsp.compression.backbones.sign_sets import read_signs

OPTIONS = study.BackboneOptions(
    epochs=1, tuning_epochs=1, budgets=PruningBudgets(0.3, 0.7), feedback=8, runs=2
)


@pytest.fixture(scope="module")
def signs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signs")
    draw_signs(folder)
    return read_signs(folder, SIDE, 0, 0)


@pytest.fixture(scope="module")
def dense(signs, tmp_path_factory):
    return study.dense_backbone("mobilenet-v3", signs, OPTIONS, tmp_path_factory.mktemp("dense") / "one.pt")


def test_a_dense_network_is_trained_once(signs, tmp_path, monkeypatch):
    path, told = tmp_path / "dense.pt", []
    trained = study.dense_backbone("squeezenet", signs, OPTIONS, path, lambda *how_far: told.append(how_far))
    assert told == [(1, 1)]
    monkeypatch.setattr(study, "train_on_signs", None)
    read = study.dense_backbone("squeezenet", signs, OPTIONS, path)
    image = torch.rand(1, 3, SIDE, SIDE)
    with torch.inference_mode():
        assert torch.equal(trained(image), read(image))


def test_every_method_meets_the_budgets_and_is_measured(signs, dense):
    asked, told = [], []

    def searches(task, budgets, seed, on_progress):
        on_progress(1, 1)
        asked.append((budgets, seed))
        count = len(task.network.layers)
        return tuple(0.5 if i % 2 else 0.0 for i in range(count)), (0.25,) * count, 17

    result = study.BackboneStudy("mobilenet-v3", dense, signs, OPTIONS).prune(
        3, searches, on_progress=lambda *one: told.append(one)
    )
    assert asked == [(OPTIONS.budgets, 3)]
    assert [(one.method, one.seed) for one in result.networks] == [(method, 3) for method in METHODS]
    assert result.evaluations == [17]
    none, first, second, random, ours = result.networks
    assert (none.sparsity, none.macs, none.power) == (0.0, 1.0, 1.0)
    for one in (first, second):
        assert one.sparsity > 0.27
        assert one.macs < 0.73
    assert (random.shares[0], ours.shares[:2]) == (0.25, (0.0, 0.5))
    assert all(0 <= one.accuracy <= 1 and one.time_ms > 0 for one in result.networks)
    assert {what.rpartition(": ")[2] for what, _, _ in told} == {"searches", "fine-tuning", "timing"}
    again = BackboneResult.from_dict(result.to_dict())
    assert [one.shares for one in again.networks] == [one.shares for one in result.networks]
