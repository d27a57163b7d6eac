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

"""Regression of error on sparsity: a line through the frames of all runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.evaluation.measures.frames import Frames
from hand_tracking_dsp.evaluation.statistics import (
    MIN_BLOCKS,
    Array,
    Interval,
    Resampling,
    percentile_interval,
)


@dataclass(frozen=True, slots=True)
class Regression:
    """A line of least squares: error_palm_percent = intercept + slope * sparsity.

    Attributes:
        slope: Error, % of palm size, from no to all parameters removed, and its 95 % interval (of
            MIN_BLOCKS or more); a tenth of it is what ten more percent of the parameters cost.
        intercept: Error where no parameter is removed, % of palm size.
        r_squared: Share of the frames' variance that the line explains.
        frames: Frames that it goes through.
        blocks: Blocks of them.
    """

    slope: Interval
    intercept: float
    r_squared: float
    frames: int
    blocks: int


def error_on_sparsity(frames: Frames, resampling: Resampling) -> Regression | None:
    """Fit the error of frames to the sparsity of the level that ran.

    The interval of the slope comes from resampling blocks of a recording, each with the frames of all runs
    in it: they show the same hands.

    Returns:
        None where frames with a known error have fewer than two different sparsities.
    """
    known = frames.take(np.isfinite(frames["error_palm_percent"]) & np.isfinite(frames["sparsity"]))
    x, y = known["sparsity"], known["error_palm_percent"]
    if len(np.unique(x)) < 2:
        return None
    blocks, count = resampling.blocks(known["bag"], known["stamp_s"])
    terms = (np.ones(len(x)), x, y, x * x, x * y, y * y)
    sums = np.stack([np.bincount(blocks, term, count) for term in terms], axis=1)
    slope, intercept, r_squared = (float(one[0]) for one in _line(np.ones((1, count)) @ sums))
    interval = Interval(slope)
    if count >= MIN_BLOCKS:
        slopes = np.concatenate([_line(draw @ sums)[0] for draw in resampling.draws(count)])
        interval = percentile_interval(slope, slopes, count)
    return Regression(interval, intercept, r_squared, len(x), count)


def _line(sums: Array) -> tuple[Array, Array, Array]:
    """Return slope, intercept and r squared from n, and the sums of x, y, x^2, xy and y^2, float64 [r, 6]."""
    n, x, y, xx, xy, yy = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        spread_x, spread_y, shared = xx - x * x / n, yy - y * y / n, xy - x * y / n
        slope = np.where(spread_x > 1e-12 * n, shared / spread_x, np.nan)
        return slope, (y - slope * x) / n, slope * shared / spread_y
