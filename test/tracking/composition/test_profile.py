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

"""What a blocks file says of all networks that can be composed."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.composition.block_set import BlockSet
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.composition.surrogate import SCENES
from hand_tracking_dsp.tracking.manifest import read_manifest

BANK = read_manifest(default_bank())


@pytest.fixture(scope="module")
def blocks() -> BlockSet:
    return BlockSet.read(BANK, "int8")


def test_the_package_s_own_blocks_tell_cost_and_deviation(blocks: BlockSet) -> None:
    profile = CompositionProfile.of(blocks, BANK.levels[0])
    layers = len(blocks.blocks)
    light, heavy = [0] * layers, [2] * layers
    for spared in (profile.time, profile.macs, profile.parameters):
        dense, lighter = profile.left(spared, [light, heavy])
        assert dense == 1.0
        assert 0.2 < lighter < 0.8
    deviations = profile.surrogate.deviation_percent([light, heavy])
    assert (deviations[0] < 3.0).all()
    assert (deviations[1] > 8.0).all()
    assert profile.levels.shape == (len(BANK.levels), len(SCENES))
    assert (np.diff(profile.levels[:, 0]) > 0).all(), "sparser levels deviate more"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({}, "run models compositions"),
        ({"time": np.ones((3, 5))}, r"the shape \(3, 5\)"),
        ({"time": np.ones((16, 5))}, "are more than their network's"),
        ({"time": np.full((16, 5), -5.0)}, "are more than their network's"),
        ({"levels": np.ones(4)}, "Nothing was measured of the bank's levels"),
        ({"centres": np.full((2000, 16), 200, np.uint8)}, "are not all places from 0 to 4: run models"),
        ({"offset": np.ones(1)}, r"offset in the blocks\' file have the shape \(1,\)"),
    ],
)
def test_what_is_missing_in_a_blocks_file_is_said(
    blocks: BlockSet, monkeypatch: pytest.MonkeyPatch, changed: dict[str, np.ndarray], message: str
) -> None:
    arrays = blocks.measured() | changed if changed else {}
    monkeypatch.setattr(BlockSet, "measured", lambda _: arrays)
    with pytest.raises(ModelError, match=message):
        CompositionProfile.of(blocks, BANK.levels[0])
