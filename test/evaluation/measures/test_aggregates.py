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

"""Figures of blocks and of resamples are those of the frames in them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from hand_tracking_dsp.evaluation.measures.aggregates import Percentile, share_of
from hand_tracking_dsp.evaluation.measures.catalogue import METRICS
from hand_tracking_dsp.evaluation.measures.frame_row import DROPPED
from hand_tracking_dsp.evaluation.measures.frames import Frames
from hand_tracking_dsp.evaluation.measures.metric import Metric

_BLOCKS = 12


@pytest.fixture(scope="module")
def frames(made_run: Callable[..., Frames]) -> Frames:
    """Twenty seconds in which every measure has values on some frames, and on others none."""
    run = made_run()
    random = np.random.default_rng(1)
    names = [name for name in run.take(np.arange(1))._columns if name not in ("run", "bag", "outcome")]
    columns = {name: np.where(random.random(300) < 0.8, random.gamma(2, 2, 300), np.nan) for name in names}
    outcome = np.where(random.random(300) < 0.2, DROPPED, run["outcome"])
    return Frames({"run": run["run"], "bag": run["bag"], "outcome": outcome, **columns})


@pytest.fixture(scope="module")
def blocks() -> np.ndarray:
    """Blocks of different lengths, not one behind the other."""
    return np.random.default_rng(2).integers(0, _BLOCKS, 300)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_block_s_figure_is_that_of_its_frames(metric: Metric, frames: Frames, blocks: np.ndarray) -> None:
    found = metric.value.of_blocks(frames, blocks, _BLOCKS)
    expected = [metric.value(frames.take(blocks == block)) for block in range(_BLOCKS)]
    assert np.isfinite(expected).all()
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_resample_s_figure_is_that_of_its_frames(
    metric: Metric, frames: Frames, blocks: np.ndarray
) -> None:
    random = np.random.default_rng(3)
    drawn = random.integers(0, _BLOCKS, (5, _BLOCKS))
    draws = np.array([np.bincount(draw, minlength=_BLOCKS) for draw in drawn], dtype=float)
    found = metric.value.resampler(frames, blocks, _BLOCKS)(draws)
    copies = [np.concatenate([np.flatnonzero(blocks == block) for block in draw]) for draw in drawn]
    assert found == pytest.approx([metric.value(frames.take(copy)) for copy in copies])


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_what_no_frame_has_is_unknown(metric: Metric, frames: Frames) -> None:
    nothing = frames.take(np.zeros(300, dtype=bool))
    assert math.isnan(metric.value(nothing))
    none = np.zeros(0, dtype=np.int64)
    assert np.isnan(metric.value.of_blocks(nothing, none, 3)).all()
    assert np.isnan(metric.value.resampler(nothing, none, 3)(np.ones((2, 3)))).all()


def test_a_block_without_the_measure_does_not_count(frames: Frames, blocks: np.ndarray) -> None:
    known = {name: frames[name] for name in frames._columns}
    known["latency_ms"] = np.where(blocks == 4, np.nan, known["latency_ms"])
    without = Frames(known)
    found = Percentile("latency_ms", 50).of_blocks(without, blocks, _BLOCKS)
    assert np.flatnonzero(np.isnan(found)).tolist() == [4]
    alone = np.zeros((1, _BLOCKS))
    alone[0, 4] = _BLOCKS
    assert np.isnan(Percentile("latency_ms", 50).resampler(without, blocks, _BLOCKS)(alone)).all()


def test_extremes_and_thin_tails_cannot_be_resampled(frames: Frames) -> None:
    assert Percentile("latency_ms", 100).obstacle(frames) == "an extreme value"
    assert "fewer than 5 frames" in Percentile("latency_ms", 99).obstacle(frames)
    assert Percentile("latency_ms", 50).obstacle(frames) == ""
    assert share_of(DROPPED).obstacle(frames) == ""
