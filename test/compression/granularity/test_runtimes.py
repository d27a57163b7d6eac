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

"""Gains on runtimes."""

from __future__ import annotations

import math

import numpy as np
import onnx
import pytest

from hand_tracking_dsp.compression.granularity import runtimes
from hand_tracking_dsp.compression.granularity.runtimes import (
    RUNTIMES,
    TimeRatios,
    file_sizes,
    installed_runtimes,
    peak_memory_mib,
    time_ratios,
)
from hand_tracking_dsp.compression.granularity.variants import AREAS, CHANNEL, GranularPruner


def test_what_lies_within_the_noise_gains_nothing() -> None:
    found = TimeRatios(0.05, ((0.9, 0.96, 1.2, 0.8), (0.8, 0.9, 1.0, 0.96)))
    assert found.ratios == pytest.approx((0.85, 0.93, 1.1, 0.88))
    assert found.gains == (pytest.approx(0.15), 0.0, 0.0, 0.0)


def test_noise_is_what_copies_of_the_dense_network_differ_by(
    narrow: onnx.ModelProto, monkeypatch: pytest.MonkeyPatch
) -> None:
    p50_ms = np.array([10.0, 10.2, 9.0, 10.0, 10.1, 5.0])
    monkeypatch.setattr(runtimes, "_medians_ms", lambda *_: p50_ms)
    found = time_ratios(RUNTIMES[0], narrow, [narrow], 1)
    assert found.noise == pytest.approx(0.1)
    assert found.ratios == (0.5,)


def test_every_installed_runtime_times_a_network(narrow: onnx.ModelProto) -> None:
    assert RUNTIMES[0] in installed_runtimes()
    for runtime in installed_runtimes():
        (ratio,) = time_ratios(runtime, narrow, [narrow], 1).ratios
        assert ratio > 0


def test_zeros_are_zipped_and_channels_are_gone(pruner: GranularPruner) -> None:
    dense = file_sizes(pruner.network({}))
    sparse = file_sizes(pruner.network(dict.fromkeys(AREAS, "2:4")))
    fewer = file_sizes(pruner.network(dict.fromkeys(AREAS, CHANNEL)))
    assert sparse[0] == pytest.approx(dense[0], rel=0.02)
    assert sparse[1] < 0.9 * dense[1]
    assert fewer[0] < 0.9 * dense[0]


def test_memory_is_that_of_a_process_that_runs_the_network(narrow: onnx.ModelProto) -> None:
    peak = peak_memory_mib({"dense": narrow})["dense"]
    assert math.isnan(peak) or peak > 10
