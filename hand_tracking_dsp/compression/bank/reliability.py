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

"""Reliability of error_percent: deviations that levels expect against those that are met."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hand_tracking_dsp.compression.bank.hold_out import CLEAN, COVERED, FileOutputs, HoldOutCrops, Mask
from hand_tracking_dsp.evaluation.statistics import area_under_curve
from hand_tracking_dsp.tracking.types import Floats

OFF_PERCENT = 15.0
"""Deviation of landmarks, % of palm, from which a hand is badly off."""

EDGES = (0.0, 3.0, 6.0, 10.0, 15.0, 30.0, math.inf)
"""Borders of the rows of a reliability table, % of palm."""

_SLOPES = (0.5, 2.0)
_ROUNDS = 50
_SMALLEST_PERCENT = 0.05


@dataclass(frozen=True, slots=True)
class Bin:
    """Hands of which a similar deviation was expected.

    Attributes:
        low: Least expected deviation, % of palm.
        high: Border above it.
        count: Number of hands.
        said: Mean of the expected deviations.
        met: Mean of the deviations met.
    """

    low: float
    high: float
    count: int
    said: float
    met: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Reliability of a file's expectations on a set of hands.

    Attributes:
        bins: Reliability table, without empty rows; () where the file says no expectation.
        count: Number of hands.
        off: Number of hands that are more than 15 % of palm off.
        said: Mean of the expected deviations, % of palm; NaN where the file says none.
        met: Mean of the deviations met, % of palm; NaN without a hand.
        auc: Area under the curve of telling those by the expected deviation; NaN where all or none are.
        presence_auc: The same by low presence.
    """

    bins: tuple[Bin, ...]
    count: int
    off: int
    said: float
    met: float
    auc: float
    presence_auc: float


def reliability(found: FileOutputs, chosen: Mask) -> Reliability:
    """Compare what a file expects of some hands with what is met, where both are known."""
    chosen = chosen & np.isfinite(found.deviation)
    if found.says_error:
        chosen &= np.isfinite(found.error_percent)
    said, met = found.error_percent[chosen], found.deviation[chosen]
    off = met > OFF_PERCENT
    says = found.says_error and len(met) > 0
    return Reliability(
        bins=_bins(said, met) if says else (),
        count=len(met),
        off=int(off.sum()),
        said=float(said.mean()) if says else math.nan,
        met=float(met.mean()) if len(met) else math.nan,
        auc=area_under_curve(said, off) if says else math.nan,
        presence_auc=area_under_curve(-found.presence[chosen], off),
    )


def agreement_samples(found: FileOutputs, held_out: HoldOutCrops) -> Mask:
    """Return the hands on which a level's expectation is compared with agreement.

    The dense level agrees with itself on clean crops, whatever it expects.
    """
    covered = held_out.of(COVERED)
    return covered if found.info.index == 0 else covered | held_out.of(CLEAN)


def fit_error_scale(said: Floats, met: Floats) -> tuple[float, float]:
    """Fit exp(slope * ln(said) + shift) to deviations, as the mean that they are distributed about.

    Maximum likelihood of an exponential distribution, the loss that the output is trained by
    (compression.distillation.error_head), by Newton's method; the slope is kept within 0.5 and 2.

    Args:
        said: Expected deviations, float32 [n], % of palm, above 0.
        met: Deviations met, float32 [n], % of palm.

    Returns:
        Slope and shift.
    """
    logarithm = np.log(np.maximum(said.astype(np.float64), _SMALLEST_PERCENT))
    inputs = np.stack([logarithm, np.ones_like(logarithm)], axis=1)
    slope_shift = np.array([1.0, math.log(max(float(met.mean()), 1e-3) / float(np.exp(logarithm).mean()))])
    # A prior of one hand keeps the slope at 1 where the expectations do not differ.
    prior = np.diag([1.0, 1e-9])
    for _ in range(_ROUNDS):
        ratio = met * np.exp(-inputs @ slope_shift)
        slope = inputs.T @ (1 - ratio) + prior @ (slope_shift - [1.0, 0.0])
        curvature = (inputs * ratio[:, None]).T @ inputs + prior
        step = np.linalg.solve(curvature, slope)
        slope_shift -= step * min(1.0, 1.0 / max(float(np.abs(step).max()), 1e-12))
    slope = float(np.clip(slope_shift[0], *_SLOPES))
    scaled = np.exp(slope * logarithm)
    return slope, math.log(max(float((met / scaled).mean()), 1e-3))


def error_score(said: Floats, met: Floats) -> float:
    """Score expectations by the negative log-likelihood of an exponential distribution; less is better."""
    expected = np.maximum(said.astype(np.float64), _SMALLEST_PERCENT)
    return float((met / expected + np.log(expected)).mean())


def _bins(said: Floats, met: Floats) -> tuple[Bin, ...]:
    found = []
    for low, high in pairwise(EDGES):
        inside = (said >= low) & (said < high)
        if inside.any():
            found.append(
                Bin(low, high, int(inside.sum()), float(said[inside].mean()), float(met[inside].mean()))
            )
    return tuple(found)
