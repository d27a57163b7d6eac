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

"""Hands of videos in scenes that change, and compositions that follow them."""

from __future__ import annotations

import numpy as np
import pytest
from support.crops import smooth_crops

from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.composition import dynamic
from hand_tracking_dsp.compression.composition import recording as recording_module
from hand_tracking_dsp.compression.composition.dynamic import (
    SingleComposition,
    by_scene,
    compare_on_recording,
    told_as,
)
from hand_tracking_dsp.compression.composition.meter import CompositionMeter
from hand_tracking_dsp.compression.composition.recording import SceneRecording, told_scenes
from hand_tracking_dsp.compression.composition.scenes import scene_crops
from hand_tracking_dsp.control.layers.agent import LayerAgent
from hand_tracking_dsp.control.layers.scene import BLURRED, DARK, OCCLUDED, PLAIN
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import default_bank, default_layer_agent
from hand_tracking_dsp.tracking.composition.block_set import BlockSet
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.composition.surrogate import SCENES
from hand_tracking_dsp.tracking.manifest import read_manifest

INPUTS = [(0.5, 0.2)] * len(SCENES)


@pytest.fixture(scope="module")
def blocks() -> BlockSet:
    return BlockSet.read(read_manifest(default_bank()), "int8")


@pytest.fixture(scope="module")
def agent(blocks: BlockSet) -> LayerAgent:
    bank = read_manifest(default_bank())
    return LayerAgent.load(default_layer_agent(), bank, CompositionProfile.of(blocks, bank.levels[0]))


def test_a_scene_is_told_once_it_has_lasted() -> None:
    random = np.random.default_rng(0)
    light = random.integers(0, 256, (30, 224, 224, 3), np.uint8)
    told = told_scenes(np.concatenate([light, light // 8]))
    assert set(told[:30]) == {PLAIN}
    assert set(told[30:36]) == {PLAIN}
    assert set(told[40:]) == {DARK}


def test_every_stretch_is_shown_in_every_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_module, "SEGMENT_S", 0.2)
    dense = read_level(read_manifest(default_bank()))[1]
    found = SceneRecording.make(smooth_crops(5, 0).images, dense, 0)
    assert found.shown.tolist() == [0, 0, 1, 1, 2, 2, 3, 3] * 2
    assert found.segments.tolist() == [number for number in range(8) for _ in range(2)]
    assert len(found.images) == len(found.expected.landmarks) == len(found.told) == 16


def test_videos_without_enough_hands_are_refused() -> None:
    dense = read_level(read_manifest(default_bank()))[1]
    with pytest.raises(ConfigurationError, match=r"show hands for 0\.5 s, less than a scene lasts"):
        SceneRecording.make(smooth_crops(5, 0).images, dense, 0)
    with pytest.raises(ConfigurationError, match="show no hand"):
        SceneRecording.make(smooth_crops(5, 0).images[:0], dense, 0)


def test_compositions_of_scenes_take_the_energy_on_average(agent: LayerAgent) -> None:
    first, other = by_scene(agent, INPUTS, 0.8, [(PLAIN, OCCLUDED), (BLURRED, DARK)])
    assert (first.time + other.time) / 2 <= 0.8 + 1e-6


def test_what_cannot_be_told_counts_as_plain() -> None:
    assert [told_as(scene) for scene in (PLAIN, BLURRED, DARK, OCCLUDED)] == [PLAIN, BLURRED, DARK, PLAIN]


def test_both_take_the_same_energy_on_a_recording(
    agent: LayerAgent, blocks: BlockSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_module, "SEGMENT_S", 0.1)
    monkeypatch.setattr(dynamic, "ENERGIES", (0.8,))
    dense = read_level(read_manifest(default_bank()))[1]
    recording = SceneRecording.make(smooth_crops(1, 0).images, dense, 0)
    meter = CompositionMeter.make(blocks, dense, scene_crops(smooth_crops(1, 1), 0))
    singles = np.random.default_rng(0).uniform(0.0, 5.0, (16, 5, 4))
    best = SingleComposition(agent, INPUTS, singles, meter)
    rows = compare_on_recording(agent, INPUTS, best, blocks, recording)
    (row,) = rows
    assert 0.4 < row.time <= 0.8 + 1e-6
    assert all(0.0 <= one <= 50.0 for one in (row.single, row.dynamic))
