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

"""Candidates for levels: their sizes, heads of other sizes, and which no other dominates."""

from __future__ import annotations

import numpy as np
import pytest
from support.networks import write_small_bank

from hand_tracking_dsp.compression.bank.deviation import deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.compression.search.front import CandidateStudy, candidates_of, front_of
from hand_tracking_dsp.tracking.manifest import read_manifest

SIZES = [InputSize(160, 160), InputSize(192, 224), InputSize(224, 224)]


def crops(count, seed):
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 14, 14, 3), np.uint8)
    images = coarse.repeat(16, 1).repeat(16, 2)
    return Crops(images, ("a",) * count, tuple(f"a/{number % 8}" for number in range(count)))


def test_what_another_beats_in_both_is_not_on_the_front():
    points = [(0.5, 1.0), (0.3, 2.0), (0.4, 2.5), (0.3, 2.0), (0.2, 9.0), (0.5, 1.1)]
    assert front_of(points) == [True, True, False, True, True, False]


def test_every_level_comes_in_every_size(tmp_path):
    write_small_bank(tmp_path)
    names = [one.name for one in candidates_of(read_manifest(tmp_path), SIZES)]
    assert names == ["dense@160", "dense@192/224", "dense@224", "small@160", "small@192/224", "small@224"]


def test_heads_are_refitted_where_the_size_is_another(tmp_path):
    write_small_bank(tmp_path)
    bank = read_manifest(tmp_path)
    _, dense = read_level(bank)
    measured = {"hands": crops(16, 1)}
    study = CandidateStudy(dense, crops(160, 0), measured, {"empty": crops(4, 2)})
    small, middle, whole = candidates_of(bank, SIZES)[:3]
    figures, network = study.measure(small, bank)
    plain = small.size.of(dense)
    expected = predict(open_exact(dense), measured["hands"].images)
    before = deviation_palm_percent(predict(open_exact(plain), measured["hands"].images), expected).mean()
    assert figures.deviation["hands"] < 0.9 * before
    assert network.graph.input[0].type.tensor_type.shape.dim[2].dim_value == 160
    of_middle, network = study.measure(middle, bank)
    assert figures.macs < of_middle.macs
    assert network.graph.input[0].type.tensor_type.shape.dim[2].dim_value == 224
    same, _ = study.measure(whole, bank)
    assert figures.macs < same.macs
    assert same.deviation["hands"] == pytest.approx(0, abs=1e-4)
    assert same.accepted["empty"] == 100


def test_networks_are_timed_beside_the_dense_one(network, held_back):
    study = CandidateStudy(network, held_back, {"hands": held_back}, {})
    for precision in ("fp32", "int8"):
        dense_ms, others = study.time([network], precision, 2)
        assert dense_ms > 0
        assert len(others) == 1
        assert others[0] > 0
