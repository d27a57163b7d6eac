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

from support.signs import draw_signs

from hand_tracking_dsp.compression.backbones import study
from hand_tracking_dsp.compression.backbones.layers import SIDE
from hand_tracking_dsp.compression.backbones.sign_sets import read_signs

OPTIONS = study.BackboneOptions(epochs=1, tuning_epochs=1, sparsity=0.3, seeds=2, feedback=8, runs=2)


@pytest.fixture(scope="module")
def signs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signs")
    draw_signs(folder)
    return read_signs(folder, SIDE, 0, 0)


def test_every_method_is_measured_at_the_agents_sparsity(signs):
    asked = []

    def agent(task, sparsity, seed, on_progress):
        on_progress(1, 1)
        asked.append((sparsity, seed))
        return tuple(0.5 if i % 2 else 0.0 for i in range(len(task.network.layers)))

    told = []
    result = study.study_backbone(
        "mobilenet-v3", signs, OPTIONS, agent, on_progress=lambda *one: told.append(one)
    )
    assert asked == [(0.3, 0), (0.3, 1)]
    assert [(one.method, one.seed) for one in result.networks] == [
        (method, seed) for seed in (0, 1) for method in study.METHODS
    ]
    none, *pruned = result.networks[:4]
    assert (none.sparsity, none.macs) == (0.0, 1.0)
    assert all(0 < one.macs < 1 for one in pruned)
    assert [one.sparsity for one in pruned] == pytest.approx([pruned[-1].sparsity] * 3, abs=0.03)
    assert all(0 <= one.accuracy <= 1 and one.time_ms > 0 for one in result.networks)
    dense = [one.power for one in result.networks if one.method == "none"]
    assert sum(dense) / len(dense) == pytest.approx(1)
    assert {what.rpartition(": ")[2] for what, _, _ in told} >= {"training", "agent 0", "fine-tuning 1"}
    again = study.BackboneResult.from_dict(result.to_dict())
    assert [one.shares for one in again.networks] == [one.shares for one in result.networks]
