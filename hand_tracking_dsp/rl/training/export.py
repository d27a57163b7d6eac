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

"""Exports a trained policy to ONNX: normalization, network, mask, arg-max in one graph, with its contract."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.parser
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from hand_tracking_dsp import __version__
from hand_tracking_dsp.control.actions import Action
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.control.observation import OBSERVATION
from hand_tracking_dsp.control.policy_file import METADATA_KEY, PolicyContract, write_policy
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.rl.simulation.episode import STEP_S
from hand_tracking_dsp.rl.training.encoding import (
    LOW,
    MISSING,
    NUMBER_INDEX,
    NUMBERS,
    POINT_INDEX,
    SCALE,
    encode,
)
from hand_tracking_dsp.tracking.manifest import Manifest

Floats = NDArray[np.float32]

_OPSET = 17
_IR_VERSION = 8
_IMPOSSIBLE = -1e9


@dataclass(frozen=True, slots=True, eq=False)
class Mlp:
    """A multilayer perceptron from features to a score for each action.

    Attributes:
        layers: Weight [out, in] and bias [out] of each layer, float32.
        activation: Between two layers: "Tanh" or "Relu", names of ONNX operators.
        blank: Indices of entries of the observation that it never saw measured; the graph keeps them so.
    """

    layers: tuple[tuple[Floats, Floats], ...]
    activation: str
    blank: tuple[int, ...] = ()


# The same as encoding.encode, from an observation to features; 1 is TensorProto.FLOAT.
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
    level = Gather <axis = 1> (observation, level_index)
    at = Equal (level, levels)
    at_number = Cast <to = 1> (at)
    features = Concat <axis = 1> (scaled, measured_number, at_number)
"""


def policy_network(mlp: Mlp, contract: PolicyContract) -> bytes:
    """Build a policy's ONNX file.

    Args:
        mlp: Trained network, its first layer [.., encoded_size(levels)], its last [3, ..].
        contract: Contract for the metadata.
    """
    values = _feature_constants(len(contract.points), mlp.blank)
    lines = []
    name = "features"
    for index, (weight, bias) in enumerate(mlp.layers):
        last = index == len(mlp.layers) - 1
        out = "raw_scores" if last else f"hidden{index}"
        values |= {f"weight{index}": weight, f"bias{index}": bias}
        total = out if last else f"{out}_sum"
        lines.append(f"{total} = Gemm <transB = 1> ({name}, weight{index}, bias{index})")
        if not last:
            lines.append(f"{out} = {mlp.activation} ({total})")
        name = out
    values["impossible"] = np.float32(_IMPOSSIBLE)
    signature = (
        f"(float[n, {len(OBSERVATION)}] observation, bool[n, {len(Action)}] mask)"
        f" => (int64[n] action, float[n, {len(Action)}] scores)"
    )
    scores = f"scores = Where (mask, {name}, impossible)\naction = ArgMax <axis = 1, keepdims = 0> (scores)"
    graph = onnx.parser.parse_graph("\n".join([f"policy {signature} {{", _FEATURES, *lines, scores, "}"]))
    graph.initializer.extend(numpy_helper.from_array(np.asarray(value), key) for key, value in values.items())
    opset = helper.make_opsetid("", _OPSET)
    model = helper.make_model(
        graph, producer_name="hand_tracking_dsp", opset_imports=[opset], ir_version=_IR_VERSION
    )
    helper.set_model_props(model, {METADATA_KEY: contract.to_json()})
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _feature_constants(levels: int, blank: tuple[int, ...]) -> dict[str, NDArray[Any] | np.generic]:
    """Return the constants of _FEATURES by name."""
    seen = np.ones(len(OBSERVATION), dtype=np.bool_)
    seen[list(blank)] = False
    return {
        "number_index": NUMBER_INDEX.astype(np.int64),
        "level_index": np.array([POINT_INDEX], dtype=np.int64),
        "never_measured": ~seen[NUMBER_INDEX],
        "stand_in": MISSING,
        "low": LOW,
        "scale": SCALE,
        "zero": np.float32(0),
        "one": np.float32(1),
        "levels": np.arange(levels, dtype=np.float32),
    }


def export_policy(mlp: Mlp, bank: Manifest, path: Path, training: dict[str, Any]) -> None:
    """Write a policy and its manifest, after checking that ONNX Runtime takes the same actions.

    Args:
        mlp: Trained network.
        bank: Bank that it was trained for.
        path: Path of the manifest; the .onnx file lies beside it.
        training: Settings and provenance for the metadata.

    Raises:
        ModelError: The exported policy takes another action than the trained one.
        OutputError: A file cannot be written.
    """
    contract = PolicyContract.of(bank, STEP_S, {"package": __version__, **training})
    network = policy_network(mlp, contract)
    differing = parity(network, mlp, bank)
    if differing:
        msg = f"The exported policy takes another action on {differing} of {PARITY} observations: report it."
        raise ModelError(msg)
    write_policy(path, network)


PARITY = 10_000
"""Random observations that an exported policy is checked on."""


def parity(network: bytes, mlp: Mlp, bank: Manifest, count: int = PARITY) -> int:
    """Count the random observations on which ONNX Runtime takes another action than PyTorch.

    Observations are uniform within twice the range that is normalized, so that clipping is met too; a
    tenth of all entries is NaN. Masks are random, keeping is always possible.
    """
    import torch

    levels = len(bank.points)
    observations, masks = random_observations(levels, count, seed=0)
    blanked = observations.copy()
    blanked[:, list(mlp.blank)] = np.nan
    tensor = torch.from_numpy(encode(blanked, levels))
    for index, (weight, bias) in enumerate(mlp.layers):
        tensor = torch.nn.functional.linear(tensor, torch.from_numpy(weight), torch.from_numpy(bias))
        if index < len(mlp.layers) - 1:
            tensor = torch.tanh(tensor) if mlp.activation == "Tanh" else torch.relu(tensor)
    scores = torch.where(torch.from_numpy(masks), tensor, torch.tensor(_IMPOSSIBLE))
    expected = scores.argmax(dim=1).numpy()
    found = LearnedPolicy(network, bank).actions(observations, masks)
    return int(np.count_nonzero(expected != found))


def random_observations(levels: int, count: int, seed: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Draw observations, float32 [count, len(OBSERVATION)], and masks, bool [count, 3]."""
    random = np.random.default_rng(seed)
    numbers: NDArray[np.float64] = LOW + random.uniform(-0.5, 1.5, (count, len(NUMBERS))) / SCALE
    numbers[random.random(numbers.shape) < 0.1] = np.nan
    observations = np.empty((count, len(OBSERVATION)), dtype=np.float32)
    observations[:, NUMBER_INDEX] = numbers
    observations[:, POINT_INDEX] = random.integers(levels, size=count)
    masks = random.random((count, len(Action))) < 0.7
    masks[:, Action.KEEP] = True
    return observations, masks
