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

"""Learned policies, made without training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hand_tracking_dsp.control.actions import Action
from hand_tracking_dsp.control.policy_file import PolicyContract, manifest_text
from hand_tracking_dsp.tracking.manifest import Manifest


def policy_bytes(
    bank: Manifest, toward: Action | None = None, seed: int = 0, interval_s: float = 0.5, **changes: Any
) -> bytes:
    """Make a learned policy without training.

    Args:
        bank: The bank it is made for.
        toward: The action that it takes, or the nearest that it may; None: what random weights say.
        seed: Of these weights.
        interval_s: Time between two of its actions, seconds.
        changes: Fields of its contract that differ from what this package makes.
    """
    pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
    from hand_tracking_dsp.rl.training.encoding import encoded_size
    from hand_tracking_dsp.rl.training.export import Mlp, policy_network

    contract = replace(PolicyContract.of(bank, "ppo", interval_s, {"made by": "a test"}), **changes)
    random = np.random.default_rng(seed)
    sizes = (encoded_size(len(contract.points)), 8, len(Action))
    layers = [
        (random.normal(size=(out, size)).astype(np.float32), random.normal(size=out).astype(np.float32))
        for size, out in pairwise(sizes)
    ]
    if toward is not None:
        weight, bias = layers[-1]
        nearness = -np.abs(np.arange(len(Action)) - toward).astype(bias.dtype)
        layers[-1] = (np.zeros_like(weight), nearness)
    return policy_network(Mlp(tuple(layers)), contract)


@pytest.fixture(scope="session")
def policy_network() -> Callable[..., bytes]:
    """Give a maker of learned policies; see policy_bytes."""
    return policy_bytes


@pytest.fixture
def policy_file(tmp_path: Path) -> Callable[..., Path]:
    """Give a maker of learned policies with their manifest, whose path it returns; see policy_bytes."""

    def write(bank: Manifest, **options: Any) -> Path:
        network = policy_bytes(bank, **options)
        folder = tmp_path / "policy"
        folder.mkdir(exist_ok=True)
        (folder / "policy.onnx").write_bytes(network)
        (folder / "policy.json").write_text(manifest_text("policy.onnx", network))
        return folder / "policy.json"

    return write
