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

"""The table by the device's speed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.evaluation.executor import THIS_PROCESS
from hand_tracking_dsp.rl.benchmark import by_speed as module
from hand_tracking_dsp.rl.benchmark.by_speed import MARGIN, BySpeed, by_speed
from hand_tracking_dsp.rl.benchmark.candidates import Candidate, fixed_points, without_deadline_shield
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark
from hand_tracking_dsp.rl.simulation.episode import EpisodeOptions
from hand_tracking_dsp.rl.simulation.reward import JUDGED

# A short way through ROS 2, so that the networks are most of a frame.
NEAR = EpisodeOptions(overheads=(0.2, 0.2), quiet=0.0, reflex=0.0)
STEADY = EpisodeOptions(load_depth=(0.0, 0.0), throttling=(0.0, 1.0, 1.0), speeds=(2.0, 6.0), reflex=0.0)
ALPHA = 1 / 11


@pytest.mark.parametrize("share", [0.1, 0.7, 1.4])
def test_a_frame_of_one_hand_takes_its_share_of_the_budget_at_the_dense_level(share, device, bank) -> None:
    for seed in range(3):
        episode = Benchmark(device, bank, JUDGED, STEADY, dense_share=share).draw(seed)
        one_hand = episode.latency_ms[0][episode.hands == 1]
        assert np.unique(one_hand / episode.budget_ms) == pytest.approx(share)


def test_episodes_differ_by_the_budget_alone(device, bank) -> None:
    fast, slow, free = (Benchmark(device, bank, JUDGED, NEAR, s).draw(4) for s in (0.1, 1.0, None))
    assert fast.budget_ms == pytest.approx(10 * slow.budget_ms)
    for other in (slow, free):
        np.testing.assert_array_equal(fast.latency_ms, other.latency_ms)
        np.testing.assert_array_equal(fast.drift_percent, other.drift_percent)


def test_dense_is_enough_on_fast_devices_and_late_on_slow_ones(device, bank, monkeypatch) -> None:
    monkeypatch.setattr(module, "SHARES", (0.05, 1.4))
    options = without_deadline_shield(ControllerOptions())
    fixed = fixed_points(3)
    candidates = [fixed[0], fixed[-1], Candidate("oracle", "oracle", options=options)]
    progress = []
    found = by_speed(
        Benchmark(device, bank, JUDGED, NEAR),
        candidates,
        range(6),
        THIS_PROCESS,
        lambda *news: progress.append(news),
    )
    assert progress == [(1, 2), (2, 2)]
    assert 0.05 in found.served_by("fixed point 0")
    assert found.scores[0.05]["fixed point 0"]["miss_share"] == 0
    assert found.lost(1.4, "fixed point 0") > found.lost(1.4, "fixed point 2")
    assert math.isclose(found.lost(1.4, "oracle"), 0)
    assert found.value()["missions_each"] == 6
    assert [row[0] for row in found.rows()] == ["0.05", "1.4"]
    assert len(found.headings()) == len(found.rows()[0])


def table(**lost: tuple[float, float]) -> BySpeed:
    """Give a table whose dense and sparse points lose so many wrong hands at shares of s10, s30, … %."""
    scores = {
        int(share[1:]) / 100: {
            name: {"gain": 0.9 - ALPHA * value, "miss_share": 0.0, "usable": 1.0, "error": 0.0}
            for name, value in (("dense", dense), ("sparse", sparse), ("oracle", 0.0))
        }
        for share, (dense, sparse) in lost.items()
    }
    return BySpeed(scores, "dense", "sparse", "oracle", ALPHA, 30)


def test_adapting_matters_where_neither_fixed_point_is_near_the_oracle() -> None:
    near, far = 0.9 * MARGIN, 1.1 * MARGIN
    found = table(s10=(near, 1.0), s30=(far, 0.3), s70=(1.0, far), s140=(3.0, -0.1))
    assert found.adapting == [0.3, 0.7]
    assert found.served_by("dense") == [0.1]
    assert found.served_by("sparse") == [1.4]
    assert found.verdict == (
        "On mains power adapting matters where the dense level takes 0.3 and 0.7 of the budget; "
        "dense alone is as good at 0.1; sparse alone is as good at 1.4 "
        "(within 0.02 wrong hands of the oracle, a late frame counting as 10)."
    )


def test_where_a_fixed_point_always_does_adapting_matters_nowhere() -> None:
    found = table(s10=(0.0, 1.0), s20=(0.0, 1.0), s30=(0.0, 1.0))
    assert found.adapting == []
    nowhere, dense, *_ = found.verdict.split("; ")
    assert nowhere == "On mains power adapting matters at none of these speeds"
    assert dense.startswith("dense alone is as good at 0.1, 0.2 and 0.3 (")
