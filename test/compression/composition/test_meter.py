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

"""Measuring compositions in scenes of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.crops import smooth_crops
from support.work import cluster  # noqa: F401

from hand_tracking_dsp.compression.bank.files import read_level, write_bank
from hand_tracking_dsp.compression.composition import measured
from hand_tracking_dsp.compression.composition.bank_blocks import with_blocks
from hand_tracking_dsp.compression.composition.best import METHODS
from hand_tracking_dsp.compression.composition.measured import measure_compositions, with_compositions
from hand_tracking_dsp.compression.composition.meter import MOST_PERCENT, CompositionMeter, measure_all
from hand_tracking_dsp.compression.composition.scenes import scene_crops
from hand_tracking_dsp.compression.pruning.block_latency import LatencyTable
from hand_tracking_dsp.evaluation.executor import THIS_PROCESS, Executor
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES, BlockSet
from hand_tracking_dsp.tracking.composition.surrogate import SCENES, Surrogate
from hand_tracking_dsp.tracking.manifest import read_manifest


def test_scenes_differ_and_are_the_same_for_the_same_seed() -> None:
    hands = smooth_crops(4, 0)
    found, again, other = (scene_crops(hands, seed) for seed in (1, 1, 2))
    assert tuple(found) == SCENES
    assert np.array_equal(found["plain"], hands.images)
    for name in SCENES[1:]:
        assert found[name].shape == hands.images.shape
        assert np.array_equal(found[name], again[name])
        assert not np.array_equal(found[name], other[name])
        assert not np.array_equal(found[name], hands.images)
    assert found["dark"].mean() < 0.5 * hands.images.mean()
    assert found["blurred"].std() < hands.images.std()


@pytest.fixture(scope="module")
def meter(block_sets: dict[str, BlockSet]) -> CompositionMeter:
    dense = read_level(read_manifest(default_bank()))[1]
    return CompositionMeter.make(block_sets["fp32"], dense, scene_crops(smooth_crops(3, 5), 0))


def test_the_dense_network_deviates_by_nothing_and_narrow_ones_more(meter: CompositionMeter) -> None:
    dense, some, least = (meter.measure([place] * 16) for place in (0, 1, len(INTENSITIES) - 1))
    assert dense == pytest.approx(np.zeros(len(SCENES)), abs=0.01)
    assert (some > dense).all()
    # In the dark these pictures show nothing that a network could agree on.
    assert least[SCENES.index("plain")] > some[SCENES.index("plain")]
    assert (least <= MOST_PERCENT).all()


def test_processes_measure_what_one_does_in_its_order(meter: CompositionMeter) -> None:
    choices = [[place] * 16 for place in (2, 0, 1)]
    told: list[int] = []
    found = measure_all(meter, choices, Executor(2), lambda done, of: told.append(10 * done + of))
    np.testing.assert_array_equal(found, measure_all(meter, choices, THIS_PROCESS))
    assert told == [13, 23, 33]


def test_a_cluster_measures_what_one_process_does(cluster: Any, meter: CompositionMeter) -> None:  # noqa: F811
    choices = [[place] * 16 for place in (2, 0, 1)]
    found = measure_all(meter, choices, Executor(cluster=cluster.scheduler_address))
    np.testing.assert_array_equal(found, measure_all(meter, choices, THIS_PROCESS))


def test_a_bank_keeps_what_was_measured_of_its_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measured, "CHECKED", 4)
    blocks = {f"block{number:02}": {0: 0.0, 16: 0.02, 1000: 0.1} for number in range(1, 16)}
    table = LatencyTable(reference_ms=2.0, whole_ms=1.0, blocks=blocks | {"stem": blocks["block01"]})
    monkeypatch.setattr(measured, "measure_latency", lambda *_, **__: table)
    package = read_manifest(default_bank())
    bank = write_bank(tmp_path / "one", *with_blocks(package, ("int8",), smooth_crops(16, 0)))
    assert not BlockSet.read(bank, "int8").measured()
    found = measure_compositions(bank, "int8", smooth_crops(2, 1), 14, executor=THIS_PROCESS)
    assert found.checked.shape == found.foretold.shape == (4, len(SCENES))
    written = write_bank(tmp_path / "two", *with_compositions(bank, {"int8": found}))
    kept = BlockSet.read(written, "int8").measured()
    assert kept["time"] == pytest.approx(found.time, rel=1e-3)
    choices = [[place] * 16 for place in range(3)]
    ours, theirs = (one.deviation_percent(choices) for one in (Surrogate.of(kept, 16), found.surrogate))
    assert ours == pytest.approx(theirs, rel=1e-3)
    for one in found.best:
        assert one.time <= one.limit + 1e-9
        assert one.deviation > 0
    assert {one.method for one in found.best} == set(METHODS)
