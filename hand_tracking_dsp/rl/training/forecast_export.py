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

"""Exports a network that forecasts to ONNX: features, forecast, goals, mask, arg-max in one graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hand_tracking_dsp import __version__
from hand_tracking_dsp.control.forecast import DRIFT_OF_NO_USE_PERCENT
from hand_tracking_dsp.control.goal_policy import FADES_S, LEAST_ADVANTAGE
from hand_tracking_dsp.control.learned import GOALS, LearnedPolicy
from hand_tracking_dsp.control.observation import OBSERVATION_NAMES, POINT_OBSERVATION
from hand_tracking_dsp.control.policy_file import FORECAST_KIND, VALUES_KIND, PolicyContract, write_policy
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.rl.simulation.episode import STEP_S
from hand_tracking_dsp.rl.training.encoding import GOAL_LINES, goal_constants, goal_features
from hand_tracking_dsp.rl.training.export import Floats, random_goals, random_observations
from hand_tracking_dsp.rl.training.forecast_train import PointMlp, point_values
from hand_tracking_dsp.rl.training.point_features import POINT_LINES, point_constants, point_features
from hand_tracking_dsp.rl.training.policy_graph import finished_network
from hand_tracking_dsp.tracking.manifest import Manifest

DECISION_S = 0.1
"""Time between two decisions, seconds: what recent frames say changes with each of them."""

ADVANTAGE = 0.01
"""How much better another point must be than one just changed to, in wrong hands; see control.goal_policy."""

FREE_GOALS = ("error_limit_percent", "late_free")
"""Entries of control.learned.GOALS below which nothing counts."""

_TOLERANCE = 1e-5
_IMPOSSIBLE = -1e9

# From the features of a point and the goals, which are the same for all points, to all features.
_WITH_GOALS = """
    goal_row = Unsqueeze (scaled_goals, second)
    goals_wide = Concat <axis = 0> (both, goals_size)
    goals_of_each = Expand (goal_row, goals_wide)
    all_features = Concat <axis = 2> (features, goals_of_each)
"""
# error is (drift / 20 %)²: what of it lies beyond the limit of the goals counts.
_FROM_FORECAST = """
    shares_raw, energy_raw = Split <axis = 2> (raw, shares_and_energy)
    shares = Sigmoid (shares_raw)
    energy = Softplus (energy_raw)
    late, error = Split <axis = 2> (shares)
    forecast = Concat <axis = 2> (late, error, energy)
    goals_left = Mul (goals, left)
    goal_rows = Unsqueeze (goals_left, second)
    alpha, beta, gamma, limit, free = Split <axis = 2> (goal_rows)
    root = Sqrt (error)
    drift = Mul (root, of_no_use)
    above = Sub (drift, limit)
    beyond = Relu (above)
    harm_root = Div (beyond, of_no_use)
    harm = Mul (harm_root, harm_root)
    right = Sub (unit, harm)
    accuracy = Mul (alpha, right)
    late_above = Sub (late, free)
    late_beyond = Relu (late_above)
    in_time = Sub (unit, late_beyond)
    time = Mul (beta, in_time)
    cost = Mul (gamma, energy)
    since = Gather <axis = 1> (observation, since_index)
    not_known = IsNaN (since)
    known_since = Where (not_known, zero, since)
    faded_by = Div (known_since, fades)
    fading = Exp (faded_by)
    remaining = Max (fading, least_advantage)
    remaining_rows = Unsqueeze (remaining, second)
    whole_advantage = Mul (alpha, advantage)
    kept = Mul (whole_advantage, remaining_rows)
    keeping = Mul (kept, in_use)
    gained = Add (accuracy, time)
    spent = Sub (gained, cost)
    column = Add (spent, keeping)
    worth = Squeeze (column, third)
    scores = Where (mask, worth, impossible)
    point = ArgMax <axis = 1, keepdims = 0> (scores)
