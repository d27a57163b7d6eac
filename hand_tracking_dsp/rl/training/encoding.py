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

"""Encodes observations as a policy network's input; the export writes the same into ONNX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.learned import GOALS
from hand_tracking_dsp.control.observation import OBSERVATION_NAMES

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FieldEncoding:
    """Normalization of one entry of the observation: clip((value - low) / (high - low), 0, 1)."""

    low: float
    high: float
    missing: float


ENCODING: dict[str, FieldEncoding] = {
    "sparsity": FieldEncoding(0, 1, 0),
    "latency_p50_budgets": FieldEncoding(0, 1.5, 0.6),
    "latency_p95_budgets": FieldEncoding(0, 2, 0.8),
    "deadline_miss_share": FieldEncoding(0, 0.25, 0),
    "battery_charge": FieldEncoding(0, 1, 1),
    "power_w": FieldEncoding(0, 40, 10),
    "power_trend_w_per_s": FieldEncoding(-1, 1, 0),
    "presence": FieldEncoding(0.5, 1, 1),
    "drift_percent": FieldEncoding(0, 20, 4),
    "drift_sparser_percent": FieldEncoding(0, 6, 2),
    "smoothing_residual_percent": FieldEncoding(0, 8, 1),
    "input_mean": FieldEncoding(0, 1, 0.5),
    "input_std": FieldEncoding(0, 0.5, 0.2),
    "hands": FieldEncoding(0, 2, 0),
    "accelerator_utilization": FieldEncoding(0, 1, 0),
    "time_since_switch_s": FieldEncoding(0, 12, 12),
    "landmarks_budgets": FieldEncoding(0, 1, 0.3),
    "detection_budgets": FieldEncoding(0, 1, 0),
    "held_share": FieldEncoding(0, 1, 0),
    "hand_share": FieldEncoding(0, 1, 1),
    "hands_lost_per_s": FieldEncoding(0, 1, 0),
    "battery_lasts": FieldEncoding(0, 2, 1),
}
"""By entry; the level itself becomes one number for each level of the bank, 1 for the level in use."""

NUMBERS: tuple[str, ...] = tuple(name for name in OBSERVATION_NAMES if name != "operating_point")
POINT_INDEX = OBSERVATION_NAMES.index("operating_point")
NUMBER_INDEX = np.array([OBSERVATION_NAMES.index(name) for name in NUMBERS])

LOW = np.array([ENCODING[name].low for name in NUMBERS], dtype=np.float32)
SCALE = np.array([1 / (ENCODING[name].high - ENCODING[name].low) for name in NUMBERS], dtype=np.float32)
MISSING = np.array([ENCODING[name].missing for name in NUMBERS], dtype=np.float32)

GOAL_HIGH: dict[str, float] = {
    "alpha": 1.0,
    "beta": 1.0,
    "gamma": 1.0,
    "error_limit_percent": 20.0,
    "late_free": 0.02,
}
"""Value of each entry of control.learned.GOALS above which a network sees no difference."""

GOAL_SCALE = np.array([1 / GOAL_HIGH[name] for name in GOALS], dtype=np.float32)
for _constant in (LOW, SCALE, MISSING, GOAL_SCALE):
    _constant.setflags(write=False)

# The root tells weights apart that differ by their order of magnitude, as prices do.
GOAL_LINES = """
    goal_shares = Mul (goals, goal_scale)
    goal_clipped = Clip (goal_shares, goal_low, goal_high)
    scaled_goals = Sqrt (goal_clipped)
"""
"""The same as goal_features in ONNX's text form, from goals to scaled_goals."""


def goal_constants() -> dict[str, NDArray[Any] | np.generic]:
    """Return the constants of GOAL_LINES by name."""
    return {"goal_scale": GOAL_SCALE, "goal_low": np.float32(0), "goal_high": np.float32(1)}


def goal_features(goals: Floats) -> Floats:
    """Turn goals into features, float32 [..., len(GOALS)], 0 to 1, of goals float32 [..., len(GOALS)]."""
    features: Floats = np.sqrt(np.clip(goals * GOAL_SCALE, 0, 1))
    return features


def encoded_size(levels: int) -> int:
    """Return the number of features for a bank of so many levels."""
    return 2 * len(NUMBERS) + len(GOALS) + levels


def encode(vectors: Floats, goals: Floats, levels: int) -> Floats:
    """Turn observations and goals into features.

    Args:
        vectors: float32 [..., len(OBSERVATION)]; NaN = not measured.
        goals: float32 [..., len(GOALS)].
        levels: Levels of the bank.

    Returns:
        float32 [..., encoded_size(levels)], 0 to 1: the numbers, then for each whether it was measured,
        then the goals, then one for each level.
    """
    numbers = vectors[..., NUMBER_INDEX]
    missing = np.isnan(numbers)
    scaled = np.clip((np.where(missing, MISSING, numbers) - LOW) * SCALE, 0, 1)
    level = np.arange(levels) == vectors[..., POINT_INDEX, None]
    return np.concatenate([scaled, ~missing, goal_features(goals), level], axis=-1, dtype=np.float32)
