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

"""Features of each operating point for a network that forecasts; the export writes the same into ONNX.

Nothing in them says which bank the points are of, or how many there are: one network looks at each of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.observation import OBSERVATION_NAMES, POINT_NAMES
from hand_tracking_dsp.rl.training.encoding import ENCODING, POINT_INDEX

Floats = NDArray[np.float32]

SHARED: tuple[str, ...] = (
    "latency_p50_budgets",
    "latency_p95_budgets",
    "deadline_miss_share",
    "presence",
    "drift_percent",
    "drift_sparser_percent",
    "smoothing_residual_percent",
    "hands",
    "accelerator_utilization",
    "time_since_switch_s",
    "landmarks_budgets",
    "detection_budgets",
    "held_share",
    "hand_share",
    "hands_lost_per_s",
)
"""Entries of the observation that every point's features hold; the battery says nothing of what comes."""

# Drift alone is not of the order of 1.
_POINT_SCALE = np.array([0.1 if name == "drift_percent" else 1.0 for name in POINT_NAMES], np.float32)
_SHARES = ("late_", "tight_")
# Of a share of frames one of a hundred is as far from none as one of four from one of seven.
_POINT_POWER = np.array([0.5 if name.startswith(_SHARES) else 1.0 for name in POINT_NAMES], np.float32)
_SHARED_INDEX = np.array([OBSERVATION_NAMES.index(name) for name in SHARED])
_LOW = np.array([ENCODING[name].low for name in SHARED], np.float32)
_SCALE = np.array([1 / (ENCODING[name].high - ENCODING[name].low) for name in SHARED], np.float32)
_MISSING = np.array([ENCODING[name].missing for name in SHARED], np.float32)
_LEVEL_TIME = POINT_NAMES.index("level_time")
_LEAST_TIME = np.float32(1e-3)

POINT_FEATURES = len(POINT_NAMES) + 2 + 2 * len(SHARED)
"""Number of features of a point."""


def point_features(observations: Floats, points: Floats) -> Floats:
    """Turn observations into features.

    Args:
        observations: float32 [n, len(OBSERVATION)]; NaN = not measured.
        points: float32 [n, p, len(POINT_OBSERVATION)], likewise.

    Returns:
        float32 [n, p, POINT_FEATURES]: what is known of the point, its network's time relative to that of the
        point in use, whether it is that one, then what is shared by all points, each with whether it was
        measured.
    """
    known = np.nan_to_num(points)
    in_use = (np.arange(points.shape[1]) == observations[:, [POINT_INDEX]])[..., None].astype(np.float32)
    times = known[..., [_LEVEL_TIME]]
    own = np.maximum((times * in_use).sum(axis=1, keepdims=True), _LEAST_TIME)
    numbers = observations[:, _SHARED_INDEX]
    missing = np.isnan(numbers)
    scaled = np.clip((np.where(missing, _MISSING, numbers) - _LOW) * _SCALE, 0, 1)
    shared = np.concatenate([scaled, ~missing], axis=1, dtype=np.float32)
    of_each = np.broadcast_to(shared[:, None], (*points.shape[:2], shared.shape[1]))
    return np.concatenate(
        [known**_POINT_POWER * _POINT_SCALE, times / own, in_use, of_each], axis=2, dtype=np.float32
    )


# 1 is TensorProto.FLOAT.
POINT_LINES = """
    number_of = Shape <start = 1, end = 2> (points)
    last = Squeeze (number_of)
    every = Range (first, last, step)
    every_point = Cast <to = 1> (every)
    own_point = Gather <axis = 1> (observation, point_index)
    at = Equal (own_point, every_point)
    at_number = Cast <to = 1> (at)
    in_use = Unsqueeze (at_number, third)
    unknown = IsNaN (points)
    known = Where (unknown, zero, points)
    spread_points = Pow (known, point_power)
    scaled_points = Mul (spread_points, point_scale)
    times = Gather <axis = 2> (known, level_time)
    of_own = Mul (times, in_use)
    own_sum = ReduceSum <keepdims = 1> (of_own, second)
    own_time = Max (own_sum, least_time)
    ratio = Div (times, own_time)
    numbers = Gather <axis = 1> (observation, shared_index)
    missing = IsNaN (numbers)
    filled = Where (missing, stand_in, numbers)
    shifted = Sub (filled, low)
    unclipped = Mul (shifted, scale)
    scaled = Clip (unclipped, zero, unit)
    measured = Not (missing)
    measured_number = Cast <to = 1> (measured)
    shared = Concat <axis = 1> (scaled, measured_number)
    shared_row = Unsqueeze (shared, second)
    both = Shape <end = 2> (points)
    wide = Concat <axis = 0> (both, shared_size)
    of_each = Expand (shared_row, wide)
    features = Concat <axis = 2> (scaled_points, ratio, in_use, of_each)
"""
"""The same as point_features in ONNX's text form, from observation and points to features."""


def point_constants() -> dict[str, NDArray[Any] | np.generic]:
    """Return the constants of POINT_LINES by name."""
    return {
        "first": np.int64(0),
        "step": np.int64(1),
        "second": np.array([1], np.int64),
        "third": np.array([2], np.int64),
        "point_index": np.array([POINT_INDEX], np.int64),
        "level_time": np.array([_LEVEL_TIME], np.int64),
        "shared_index": _SHARED_INDEX.astype(np.int64),
        "shared_size": np.array([2 * len(SHARED)], np.int64),
        "point_scale": _POINT_SCALE,
        "point_power": _POINT_POWER,
        "least_time": _LEAST_TIME,
        "stand_in": _MISSING,
        "low": _LOW,
        "scale": _SCALE,
        "zero": np.float32(0),
        "unit": np.float32(1),
    }
