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

"""The pruned networks that are compared."""

from types import SimpleNamespace

import pytest

from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.baselines import methods
from hand_tracking_dsp.compression.baselines.methods import (
    METHODS,
    BaselinePruner,
    network_path,
    read_starts,
)
from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.data.synthetic import synthetic_hands
from hand_tracking_dsp.compression.pruning.block_latency import LatencyTable
from hand_tracking_dsp.compression.pruning.prune import prepare, prune
from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.contract import LANDMARKS, check_session


def widths(model):
    return [block.channels for block in read_blocks(model)]


@pytest.fixture(scope="module")
def crops():
    found, _ = synthetic_hands(8)
    return Crops(found.images, found.sources, tuple(map(str, range(8))))


@pytest.fixture
def pruner(lite, crops, mediapipe, tmp_path, monkeypatch):
    """Start from the small network; what takes long and is tested elsewhere is left out."""
    monkeypatch.setattr(methods, "fit_latency", lambda make, *_: (0.5, make(0.5)))
    monkeypatch.setattr(methods, "read_level", lambda _: (None, lite))
    halves = {block.name: 0.5 for block in read_blocks(lite)}
    monkeypatch.setattr(methods, "allocate", lambda *_: SimpleNamespace(keep=halves))
    table = LatencyTable(1.0, 1.0, {name: {8: 0.1, 16: 0.2} for name in halves})
    maker = SimpleNamespace(sensitivity=None, latency=table, targets=None)
    monkeypatch.setattr(methods, "LevelMaker", lambda *_, **__: maker)
    return BaselinePruner(mediapipe, crops, tmp_path)


@pytest.fixture
def unpruned(monkeypatch):
    """Take the dense network for every pruned one; Torch-Pruning is not there."""
    for name in ("cut", "prune"):
        monkeypatch.setattr(methods, name, lambda model, *_: model)
    monkeypatch.setattr(methods, "is_installed", lambda: False)


def test_all_are_pruned_alike_and_kept(pruner, lite, crops, tmp_path, monkeypatch):
    pytest.importorskip("torch_pruning", reason="Torch-Pruning is not installed: make setup-lab adds it")
    targets = prepare(lite, crops)
    monkeypatch.setattr(methods, "prune", lambda model, _, keep: prune(model, targets, keep))
    pruner.prune_all(0.55)
    found = read_starts(tmp_path, [0.55])
    assert list(found) == [f"{method}_550" for method in METHODS]
    for name, one in found.items():
        check_session(open_exact(one.SerializeToString()), LANDMARKS, name)
    uniform = [widths(found[f"{name}_550"]) for name in ("l1", "magnitude", "random")]
    assert uniform[0] == uniform[1] == uniform[2]
    assert sum(uniform[0]) < 0.6 * sum(widths(lite))
    assert len({serialized(one) for one in found.values()}) == len(METHODS)

    # A second call only reads.
    for name in ("cut", "prune", "prune_by_depgraph"):
        monkeypatch.setattr(methods, name, lambda *_: pytest.fail("pruned again"))
    pruner.prune_all(0.55)
    assert read_starts(tmp_path, [0.55]) == found


@pytest.mark.usefixtures("unpruned")
def test_without_torch_pruning_its_network_alone_is_left_out(pruner, tmp_path):
    pruner.prune_all(0.5)
    assert list(read_starts(tmp_path, [0.5])) == ["l1_500", "magnitude_500", "random_500", "ours_500"]


@pytest.mark.usefixtures("unpruned")
def test_networks_that_are_not_pruned_yet_or_damaged_are_named(pruner, tmp_path):
    pruner.prune_all(0.5)
    with pytest.raises(ConfigurationError, match=r"lacks l1_750_start\.onnx: run the stage prune"):
        read_starts(tmp_path, [0.75, 0.5])
    network_path(tmp_path, "closed_form_500").write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"closed_form_500\.onnx is not an ONNX file"):
        read_starts(tmp_path, [0.5])
