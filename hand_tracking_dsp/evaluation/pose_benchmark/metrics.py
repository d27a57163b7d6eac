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

"""Metrics of hand pose in millimetres, as the benchmarks NYU, ICVL and MSRA define them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.evaluation.statistics import Array

THRESHOLDS_MM = tuple(range(81))
"""Thresholds of the benchmarks' curves, mm."""

_MM_PER_M = 1000.0
_DECIMALS = 6


def joint_errors_mm(predicted_m: NDArray[Any], truth_m: NDArray[Any]) -> Array:
    """Return the distance of every predicted joint from the true one.

    Args:
        predicted_m: Any floats [frames, joints, 3], metres.
        truth_m: The same shape, metres; NaN where the truth is unknown.

    Returns:
        float64 [frames, joints], mm; NaN where the truth is unknown, infinite where it is known but the
        prediction is not finite.

    Raises:
        ValueError: The shapes differ.
    """
    if predicted_m.shape != truth_m.shape or predicted_m.ndim != 3 or predicted_m.shape[2] != 3:
        msg = f"Predicted joints {list(predicted_m.shape)} and true ones {list(truth_m.shape)} do not match."
        raise ValueError(msg)
    apart = predicted_m.astype(np.float64) - truth_m
    # An error that is exactly a threshold in mm stays it.
    errors: Array = np.round(np.linalg.norm(apart, axis=2) * _MM_PER_M, _DECIMALS)
    errors[~np.isfinite(predicted_m).all(axis=2)] = np.inf
    errors[~np.isfinite(truth_m).all(axis=2)] = np.nan
    return errors


def joint_means_mm(errors_mm: Array) -> Array:
    """Return the mean error of every joint over the frames in which its truth is known.

    Args:
        errors_mm: float64 [frames, joints], see joint_errors_mm.

    Returns:
        float64 [joints], mm; NaN where the joint's truth is never known.
    """
    known = ~np.isnan(errors_mm)
    counts = known.sum(axis=0)
    sums: Array = np.where(known, errors_mm, 0.0).sum(axis=0)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def mean_joint_error_mm(errors_mm: Array) -> float:
    """Return the benchmarks' "3D error": the mean over the joints of their means over the frames.

    Args:
        errors_mm: float64 [frames, joints], see joint_errors_mm.

    Returns:
        mm; NaN where no truth is known.
    """
    means = joint_means_mm(errors_mm)
    known = means[~np.isnan(means)]
    return float(known.mean()) if known.size else float("nan")


def worst_joint_mm(errors_mm: Array) -> Array:
    """Return the largest error of every frame.

    Args:
        errors_mm: float64 [frames, joints], see joint_errors_mm.

    Returns:
        float64 [frames], mm; NaN where no joint's truth is known.
    """
    known = ~np.isnan(errors_mm)
    worst = np.where(known, errors_mm, -np.inf).max(axis=1, initial=-np.inf)
    return np.where(known.any(axis=1), worst, np.nan)


def share_of_frames_within(errors_mm: Array, thresholds_mm: Sequence[float] | Array = THRESHOLDS_MM) -> Array:
    """Return the share of frames in which no joint is further away than a threshold.

    The benchmarks' success rate (J. Taylor et al., "The Vitruvian Manifold", CVPR 2012).

    Args:
        errors_mm: float64 [frames, joints], see joint_errors_mm; frames of which nothing is known do not
            count.
        thresholds_mm: Any floats [t], mm.

    Returns:
        float64 [t], 0 to 1; NaN where no frame counts.
    """
    worst = worst_joint_mm(errors_mm)
    worst = np.sort(worst[~np.isnan(worst)])
    within = np.searchsorted(worst, np.asarray(thresholds_mm, dtype=np.float64), side="right")
    return within / worst.size if worst.size else np.full(within.shape, np.nan)
