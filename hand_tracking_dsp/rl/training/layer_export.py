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

"""Exports a layer agent to ONNX: state, network, mask, arg-max in one graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hand_tracking_dsp import __version__
from hand_tracking_dsp.control.layers.agent import LAYER_INTERVAL_S, LayerAgent
from hand_tracking_dsp.control.layers.state import layer_fields
from hand_tracking_dsp.control.policy_file import PolicyContract, write_policy
from hand_tracking_dsp.control.policy_session import open_policy
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.rl.training.layer_train import LayerNetwork
from hand_tracking_dsp.rl.training.policy_graph import finished_network
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.manifest import Manifest

LAYER_PARITY = 10_000
"""Random states that an exported agent is checked on."""

_CHOICES = len(INTENSITIES)
_TOLERANCE = 1e-4
_IMPOSSIBLE = np.float32(-1e9)
_CHOOSING = """
    scores = Where (mask, values, impossible)
    action = ArgMax <axis = 1, keepdims = 0> (scores)
"""


def layer_network(network: LayerNetwork, contract: PolicyContract) -> bytes:
    """Build the ONNX file of a layer agent.

    Args:
        network: Trained network.
        contract: Contract for the metadata.
    """
    size = network.layers[0][0].shape[1]
    seen = np.ones(size, np.float32)
    seen[list(network.blank)] = 0.0
    values: dict[str, Any] = {"seen": seen, "impossible": _IMPOSSIBLE}
    lines, name = ["seen_state = Mul (state, seen)"], "seen_state"
    for index, (weight, bias) in enumerate(network.layers):
        last = index == len(network.layers) - 1
        out = "values" if last else f"sum{index}"
        values |= {f"weight{index}": weight, f"bias{index}": bias}
        lines.append(f"{out} = Gemm <transB = 1> ({name}, weight{index}, bias{index})")
        if not last:
            name = f"hidden{index}"
            lines.append(f"{name} = Relu ({out})")
    inputs = f"float[n, {size}] state, bool[n, {_CHOICES}] mask"
    return finished_network("\n".join([*lines, _CHOOSING]), values, ("action", "values"), contract, inputs)


def export_layers(
    network: LayerNetwork,
    bank: Manifest,
    profile: CompositionProfile,
    path: Path,
    training: dict[str, Any],
) -> None:
    """Write a layer agent and its manifest, after checking that ONNX Runtime takes the same actions.

    Args:
        network: Trained network.
        bank: Bank whose blocks it was trained for.
        profile: What its layers cost, and what compositions deviate.
        path: Path of the manifest; the .onnx file lies beside it.
        training: Settings and provenance for the metadata; `weights` are the reward's.

    Raises:
        ModelError: The exported agent takes other actions than the trained one.
        OutputError: A file cannot be written.
    """
    training = {"package": __version__, **training}
    contract = PolicyContract.of_layers(bank, layer_fields(profile.names), LAYER_INTERVAL_S, training)
    data = layer_network(network, contract)
    LayerAgent(data, bank, profile)
    if differing := layer_parity(data, network):
        msg = f"The exported agent takes another action on {differing} of {LAYER_PARITY} states: report it."
        raise ModelError(msg)
    write_policy(path, data)


def layer_parity(data: bytes, network: LayerNetwork, count: int = LAYER_PARITY) -> int:
    """Count the random states on which ONNX Runtime chooses another action than what was trained.

    Actions whose values differ by a rounding are the same.
    """
    random = np.random.default_rng(0)
    states = random.uniform(-1.0, 1.0, (count, network.layers[0][0].shape[1])).astype(np.float32)
    masks = random.random((count, _CHOICES)) < 0.7
    masks[:, 0] = True
    session, _ = open_policy(data, "the exported agent")
    actions, values = session.run(["action", "values"], {"state": states, "mask": masks})
    expected = np.where(masks, network.values(states), _IMPOSSIBLE)
    rows = np.arange(count)
    lost = expected.max(axis=1) - expected[rows, actions]
    wrong = (lost > _TOLERANCE) | (np.abs(values - network.values(states)).max(axis=1) > _TOLERANCE)
    return int(wrong.sum())
