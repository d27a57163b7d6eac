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

"""The device model for people without traces."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.rl.simulation.default_device import default_device
from hand_tracking_dsp.rl.simulation.device import QUANTILES
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return read_manifest(default_bank())


def test_the_default_device_is_made_of_the_bank(manifest: Manifest) -> None:
    device = default_device(manifest)
    assert device.levels == len(manifest.levels)
    assert list(device.level_ms) == sorted(device.level_ms, reverse=True)
    fastest = min(
        profile.p50_ms
        for file in (manifest.levels[0], *manifest.levels[0].variants)
        for profile in file.latency
        if profile.threads == 1 and profile.provider == "onnxruntime/CPUExecutionProvider"
    )
    assert device.level_ms[0] == fastest
    assert device.easy_percent[0] == device.hard_percent[0] == 0.0
    assert all(
        0 < easy < hard for easy, hard in zip(device.easy_percent[1:], device.hard_percent[1:], strict=True)
    )
    assert "invented" in device.source


def test_loaded_states_of_the_default_device_are_slower_than_quiet(manifest: Manifest) -> None:
    quiet, *loaded = default_device(manifest).states
    assert quiet.multipliers[QUANTILES.index(0.5)] == 1.0
    assert 1.0 < quiet.multipliers[QUANTILES.index(0.95)] < quiet.multipliers[QUANTILES.index(0.99)] < 2.0
    for state in loaded:
        assert all(slow > fast for slow, fast in zip(state.multipliers, quiet.multipliers, strict=True))


def test_a_bank_that_was_not_measured_gives_no_device(tiny_bank: Path, manifest: Manifest) -> None:
    with pytest.raises(ModelError, match="no time of dense on one thread"):
        default_device(read_manifest(tiny_bank))
    bare = [replace(one, accuracy=(), variants=()) for one in manifest.levels]
    with pytest.raises(ModelError, match="no deviation_palm_percent of"):
        default_device(replace(manifest, levels=tuple(bare)))
