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

"""Searches over input size, precision, widths and depth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.compositions import write_bank_with_estimates
from support.crops import smooth_crops
from support.layers import whimsical_agent

from hand_tracking_dsp.compression.bank.deviation import predict
from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.composition import architecture_search, start_network
from hand_tracking_dsp.compression.composition.architecture_plot import label, save_architectures
from hand_tracking_dsp.compression.composition.architecture_search import (
    METHODS,
    TIMES,
    Architecture,
    ArchitectureSearch,
    at_random,
    by_layer_agent,
    by_nsga2,
    by_single_blocks,
    search_architectures,
    spread,
)
from hand_tracking_dsp.compression.composition.best import LIMITS
from hand_tracking_dsp.compression.composition.start_network import (
    WHOLE,
    PlainMeter,
    StartNetwork,
    start_networks,
)
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.compression.search.front import front_of
from hand_tracking_dsp.control.layers.agent import LayerAgent
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.contract import LANDMARKS
from hand_tracking_dsp.tracking.manifest import read_manifest

SMALL = InputSize(64, 64)


@pytest.fixture(scope="module")
def meter() -> PlainMeter:
    return PlainMeter(read_level(read_manifest(default_bank()))[1], smooth_crops(2, 5))


@pytest.fixture(scope="module")
def starts(block_files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> list[StartNetwork]:
    """Start networks at two sizes in two precisions, whose times are made up."""
    bank = write_bank_with_estimates(tmp_path_factory.mktemp("bank"), block_files)
    with pytest.MonkeyPatch.context() as patch:
        # These pictures show no hand.
        patch.setattr(start_network, "PRESENCE_THRESHOLD", 0.0)
        patch.setattr(
            start_network, "relative_times", lambda networks, _: [1.0, 0.3, 2.0, 0.6][: len(networks)]
        )
        patch.setattr(start_network, "_TRIED", 2)
        return start_networks(bank, [SMALL], smooth_crops(24, 7), smooth_crops(2, 6), runs=1)


@pytest.fixture(scope="module")
def agent(starts: list[StartNetwork]) -> LayerAgent:
    """Make an agent with random values, said to be trained in 90 steps."""
    bank = read_manifest(default_bank())
    profile = CompositionProfile.of(starts[0].blocks, bank.levels[0])
    return LayerAgent(whimsical_agent(bank, profile, {"steps": 90}), bank, profile)


def test_every_precision_comes_in_every_size_and_the_size_of_the_blocks_first(
    starts: list[StartNetwork],
) -> None:
    assert [one.name for one in starts] == ["int8 224", "int8 64", "fp32 224", "fp32 64"]
    assert [one.whole_time for one in starts] == [1.0, 0.3, 2.0, 0.6]
    # The made-up estimate was fitted to 80; another size was tried on the dense network and two others.
    assert [one.measured for one in starts] == [80, 3, 80, 3]
    dense = [[0] * 16]
    assert starts[1].time(dense) == pytest.approx([0.3])
    for one in starts:
        assert (one.offset >= 0, one.factor >= 0) == (True, True)
        if one.size == WHOLE:
            assert (one.offset, one.factor, dict(one.heads)) == (0, 1, {})


def test_heads_of_another_size_change_in_compositions_too(starts: list[StartNetwork]) -> None:
    images, channels = smooth_crops(1, 2).images, starts[1].blocks.blocks[-1].channels
    weight, bias = np.ones((63, channels), np.float32), np.full(63, 2, np.float32)
    for choice in ([0] * 16, [0] * 15 + [2]):
        before = predict(open_exact(starts[1].composed(choice)), images).landmarks
        moved = replace(starts[1], heads={"head.landmarks.bias": bias})
        after = predict(open_exact(moved.composed(choice)), images).landmarks
        # Landmarks are given in pixels of the crop.
        assert after - before == pytest.approx(np.full(before.shape, 2 * 224 / 64), abs=1e-3)
        raised = replace(starts[1], heads={"head.landmarks.weight": weight})
        assert (predict(open_exact(raised.composed(choice)), images).landmarks > before).all()


@pytest.mark.parametrize("place", [1, 3])
def test_compositions_of_another_size_keep_the_contract(starts: list[StartNetwork], place: int) -> None:
    for choice in ([0] * 16, [4] * 16):
        session = open_exact(starts[place].composed(choice))
        assert [spec.name for spec in session.outputs] == [name for name, _ in LANDMARKS.outputs]
        assert 64 in session.inputs[0].shape
        assert np.isfinite(predict(session, smooth_crops(1, 2).images).landmarks).all()


def test_blocks_without_measured_compositions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fit, hands = smooth_crops(2, 0), smooth_crops(2, 1)
    bank = replace(read_manifest(default_bank()), blocks=())
    with pytest.raises(ConfigurationError, match="sees no hand in the pictures"):
        start_networks(bank, [], fit, hands)
    monkeypatch.setattr(start_network, "PRESENCE_THRESHOLD", 0.0)
    with pytest.raises(ConfigurationError, match="run models compositions first"):
        start_networks(bank, [], fit, hands)


def test_nsga2_finds_a_front_that_random_search_hardly_dominates(starts: list[StartNetwork]) -> None:
    pytest.importorskip("optuna", reason="optuna is not installed: make setup-lab")
    found = by_nsga2(starts, 300, 0)
    points = [(one.time, one.deviation) for one in found]
    assert all(front_of(points))
    assert [one.time for one in found] == sorted((one.time for one in found), reverse=True)
    assert by_nsga2(starts, 300, 0) == found
    drawn = [(one.time, one.deviation) for one in at_random(starts, 300, 0)]
    both = dict(zip([*points, *drawn], front_of([*points, *drawn]), strict=True))
    assert sum(both[point] for point in points) > len(points) / 2


def test_without_optuna_it_is_said_how_to_get_it(
    starts: list[StartNetwork], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(architecture_search, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match="needs Optuna: pip install"):
        by_nsga2(starts, 50, 0)


def test_dynamic_programming_keeps_every_limit_that_it_can(
    starts: list[StartNetwork], meter: PlainMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter, "deviation", len)
    found, measured = by_single_blocks(starts[0], meter)
    assert measured == 1 + 16 * 4
    assert all(one.time <= limit + 1e-6 for one, limit in zip(found, LIMITS, strict=False))


def test_the_agent_composes_for_every_time_that_can_be_kept(
    starts: list[StartNetwork], meter: PlainMeter, agent: LayerAgent
) -> None:
    found, estimates = by_layer_agent(starts[0], agent, meter.images)
    assert len(found) <= len(TIMES)
    least = 1.0 - starts[0].spared.max(axis=1).sum()
    assert all(one.time <= max(limit, least) + 1e-6 for one, limit in zip(found, TIMES, strict=False))
    # Five for the first layer, at most five for each of 16 beginnings after it.
    assert len(TIMES) * 16 * 5 < estimates <= len(TIMES) * 16 * 16 * 5


def test_of_a_front_what_is_best_within_evenly_spread_times_is_taken() -> None:
    front = [Architecture(0, (number,), 1 - number / 100, float(number)) for number in range(60)]
    front.append(Architecture(0, (60,), 0.1, 60.0))
    taken = spread(front, 10)
    assert (taken[0], taken[-1]) == (front[0], front[-1])
    assert len(taken) <= 10
    assert spread(front[:1], 10) == front[:1]


def test_what_is_found_is_measured_and_drawn(
    starts: list[StartNetwork],
    meter: PlainMeter,
    agent: LayerAgent,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    fronts = {"by_nsga2": [0, 3], "at_random": [1]}
    for name, places in fronts.items():
        front = [Architecture(place, (1,) * 16, 0.9, 5.0) for place in places]
        monkeypatch.setattr(architecture_search, name, lambda *_, front=front: front)
    planned = [Architecture(0, (0,) * 16, 1.0, 1.0)]
    monkeypatch.setattr(architecture_search, "by_single_blocks", lambda *_: (planned, 65))
    monkeypatch.setattr(
        architecture_search, "relative_times", lambda all_, _: [1.0, *[0.5] * (len(all_) - 1)]
    )
    monkeypatch.setattr(architecture_search, "by_layer_agent", lambda *_: (planned, 1200))
    found = search_architectures(starts, meter, 70, agent=agent)
    assert [one.method for one in found] == list(METHODS)
    assert [(one.steps, one.estimates, one.fitted, one.measured) for one in found] == [
        (0, 70, 166, 0),
        (0, 70, 166, 0),
        (0, 0, 0, 65),
        (90, 1200, 80, 0),
    ]
    assert found[0].found[0].time == 0.5
    assert found[0].foretold[0].time == 0.9
    assert found[2].found[0].deviation < found[0].found[0].deviation
    assert label(found[0]) == "NSGA-II: 70 estimates, fitted to 166 measured networks"
    assert label(found[2]) == "dynamic programming: 65 networks measured to decide"
    assert "90 training steps, 1,200 estimates, fitted to 80 measured" in label(found[3])
    save_architectures(found, tmp_path / "a.png", "dense")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_search_that_found_nothing_is_drawn_too(tmp_path: Path) -> None:
    nothing = ArchitectureSearch(METHODS[2], 0, 0, 0, 65, (), ())
    some = ArchitectureSearch(METHODS[0], 0, 9, 80, 0, (Architecture(0, (0,), 1.0, 1.0),), ())
    save_architectures([some, nothing], tmp_path / "a.png", "dense")
    assert (tmp_path / "a.png").exists()
