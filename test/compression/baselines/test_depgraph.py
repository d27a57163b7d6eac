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

"""Torch-Pruning as a baseline."""

import sys

import numpy as np
import pytest

pytest.importorskip("torch_pruning", reason="Torch-Pruning is not installed: make setup-lab adds it")

from hand_tracking_dsp.compression.bank.model_size import count_parameters
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.baselines.depgraph import ROUND_TO, is_installed, prune_by_depgraph
from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.contract import LANDMARKS, check_session


def test_prunes_hidden_channels_and_the_stream_and_keeps_the_contract(model):
    pruned = prune_by_depgraph(model, 0.5)
    session = open_exact(pruned)
    check_session(session, LANDMARKS, "pruned")
    session.run(np.zeros((1, 3, 224, 224), np.float32))
    for before, after in zip(read_blocks(model), read_blocks(pruned), strict=True):
        assert after.channels <= before.channels / 2 + ROUND_TO
        assert after.channels % ROUND_TO == 0
    # Half of a layer's inputs and half of its outputs.
    assert count_parameters(pruned) < 0.35 * count_parameters(model)


def test_the_network_given_stays_as_it_is(lite):
    before = lite.SerializeToString(deterministic=True)
    first, again = (prune_by_depgraph(lite, 0.75).SerializeToString(deterministic=True) for _ in range(2))
    assert first == again
    assert lite.SerializeToString(deterministic=True) == before


def test_keeping_all_changes_nothing(lite):
    assert count_parameters(prune_by_depgraph(lite, 1.0)) == count_parameters(lite)


def test_where_it_is_missing_the_sentence_says_what_to_do(lite, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch_pruning", None)
    assert not is_installed()
    with pytest.raises(ConfigurationError, match=r"Torch-Pruning is not installed: .* make setup-lab"):
        prune_by_depgraph(lite, 0.5)
