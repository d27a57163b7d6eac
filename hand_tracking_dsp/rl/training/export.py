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

"""Exports a policy of three actions to ONNX: normalization, network, mask, arg-max in one graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp import __version__
from hand_tracking_dsp.control.actions import Action
from hand_tracking_dsp.control.learned import GOALS, LearnedPolicy
from hand_tracking_dsp.control.observation import OBSERVATION, POINT_OBSERVATION
from hand_tracking_dsp.control.policy_file import ACTIONS_KIND, PolicyContract, write_policy
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.rl.simulation.episode import STEP_S
from hand_tracking_dsp.rl.training.encoding import (
    GOAL_LINES,
    GOAL_SCALE,
    LOW,
    MISSING,
    NUMBER_INDEX,
    NUMBERS,
    POINT_INDEX,
    SCALE,
    encode,
    goal_constants,
)
from hand_tracking_dsp.rl.training.policy_graph import finished_network
from hand_tracking_dsp.tracking.manifest import Manifest

Floats = NDArray[np.float32]

_IMPOSSIBLE = -1e9


@dataclass(frozen=True, slots=True, eq=False)
class Mlp:
    """A multilayer perceptron from features to a score for each action, tanh between two layers.

    Attributes:
        layers: Weight [out, in] and bias [out] of each layer, float32.
        blank: Indices of entries of the observation that it never saw measured; the graph keeps them so.
    """

    layers: tuple[tuple[Floats, Floats], ...]
    blank: tuple[int, ...] = ()


# The same as encoding.encode, from an observation and scaled goals to features; 1 is TensorProto.FLOAT.
_FEATURES = """
    numbers = Gather <axis = 1> (observation, number_index)
    not_measured = IsNaN (numbers)
    missing = Or (not_measured, never_measured)
    filled = Where (missing, stand_in, numbers)
    shifted = Sub (filled, low)
    unclipped = Mul (shifted, scale)
    scaled = Clip (unclipped, zero, one)
    measured = Not (missing)
    measured_number = Cast <to = 1> (measured)
    own = Gather <axis = 1> (observation, point_index)
    at = Equal (own, every_point)
    at_number = Cast <to = 1> (at)
    features = Concat <axis = 1> (scaled, measured_number, scaled_goals, at_number)
"""
# From a score of each action to one of each point, 7 is TensorProto.INT64: only the point itself and its
# neighbours can be reached.
_POINTS = """
    number_of = Shape <start = 1, end = 2> (mask)
    last = Squeeze (number_of)
    every = Range (first, last, step)
    position = Cast <to = 1> (every)
    not_known = IsNaN (own)
    from_point = Where (not_known, zero, own)
    offset = Sub (position, from_point)
    distance = Abs (offset)
    near = Less (distance, beyond)
    stepped = Add (offset, one)
    bounded = Clip (stepped, zero, two)
    action = Cast <to = 7> (bounded)
    of_points = GatherElements <axis = 1> (of_actions, action)
    possible = And (mask, near)
    scores = Where (possible, of_points, impossible)
    point = ArgMax <axis = 1, keepdims = 0> (scores)
