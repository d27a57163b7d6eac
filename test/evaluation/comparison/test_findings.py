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

"""What a comparison of two runs finds, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from hand_tracking_dsp.evaluation.comparison.findings import Finding, compare_frames
from hand_tracking_dsp.evaluation.comparison.pairing import pair_frames
from hand_tracking_dsp.evaluation.measures.catalogue import METRICS
from hand_tracking_dsp.evaluation.measures.frames import Frames
from hand_tracking_dsp.evaluation.statistics import MIN_BLOCKS, Resampling

_FEW = Resampling(repetitions=400)


def compared(a: Frames, b: Frames, resampling: Resampling = _FEW, *names: str) -> dict[str, Finding]:
    metrics = [metric for metric in METRICS if not names or metric.name in names]
    findings = compare_frames(pair_frames(a, b, resampling), metrics, resampling)
    assert [finding.metric for finding in findings] == metrics
    return {finding.metric.name: finding for finding in findings}


def with_columns(frames: Frames, **columns: np.ndarray | float) -> Frames:
    known = {name: frames[name] for name in frames._columns}
    return Frames({**known, **{n: np.broadcast_to(c, len(frames)).astype(float) for n, c in columns.items()}})


def test_a_paired_shift_is_found_though_the_hands_vary_more(made_run: Callable[..., Frames]) -> None:
    a, b = made_run("before"), made_run("after", error_px=0.05)
    found = compared(a, b)["mde_px"]
    assert np.nanstd(a["error_px"]) > 5 * 0.05
    assert found.verdict == "worse"
    assert found.difference.low <= 0.05 <= found.difference.high
    assert found.difference.high - found.difference.low < 0.1
    assert found.change.value == pytest.approx(100 * found.difference.value / found.a.value)
    assert found.t_p < 0.05
    assert found.wilcoxon_p <= found.wilcoxon_holm < 0.05
    back = compared(b, a)["mde_px"]
    assert back.verdict == "better"
    assert back.difference.value == pytest.approx(-found.difference.value)


def test_values_are_those_of_the_frames(made_run: Callable[..., Frames]) -> None:
    a, b = made_run("before"), made_run("after", latency_ms=3)
    for name, finding in compared(a, b).items():
        metric = next(metric for metric in METRICS if metric.name == name)
        assert finding.a.value == pytest.approx(metric.value(a), nan_ok=True)
        assert finding.b.value == pytest.approx(metric.value(b), nan_ok=True)


def test_without_a_change_19_of_20_intervals_hold_zero(made_run: Callable[..., Frames]) -> None:
    # Two runs of the same hands, each with noise of its own.
    names = ("mde_px", "pck_005", "latency_p50_ms")
    found = [
        compared(made_run("before", seed=seed), made_run("after", seed=seed), _FEW, *names)
        for seed in range(60)
    ]
    for name in names:
        differences = [one[name].difference for one in found]
        assert sum(one.low <= 0 <= one.high for one in differences) >= 52, name


def test_blocks_make_the_interval_of_slow_errors_wider(made_run: Callable[..., Frames]) -> None:
    a = made_run("before", seconds=60)
    random = np.random.default_rng(0)
    slow = np.zeros(len(a))
    for i in range(1, len(a)):
        slow[i] = 0.9 * slow[i - 1] + random.normal(0, 0.1)
    b = with_columns(a, error_px=a["error_px"] + slow)

    def width(block_s: float) -> float:
        interval = compared(a, b, Resampling(block_s, 400))["mde_px"].difference
        return interval.high - interval.low

    assert width(1.0) > 1.5 * width(1e-3), "frames drawn singly look surer than they are"


def test_blocks_too_short_for_what_frames_remember_are_named(made_run: Callable[..., Frames]) -> None:
    a = made_run("before", seconds=60)
    drift = np.sin(np.arange(len(a)) / 15 / 10)
    found = compared(a, with_columns(a, error_px=a["error_px"] + drift))
    assert found["mde_px"].likeness > 0.8
    assert found["mde_px"].blocks_alike
    steady = compared(a, made_run("after", seconds=60))["latency_p50_ms"]
    assert abs(steady.likeness) < 0.5
    assert not steady.blocks_alike


def test_paired_tests_are_over_blocks(made_run: Callable[..., Frames]) -> None:
    a, b = made_run("before"), made_run("after", error_px=0.02)
    found = compared(a, b)["mde_px"]
    seconds = np.floor(a["stamp_s"])
    means = [[np.nanmean(side["error_px"][seconds == second]) for second in range(20)] for side in (a, b)]
    assert found.blocks == 20
    assert found.t_p == pytest.approx(float(stats.ttest_rel(*means).pvalue))
    assert found.wilcoxon_p == pytest.approx(float(stats.wilcoxon(*means).pvalue))


def test_the_same_frames_are_equal_in_every_measure(made_run: Callable[..., Frames]) -> None:
    found = compared(made_run(), made_run())
    assert {one.verdict for one in found.values()} == {"equal", "not measured"}
    assert found["mde_px"].difference == found["mde_px"].change
    assert (found["mde_px"].difference.low, found["mde_px"].difference.high) == (0, 0)
    assert found["latency_max_ms"].verdict == "equal"
    assert math.isnan(found["mde_px"].t_p), "what is equal needs no test, and costs the others nothing"


def test_a_direction_that_is_neither_better_nor_worse_only_differs(made_run: Callable[..., Frames]) -> None:
    found = compared(made_run(level=0, sparsity=0), made_run(level=2, sparsity=0.5))
    assert found["sparsity"].verdict == "differs"
    assert found["sparsity"].difference.value == 0.5
    assert math.isnan(found["sparsity"].change.value), "there is no change in % from nothing"


def test_higher_is_better_where_it_is(made_run: Callable[..., Frames]) -> None:
    a = made_run()
    lost = np.where(np.arange(300) % 4 == 0, 0.0, 1.0)
    found = compared(a, with_columns(a, boxes_hit=a["boxes_hit"] * lost))
    assert found["detection_recall"].verdict == "worse"
    assert found["detection_recall"].difference.high < 0


def test_what_only_one_side_has_is_not_measured(made_run: Callable[..., Frames]) -> None:
    found = compared(made_run(drift=1.0), made_run())["drift_palm_percent"]
    assert found.verdict == "not measured"
    assert found.measured_anywhere
    assert found.a.value == 1.0
    assert not compared(made_run(), made_run())["drift_palm_percent"].measured_anywhere


def test_a_short_recording_is_not_judged(made_run: Callable[..., Frames]) -> None:
    seconds = MIN_BLOCKS - 1
    found = compared(made_run("before", seconds=seconds), made_run("after", seconds=seconds, error_px=1))
    assert found["mde_px"].verdict == "not tested"
    assert found["mde_px"].reason == f"{seconds} blocks are too few"
    assert found["mde_px"].difference.value == pytest.approx(1, abs=0.1)
    assert math.isnan(found["mde_px"].difference.low)
    assert math.isnan(found["mde_px"].t_p)


def test_a_rare_measure_needs_blocks_of_its_own(made_run: Callable[..., Frames]) -> None:
    rare = np.where(np.arange(300) % 100 == 0, 1.0, np.nan)
    a = with_columns(made_run(), reacquired_s=rare)
    found = compared(a, with_columns(a, reacquired_s=rare * 2))["reacquisition_s"]
    assert (found.verdict, found.reason) == ("not tested", "3 blocks are too few")


def test_a_maximum_is_shown_without_a_verdict(made_run: Callable[..., Frames]) -> None:
    found = compared(made_run("before"), made_run("after", latency_ms=50))["latency_max_ms"]
    assert (found.verdict, found.reason) == ("not tested", "an extreme value")
    assert found.difference.value > 30


def test_the_same_seed_gives_the_same_intervals(made_run: Callable[..., Frames]) -> None:
    a, b = made_run("before"), made_run("after")
    first, again, other = (
        compared(a, b, Resampling(repetitions=200, seed=seed))["mde_px"] for seed in (1, 1, 2)
    )
    assert first == again
    assert first.difference != other.difference
