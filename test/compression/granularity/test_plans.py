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

"""Tables, plans and levels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from support.crops import smooth_crops

from hand_tracking_dsp.compression.bank.entries import new_bank, new_level
from hand_tracking_dsp.compression.bank.files import read_level, write_bank
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.granularity import plans, study
from hand_tracking_dsp.compression.granularity.level import GranularLevel, with_granular_levels
from hand_tracking_dsp.compression.granularity.plans import finished, measure_plans
from hand_tracking_dsp.compression.granularity.plot import save_granularities
from hand_tracking_dsp.compression.granularity.runtimes import RUNTIMES, Runtime, TimeRatios
from hand_tracking_dsp.compression.granularity.study import (
    GranularTables,
    expected_deviation,
    measure_granularities,
    plan_of,
    planned,
)
from hand_tracking_dsp.compression.granularity.variants import (
    AREAS,
    CHANNEL,
    DENSE,
    GRANULARITIES,
    GranularPruner,
)
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.manifest import read_manifest


def channels_of(network: onnx.ModelProto) -> int:
    return sum(block.channels for block in read_blocks(network))


def timed(_: Runtime, dense: onnx.ModelProto, networks: list[onnx.ModelProto], __: int) -> TimeRatios:
    """Say that a network takes as long as it has channels."""
    return TimeRatios(0.05, (tuple(channels_of(one) / channels_of(dense) for one in networks),))


@pytest.fixture(scope="module")
def tables(pruner: GranularPruner) -> GranularTables:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "time_ratios", timed)
        return measure_granularities(
            pruner, lambda network: 1 + 384 - channels_of(network), [RUNTIMES[0]], memory=False
        )


def test_every_possible_granularity_of_every_area_is_measured(tables: GranularTables) -> None:
    assert len(tables.rows) == len(AREAS) * (len(GRANULARITIES) - 1) - 2
    deviation, saved = tables.deviation(), tables.saved_time(RUNTIMES[0].name)
    assert deviation.shape == saved.shape == tables.saved_file().shape == (len(AREAS), len(GRANULARITIES))
    assert (deviation[:, 0] == 0).all()
    assert np.isinf(deviation).sum() == 2
    assert (saved[:, : GRANULARITIES.index(CHANNEL)] == 0).all()
    assert (saved[1:4, GRANULARITIES.index(CHANNEL)] > 0.05).all()
    # Half a block of 24 channels is less than the noise.
    assert saved[0].max() == 0
    assert (tables.saved_file()[1:4, 1] > 0).all()


def test_dynamic_programming_keeps_a_limit_or_says_that_none_can(tables: GranularTables) -> None:
    deviation, saved = tables.deviation(), tables.saved_time(RUNTIMES[0].name)
    choice = planned(deviation, saved, 0.9)
    assert choice is not None
    assert saved[np.arange(5), choice].sum() >= 0.1
    assert expected_deviation(deviation, choice) > 0
    assert planned(deviation, saved, 0.01) is None
    assert np.isnan(expected_deviation(deviation, None))
    assert plan_of([0] * 5) == dict.fromkeys(AREAS, DENSE)


def test_single_weights_stay_gone_and_channels_are_fitted_one_block_after_the_other(
    pruner: GranularPruner,
) -> None:
    hands = smooth_crops(10, 0)
    plan = {"late": CHANNEL, "heads": "2:4"}
    assert serialized(finished(pruner, plan, hands)) == serialized(pruner.network(plan))
    apart, fitted = pruner.network({"late": CHANNEL}), finished(pruner, {"late": CHANNEL}, hands)
    assert channels_of(apart) == channels_of(fitted)
    assert serialized(apart) != serialized(fitted)
    assert serialized(finished(pruner, {}, hands)) == serialized(pruner.network({}))


def test_plans_are_carried_out_once_and_become_levels(
    pruner: GranularPruner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(plans, "time_ratios", timed)
    told: list[str] = []
    plan = {"late": CHANNEL}
    first, again, dense = measure_plans(
        pruner,
        [plan, dict(plan), {}],
        smooth_crops(10, 0),
        channels_of,
        [RUNTIMES[0]],
        on_progress=told.append,
    )
    assert first is again
    assert "carrying out plan 2 of 2" in told
    assert first.gains[RUNTIMES[0].name] > 0 == dense.gains[RUNTIMES[0].name]
    assert first.keep == pruner.keep(plan)

    data = serialized(pruner.dense)
    level = new_level("dense", "dense.onnx", data, **sizes(pruner.dense))
    bank = write_bank(tmp_path / "one", new_bank("narrow", "none", "a test", [level]), {"dense.onnx": data})
    levels = [GranularLevel(first, 0.9, RUNTIMES[0].name)]
    new, files = with_granular_levels(bank, pruner.dense, levels, smooth_crops(3, 4))
    write_bank(tmp_path / "two", new, files, since=bank)
    read = read_manifest(tmp_path / "two")
    assert [one.name for one in read.levels] == ["dense", "dense_granular90"]
    assert read.levels[1].source["granularity"] == plan
    assert channels_of(read_level(read, "dense_granular90")[1]) == channels_of(first.network)


def test_granularities_are_drawn(tables: GranularTables, tmp_path: Path) -> None:
    save_granularities(tables, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
