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

"""AKPERL's accuracy against that of the other methods."""

import math

import pytest

from hand_tracking_dsp.compression.backbones.comparison import compare_methods
from hand_tracking_dsp.compression.backbones.results import METHODS, BackboneResult, PrunedBackbone

GAINS = {"none": 0.02, "L1": -0.05, "magnitude": -0.04, "random": 0.0, "AKPERL": 0.0}


def result(name, seed, accuracy):
    networks = [
        PrunedBackbone(method, seed, (0.5,), 0.45, 0.55, 0.1, accuracy + gain)
        for method, gain in GAINS.items()
    ]
    return BackboneResult(name, "signs", 100, 1000, ["conv"], [7], networks)


def test_results_of_seeds_are_merged_and_found_by_method():
    merged = BackboneResult.merged([result("a", 0, 0.8), result("a", 1, 0.9)])
    assert [one.seed for one in merged.of("AKPERL")] == [0, 1]
    assert merged.evaluations == [7, 7]
    assert len(merged.networks) == 2 * len(METHODS)


def test_differences_are_of_means_over_seeds_and_pairs_are_backbones_and_sets():
    merged = [
        BackboneResult.merged([result(name, 0, level), result(name, 1, level + 0.02)])
        for name, level in (("a", 0.8), ("b", 0.9), ("c", 0.7))
    ]
    found = {one.method: one for one in compare_methods(merged)}
    assert set(found) == set(METHODS) - {"AKPERL"}
    assert found["L1"].test.difference.value == pytest.approx(5)
    assert found["none"].test.difference.value == pytest.approx(-2)
    assert found["L1"].p < 0.01
    assert found["random"].p == 1


def test_one_pair_has_no_p_value():
    assert all(math.isnan(one.p) for one in compare_methods([result("a", 0, 0.8)]))
