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

"""What the width of each block does."""

from __future__ import annotations

import onnx
import pytest

from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.pruning.prune import prepare
from hand_tracking_dsp.compression.pruning.sensitivity import measure_sensitivity


def test_wider_blocks_deviate_less(network: onnx.ModelProto, crops: Crops, held_back: Crops) -> None:
    found = measure_sensitivity(network, prepare(network, crops), held_back, around=0.75)
    assert [block.name for block in found.blocks] == list(found.deviation)
    for name, row in found.deviation.items():
        assert row[24] == found.base
        assert row[32] < row[8]
        assert (0 in row) == (name == "block01")


def test_around_the_whole_network_nothing_deviates(
    network: onnx.ModelProto, crops: Crops, held_back: Crops
) -> None:
    found = measure_sensitivity(network, prepare(network, crops), held_back, around=1.0, shares=(1.0, 0.5))
    assert found.base == pytest.approx(0, abs=0.1)
    assert all(row[16] > found.base for row in found.deviation.values())
