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

"""The least error within a latency."""

from __future__ import annotations

import itertools

import numpy as np
import onnx
import pytest

from hand_tracking_dsp.compression.bank.model_size import count_parameters
from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.pruning.allocation import allocate
from hand_tracking_dsp.compression.pruning.block_latency import LatencyTable
from hand_tracking_dsp.compression.pruning.sensitivity import Sensitivity
from hand_tracking_dsp.compression.pruning.widths import rounded_width, widths
from hand_tracking_dsp.errors import ConfigurationError

BASE = 2.0
DEVIATION = {
    "stem": {8: 9.0, 16: 4.0, 24: 2.0, 32: 1.9},
    "block01": {0: 3.0, 8: 2.6, 16: 2.2, 24: 2.0, 32: 1.7},
    "block02": {8: 5.0, 16: 3.0, 24: 2.0, 32: 1.2},
    "block03": {8: 8.0, 16: 6.0, 24: 2.0, 32: 1.0},
}
MS = {"stem": 2.0, "block01": 1.0, "block02": 0.6, "block03": 0.2}


@pytest.fixture
def sensitivity(network: onnx.ModelProto) -> Sensitivity:
    return Sensitivity(read_blocks(network), count_parameters(network), BASE, DEVIATION)


@pytest.fixture
def latency() -> LatencyTable:
    blocks = {name: {width: ms * width / 32 for width in DEVIATION[name]} for name, ms in MS.items()}
    return LatencyTable(reference_ms=10.0, whole_ms=5.0, blocks=blocks)


def best(sensitivity: Sensitivity, latency: LatencyTable, target: float, limit: float = np.inf) -> float:
    """Try every choice."""
    found = np.inf
    for choice in itertools.product(*map(widths, sensitivity.blocks)):
        pairs = list(zip(sensitivity.blocks, choice, strict=True))
        saved = sum(latency.saved_ms(block.name, width) for block, width in pairs)
        parameters = sensitivity.parameters - sum(
            (block.channels - width) * block.parameters_each if width else block.parameters
            for block, width in pairs
        )
        square = BASE**2 + sum(DEVIATION[block.name][width] ** 2 - BASE**2 for block, width in pairs)
        if latency.whole_ms - saved <= target * latency.reference_ms + 1e-9 and parameters <= limit:
            found = min(found, square)
    return float(np.sqrt(max(found, 0)))


@pytest.mark.parametrize("target", [0.49, 0.42, 0.35, 0.28, 0.25])
def test_no_other_choice_is_better(sensitivity: Sensitivity, latency: LatencyTable, target: float) -> None:
    found = allocate(sensitivity, latency, target)
    assert found.latency <= target + 1e-9
    assert found.deviation == pytest.approx(best(sensitivity, latency, target), abs=1e-6)
    assert found.keep == {name: width / 32 for name, width in found.channels.items()}


def test_where_there_is_time_nothing_leaves(sensitivity: Sensitivity, latency: LatencyTable) -> None:
    found = allocate(sensitivity, latency, 1.0)
    assert set(found.keep.values()) == {1.0}
    assert found.parameters == sensitivity.parameters


def test_a_limit_on_parameters_is_kept(sensitivity: Sensitivity, latency: LatencyTable) -> None:
    limit = int(0.6 * sensitivity.parameters)
    found = allocate(sensitivity, latency, 0.45, limit)
    assert found.parameters <= limit
    # A price for each parameter finds most choices, not all.
    assert found.deviation <= 1.3 * best(sensitivity, latency, 0.45, limit)


def test_says_which_latency_can_be_reached(sensitivity: Sensitivity, latency: LatencyTable) -> None:
    with pytest.raises(ConfigurationError, match=r"latency of 0\.05 .* choose 0\.19 or more"):
        allocate(sensitivity, latency, 0.05)


def test_says_how_few_parameters_can_be_reached(sensitivity: Sensitivity, latency: LatencyTable) -> None:
    with pytest.raises(ConfigurationError, match="cannot be pruned to 10 parameters: allow"):
        allocate(sensitivity, latency, 1.0, 10)


def test_widths_are_groups_of_channels(network: onnx.ModelProto) -> None:
    stem, residual = read_blocks(network)[:2]
    assert widths(stem) == [8, 16, 24, 32]
    assert widths(residual) == [0, 8, 16, 24, 32]
    assert [rounded_width(stem, share) for share in (0.0, 0.01, 0.6, 1.0)] == [8, 8, 16, 32]
    assert [rounded_width(residual, share) for share in (0.0, 0.01)] == [0, 8]