"""


def policy_network(mlp: Mlp, contract: PolicyContract) -> bytes:
    """Build the ONNX file of a policy that was trained to take actions.

    Args:
        mlp: Trained network, its first layer [.., encoded_size(points)], its last [3, ..].
        contract: Contract for the metadata, of a bank's points.
    """
    values = _feature_constants(len(contract.points), mlp.blank) | goal_constants()
    lines = []
    name = "features"
    for index, (weight, bias) in enumerate(mlp.layers):
        last = index == len(mlp.layers) - 1
        out = "of_actions" if last else f"hidden{index}"
        values |= {f"weight{index}": weight, f"bias{index}": bias}
        total = out if last else f"{out}_sum"
        lines.append(f"{total} = Gemm <transB = 1> ({name}, weight{index}, bias{index})")
        if not last:
            lines.append(f"{out} = Tanh ({total})")
        name = out
    values |= {"impossible": np.float32(_IMPOSSIBLE), "beyond": np.float32(1.5), "two": np.float32(2)}
    values |= {"first": np.int64(0), "step": np.int64(1)}
    graph = "\n".join([GOAL_LINES, _FEATURES, *lines, _POINTS])
    return finished_network(graph, values, ("point", "scores"), contract)


def _feature_constants(levels: int, blank: tuple[int, ...]) -> dict[str, NDArray[Any] | np.generic]:
    """Return the constants of _FEATURES by name."""
    seen = np.ones(len(OBSERVATION), dtype=np.bool_)
    seen[list(blank)] = False
    return {
        "number_index": NUMBER_INDEX.astype(np.int64),
        "point_index": np.array([POINT_INDEX], dtype=np.int64),
        "never_measured": ~seen[NUMBER_INDEX],
        "stand_in": MISSING,
        "low": LOW,
        "scale": SCALE,
        "zero": np.float32(0),
        "one": np.float32(1),
        "every_point": np.arange(levels, dtype=np.float32),
    }


def export_policy(mlp: Mlp, bank: Manifest, path: Path, training: dict[str, Any]) -> None:
    """Write a policy and its manifest, after checking that ONNX Runtime takes the same actions.

    Args:
        mlp: Trained network.
        bank: Bank that it was trained for.
        path: Path of the manifest; the .onnx file lies beside it.
        training: Settings and provenance for the metadata, its algorithm among them.

    Raises:
        ModelError: The exported policy takes another action than the trained one.
        OutputError: A file cannot be written.
    """
    contract = PolicyContract.of(bank, ACTIONS_KIND, STEP_S, {"package": __version__, **training})
    network = policy_network(mlp, contract)
    differing = parity(network, mlp, bank)
    if differing:
        msg = f"The exported policy takes another action on {differing} of {PARITY} observations: report it."
        raise ModelError(msg)
    write_policy(path, network)


PARITY = 10_000
"""Random observations that an exported policy is checked on."""


def parity(network: bytes, mlp: Mlp, bank: Manifest, count: int = PARITY) -> int:
    """Count the random observations on which ONNX Runtime chooses another point than PyTorch.

    Observations are uniform within twice the range that is normalized, so that clipping is met too; a
    tenth of all entries is NaN. Goals and masks are random, keeping is always possible.
    """
    import torch

    levels = len(bank.points)
    observations, masks = random_observations(levels, count, seed=0)
    blanked = observations.copy()
    blanked[:, list(mlp.blank)] = np.nan
    goals = random_goals(count, seed=1)
    tensor = torch.from_numpy(encode(blanked, goals, levels))
    for index, (weight, bias) in enumerate(mlp.layers):
        tensor = torch.nn.functional.linear(tensor, torch.from_numpy(weight), torch.from_numpy(bias))
        if index < len(mlp.layers) - 1:
            tensor = torch.tanh(tensor)
    own = observations[:, POINT_INDEX].astype(np.int64)
    reached = own[:, None] + np.array([action.step for action in Action])
    possible = (reached >= 0) & (reached < levels)
    possible &= np.take_along_axis(masks, reached.clip(0, levels - 1), axis=1)
    scores = torch.where(torch.from_numpy(possible), tensor, torch.tensor(_IMPOSSIBLE))
    expected = np.take_along_axis(reached, scores.argmax(dim=1).numpy()[:, None], axis=1)[:, 0]
    found = LearnedPolicy(network, bank).run(["point"], *without_points(observations, masks, goals))[0]
    return int(np.count_nonzero(expected != found))


def without_points(
    observations: Floats, masks: NDArray[np.bool_], goals: Floats | None = None
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Return a policy's inputs of which nothing is known by point; without goals all weights are 0."""
    points = np.full((*masks.shape, len(POINT_OBSERVATION)), np.nan, dtype=np.float32)
    if goals is None:
        goals = np.zeros((len(observations), len(GOALS)), dtype=np.float32)
    return observations, points, goals, masks


def random_goals(count: int, seed: int) -> Floats:
    """Draw goals, float32 [count, len(GOALS)], uniform within 1.5 times the range that is normalized."""
    drawn = np.random.default_rng(seed).uniform(0, 1.5, (count, len(GOALS))) / GOAL_SCALE
    return drawn.astype(np.float32)


def random_observations(levels: int, count: int, seed: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Draw observations, float32 [count, len(OBSERVATION)], and masks of points, bool [count, levels]."""
    random = np.random.default_rng(seed)
    numbers: NDArray[np.float64] = LOW + random.uniform(-0.5, 1.5, (count, len(NUMBERS))) / SCALE
    numbers[random.random(numbers.shape) < 0.1] = np.nan
    observations = np.empty((count, len(OBSERVATION)), dtype=np.float32)
    observations[:, NUMBER_INDEX] = numbers
    own = random.integers(levels, size=count)
    observations[:, POINT_INDEX] = own
    masks = random.random((count, levels)) < 0.7
    masks[np.arange(count), own] = True
    return observations, masks
