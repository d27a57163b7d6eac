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

"""The line through error and sparsity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from hand_tracking_dsp.evaluation.comparison.regression import error_on_sparsity
from hand_tracking_dsp.evaluation.measures.frames import Frames, joined
from hand_tracking_dsp.evaluation.statistics import Resampling

_FEW = Resampling(repetitions=300)


def levels(made_run: Callable[..., Frames], slope: float, seed: int = 0) -> Frames:
    """Three runs of the same hands whose errors grow with their sparsity."""
    return joined(
        [
            _raised(made_run(f"level {i}", seed=seed, sparsity=sparsity), slope * sparsity)
            for i, sparsity in enumerate((0.0, 0.3, 0.6))
        ]
    )


def _raised(frames: Frames, by: float) -> Frames:
    known = {name: frames[name] for name in frames._columns}
    return Frames({**known, "error_palm_percent": known["error_palm_percent"] + by})


def test_the_line_is_that_of_least_squares(made_run: Callable[..., Frames]) -> None:
    frames = levels(made_run, 4.0)
    found = error_on_sparsity(frames, _FEW)
    assert found is not None
    known = np.isfinite(frames["error_palm_percent"])
    expected = stats.linregress(frames["sparsity"][known], frames["error_palm_percent"][known])
    assert found.slope.value == pytest.approx(expected.slope)
    assert found.intercept == pytest.approx(expected.intercept)
    assert found.r_squared == pytest.approx(expected.rvalue**2)
    assert (found.frames, found.blocks) == (int(known.sum()), 20)


def test_the_slope_is_recovered_and_its_interval_holds_it(made_run: Callable[..., Frames]) -> None:
    found = [error_on_sparsity(levels(made_run, 4.0, seed), _FEW) for seed in range(20)]
    slopes = [one.slope for one in found if one is not None]
    assert len(slopes) == 20
    assert np.mean([one.value for one in slopes]) == pytest.approx(4, abs=0.05)
    assert sum(one.low <= 4 <= one.high for one in slopes) >= 15
    assert all(one.low > 3 for one in slopes)


def test_one_sparsity_has_no_line(made_run: Callable[..., Frames]) -> None:
    assert error_on_sparsity(made_run(sparsity=0.5), _FEW) is None
    assert error_on_sparsity(made_run(error_palm_percent=np.nan), _FEW) is None


@pytest.mark.parametrize("blocks", [1, 9])
def test_few_blocks_have_a_line_without_an_interval(made_run: Callable[..., Frames], blocks: int) -> None:
    runs = [made_run(f"level {i}", sparsity=i / 2, seconds=blocks) for i in (0, 1)]
    found = error_on_sparsity(joined(runs), _FEW)
    assert found is not None
    assert np.isfinite(found.slope.value)
    assert np.isnan(found.slope.low)


def test_a_sparsity_in_few_blocks_does_not_make_the_slope_infinite(made_run: Callable[..., Frames]) -> None:
    # In many draws only one sparsity is left: they say nothing of the slope.
    late = made_run("level 1", sparsity=0.5).take(np.arange(285, 300))
    early = made_run("level 0").take(np.arange(285))
    found = error_on_sparsity(joined([early, late]), _FEW)
    assert found is not None
    assert np.isfinite([found.slope.low, found.slope.high]).all()
    assert abs(found.slope.high) < 1e3
