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

"""Feedback on networks that are pruned and not fine-tuned."""

import pytest

pytest.importorskip("torch_pruning", reason="Torch-Pruning is not installed: make setup-lab adds it")

from support.signs import draw_signs

from hand_tracking_dsp.compression.backbones.layers import SIDE, PrunableNetwork
from hand_tracking_dsp.compression.backbones.networks import NETWORKS
from hand_tracking_dsp.compression.backbones.pruning_task import PruningTask
from hand_tracking_dsp.compression.backbones.sign_sets import SignSet, read_signs


@pytest.fixture(scope="module")
def signs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signs")
    draw_signs(folder)
    return read_signs(folder, SIDE, 0, 0)


@pytest.fixture(scope="module")
def task(signs):
    return PruningTask(PrunableNetwork(NETWORKS["squeezenet"](3)), signs, 8)


def test_feedback_of_the_dense_network_is_full_power_and_its_inputs(task):
    found = task.evaluate((0.0,) * len(task.network.layers))
    assert found.power == 1
    assert 0 <= found.accuracy <= 1
    assert found.inputs.shape == (len(task.network.layers), 2)
    assert (found.inputs[:, 1] > 0).all()


def test_what_was_evaluated_is_not_evaluated_again(task):
    shares = (0.5,) * len(task.network.layers)
    first = task.evaluate(shares)
    assert task.evaluate(shares) is first
    assert first.power == task.network.size_of(shares).macs / task.network.size.macs < 1


def test_figures_are_shares(task):
    figures = task.figures()
    assert figures.shape == (len(task.network.layers), 2)
    assert figures.sum(axis=0) == pytest.approx([1, 1])


def test_the_agent_never_sees_the_test_part(signs):
    hidden = SignSet(signs.name, signs.classes, signs.split_by, signs.groups, {**signs.parts, "test": None})
    blind = PruningTask(PrunableNetwork(NETWORKS["squeezenet"](3)), hidden, 8)
    assert blind.evaluate((1.0,) * len(blind.network.layers)).power < 1