"""


def forecast_network(mlp: PointMlp, contract: PolicyContract) -> bytes:
    """Build the ONNX file of a policy that forecasts.

    Args:
        mlp: Trained network.
        contract: Contract for the metadata.
    """
    values = point_constants()
    lines, name = [POINT_LINES], "features"
    if mlp.sees_goals:
        lines, name = [POINT_LINES, GOAL_LINES, _WITH_GOALS], "all_features"
        values |= goal_constants() | {"goals_size": np.array([len(GOALS)], np.int64)}
    for index, (weight, bias) in enumerate(mlp.layers):
        last = index == len(mlp.layers) - 1
        values |= {f"weight{index}": np.ascontiguousarray(weight.T), f"bias{index}": bias}
        lines.append(f"product{index} = MatMul ({name}, weight{index})")
        lines.append(f"{'raw' if last else f'sum{index}'} = Add (product{index}, bias{index})")
        if not last:
            lines.append(f"gate{index} = Sigmoid (sum{index})")
            lines.append(f"hidden{index} = Mul (sum{index}, gate{index})")
        name = f"hidden{index}"
    values |= {
        "shares_and_energy": np.array([2, 1], np.int64),
        # Values have none of what the goals leave free.
        "left": np.array([not (mlp.sees_goals and goal in FREE_GOALS) for goal in GOALS], np.float32),
        "of_no_use": np.float32(DRIFT_OF_NO_USE_PERCENT),
        "advantage": np.float32(ADVANTAGE * mlp.present),
        "since_index": np.array([OBSERVATION_NAMES.index("time_since_switch_s")], np.int64),
        "fades": np.float32(-FADES_S),
        "least_advantage": np.float32(LEAST_ADVANTAGE),
        "impossible": np.float32(_IMPOSSIBLE),
    }
    outputs = ("point", "scores", "forecast")
    return finished_network("\n".join([*lines, _FROM_FORECAST]), values, outputs, contract)


def export_forecast(mlp: PointMlp, bank: Manifest, path: Path, training: dict[str, Any]) -> None:
    """Write a policy that forecasts and its manifest, after checking that ONNX Runtime forecasts the same.

    One that sees the goals is of values, and decides as often as its missions' steps come.

    Args:
        mlp: Trained network.
        bank: Bank that it was trained for; it fits others, too.
        path: Path of the manifest; the .onnx file lies beside it.
        training: Settings and provenance for the metadata.

    Raises:
        ModelError: The exported policy forecasts something else than the trained one.
        OutputError: A file cannot be written.
    """
    kind, interval_s = (VALUES_KIND, STEP_S) if mlp.sees_goals else (FORECAST_KIND, DECISION_S)
    contract = PolicyContract.of(bank, kind, interval_s, {"package": __version__, **training})
    network = forecast_network(mlp, contract)
    difference = largest_difference(network, mlp, bank)
    if not difference < _TOLERANCE:
        msg = f"The exported policy forecasts {difference:.2g} more or less than the trained one: report it."
        raise ModelError(msg)
    write_policy(path, network)


def largest_difference(network: bytes, mlp: PointMlp, bank: Manifest, count: int = 2000) -> float:
    """Return the largest difference of ONNX Runtime's forecasts from PyTorch's where all inputs are random.

    Of an energy above 1 it is the share.
    """
    import torch

    observations, masks = random_observations(len(bank.points), count, seed=0)
    points = random_points(len(bank.points), count, seed=1)
    goals = random_goals(count, seed=2)
    features = point_features(observations, points)
    if mlp.sees_goals:
        of_each = np.broadcast_to(goal_features(goals)[:, None], (*points.shape[:2], len(GOALS)))
        features = np.concatenate([features, of_each], axis=2)
    tensor = torch.from_numpy(features)
    for index, (weight, bias) in enumerate(mlp.layers):
        tensor = torch.nn.functional.linear(tensor, torch.from_numpy(weight), torch.from_numpy(bias))
        if index < len(mlp.layers) - 1:
            tensor = torch.nn.functional.silu(tensor)
    expected = point_values(tensor).numpy()
    (found,) = LearnedPolicy(network, bank).run(["forecast"], observations, points, goals, masks)
    return float((np.abs(found - expected) / np.maximum(expected, 1.0)).max())


def random_points(points: int, count: int, seed: int) -> Floats:
    """Draw what is known of points: float32 [count, points, len(POINT_OBSERVATION)], a tenth NaN."""
    random = np.random.default_rng(seed)
    high = np.array([min(field.high, 20.0) for field in POINT_OBSERVATION])
    drawn = random.uniform(0, high, (count, points, len(POINT_OBSERVATION)))
    drawn[random.random(drawn.shape) < 0.1] = np.nan
    return drawn.astype(np.float32)
