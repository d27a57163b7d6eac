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

"""Aggregates of frames that measures are made of, quotients and percentiles, also of resampled blocks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hand_tracking_dsp.evaluation.measures.frames import Frames
from hand_tracking_dsp.evaluation.statistics import Array, Blocks, percentile

Resampler = Callable[[Array], Array]
"""Function from how often each block was drawn, float64 [r, k], to each draw's figure, float64 [r]."""

_FRAMES_BEYOND = 5


class Aggregate(Protocol):
    """Figure of frames that can also be computed of blocks of them, without copying frames."""

    def __call__(self, frames: Frames) -> float:
        """Return the figure over all frames; NaN where nothing was measured."""
        ...

    def of_blocks(self, frames: Frames, blocks: Blocks, count: int) -> Array:
        """Return the figure of every block, float64 [count]; blocks, int64 [n], names each frame's."""
        ...

    def resampler(self, frames: Frames, blocks: Blocks, count: int) -> Resampler:
        """Return the function from draws of the blocks to the figure over the frames of each draw."""
        ...

    def obstacle(self, frames: Frames) -> str:
        """Return the reason why resampling gives no interval of the figure; "" where it does."""
        ...


@dataclass(frozen=True, slots=True)
class Quotient:
    """A sum over frames divided by another: means, weighted means, shares and rates.

    Of blocks it needs their sums alone, so that a draw costs a product of matrices.

    Attributes:
        parts: Function from frames to what is summed above and below, float64 [n] each; 0 where not known.
        factor: Factor of the quotient.
    """

    parts: Callable[[Frames], tuple[Array, Array]]
    factor: float = 1.0

    def __call__(self, frames: Frames) -> float:
        """Return the quotient over all frames."""
        above, below = self.parts(frames)
        return self.factor * float(above.sum()) / total if (total := float(below.sum())) > 0 else math.nan

    def of_blocks(self, frames: Frames, blocks: Blocks, count: int) -> Array:
        """Return the quotient of every block."""
        return self._divided(*self._sums(frames, blocks, count))

    def resampler(self, frames: Frames, blocks: Blocks, count: int) -> Resampler:
        """Return the function from draws to quotients."""
        above, below = self._sums(frames, blocks, count)
        return lambda draws: self._divided(draws @ above, draws @ below)

    def obstacle(self, frames: Frames) -> str:  # noqa: ARG002 (as Percentile's)
        """Return "": sums can be resampled."""
        return ""

    def _sums(self, frames: Frames, blocks: Blocks, count: int) -> tuple[Array, Array]:
        # Without a frame bincount gives whole numbers.
        above, below = (np.bincount(blocks, part, count).astype(np.float64) for part in self.parts(frames))
        return above, below

    def _divided(self, above: Array, below: Array) -> Array:
        result = np.full(len(above), math.nan)
        np.divide(self.factor * above, below, out=result, where=below > 0)
        return result


@dataclass(frozen=True, slots=True)
class Percentile:
    """A percentile of a column over the frames on which it is known, interpolated linearly.

    Attributes:
        column: Name of a column of numbers.
        share: Share of the values below it, 0 to 100; 100 is the maximum.
    """

    column: str
    share: float

    def __call__(self, frames: Frames) -> float:
        """Return the percentile over all frames."""
        return percentile(frames[self.column], self.share)

    def of_blocks(self, frames: Frames, blocks: Blocks, count: int) -> Array:
        """Return the percentile of every block."""
        order = np.argsort(blocks, kind="stable")
        starts = np.searchsorted(blocks[order], np.arange(1, count))
        parts = np.split(frames[self.column][order], starts)
        return np.array([percentile(part, self.share) for part in parts])

    def resampler(self, frames: Frames, blocks: Blocks, count: int) -> Resampler:  # noqa: ARG002 (as Quotient's)
        """Return the function from draws to percentiles: of values sorted once, each as often as drawn."""
        values = frames[self.column]
        order = np.argsort(values)[: np.count_nonzero(~np.isnan(values))]  # NaN is sorted to the end
        ranked, block = values[order], blocks[order]

        def resample(draws: Array) -> Array:
            return np.array([self._weighted(ranked, draw[block]) for draw in draws])

        return resample

    def obstacle(self, frames: Frames) -> str:
        """Name a maximum, and percentiles so far out that a few frames decide them.

        A resample holds no value above the sample's largest, so that the bootstrap fails for maxima (Bickel
        and Freedman, "Some asymptotic theory for the bootstrap", Annals of Statistics 9, 1981).
        """
        if self.share in (0, 100):
            return "an extreme value"
        beyond = min(self.share, 100 - self.share) / 100 * np.count_nonzero(~np.isnan(frames[self.column]))
        return f"fewer than {_FRAMES_BEYOND} frames lie beyond it" if beyond < _FRAMES_BEYOND else ""

    def _weighted(self, ranked: Array, times: Array) -> float:
        ends = np.cumsum(times)
        total = ends[-1] if len(ends) else 0.0
        if total == 0:
            return math.nan
        place = self.share / 100 * (total - 1)
        low, high = np.searchsorted(ends, (math.floor(place), math.ceil(place)), side="right")
        return float(ranked[low] + (place - math.floor(place)) * (ranked[high] - ranked[low]))


def weighted_mean(column: str, weight: str) -> Quotient:
    """Return the mean of a column, each frame weighted by another column, where both are known."""

    def parts(frames: Frames) -> tuple[Array, Array]:
        values, weights = _where_known(frames, column, weight)
        return values * weights, weights

    return Quotient(parts)


def ratio(part: str, whole: str, factor: float = 1.0) -> Quotient:
    """Return the sum of a column over the sum of another, where both are known."""
    return Quotient(lambda frames: _where_known(frames, part, whole), factor)


def mean(column: str) -> Quotient:
    """Return the mean of a column over the frames on which it is known."""

    def parts(frames: Frames) -> tuple[Array, Array]:
        known = np.isfinite(frames[column])
        return np.where(known, frames[column], 0.0), known.astype(np.float64)

    return Quotient(parts)


def share_of_joints(state: str) -> Quotient:
    """Return the share of joints in space of a state: measured, inferred or unknown."""

    def parts(frames: Frames) -> tuple[Array, Array]:
        counts = {one: np.nan_to_num(frames[f"{one}_joints"]) for one in ("measured", "inferred", "unknown")}
        return counts[state], np.sum(list(counts.values()), axis=0)

    return Quotient(parts)


def share_of(outcome: str) -> Quotient:
    """Return the share of the frames that had an outcome."""
    return Quotient(lambda frames: ((frames["outcome"] == outcome).astype(np.float64), np.ones(len(frames))))


def _where_known(frames: Frames, one: str, other: str) -> tuple[Array, Array]:
    first, second = frames[one], frames[other]
    known = np.isfinite(first) & np.isfinite(second)
    return np.where(known, first, 0.0), np.where(known, second, 0.0)
