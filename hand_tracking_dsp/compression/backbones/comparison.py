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

"""AKPERL against the other methods, pair by pair: pairs are backbones and data sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.compression.backbones.results import METHODS, BackboneResult, PrunedBackbone
from hand_tracking_dsp.evaluation.statistics import PairedTest, holm

OURS = "AKPERL"


@dataclass(frozen=True, slots=True)
class BackboneComparison:
    """AKPERL's accuracy less another method's.

    Attributes:
        method: The other method.
        test: Paired test over backbones and data sets, of means over seeds: their seeds share a dense network
            and pictures. In percentage points.
        p: P value of the t-test, corrected for the number of methods by Holm's procedure.
    """

    method: str
    test: PairedTest
    p: float


def compare_methods(results: Sequence[BackboneResult]) -> list[BackboneComparison]:
    """Compare AKPERL with every other method; differences of fewer than two pairs have no p value."""

    def percent(method: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([100 * mean_of(result.of(method), lambda one: one.accuracy) for result in results])

    others = [method for method in METHODS if method != OURS]
    tests = [PairedTest.of(percent(OURS), percent(method)) for method in others]
    corrected = holm([test.t_p for test in tests])
    return [BackboneComparison(*one) for one in zip(others, tests, corrected, strict=True)]


def mean_of(networks: Sequence[PrunedBackbone], figure: Callable[[PrunedBackbone], float]) -> float:
    """Return the mean of a figure over networks."""
    return float(np.mean([figure(one) for one in networks]))
