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

"""The package's own bank cut to three levels, a device for it, and policies that nobody trained."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hand_tracking_dsp.control.actions import Action
from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.simulation.default_device import default_device
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.episode import STEP_S
from hand_tracking_dsp.rl.training.encoding import encoded_size
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    from hand_tracking_dsp.rl.training.export import Mlp

LEVELS = 3


@pytest.fixture(scope="session")
def whole_bank() -> Manifest:
    return read_manifest(default_bank())


@pytest.fixture(scope="session")
def whole_device(whole_bank: Manifest) -> DeviceModel:
    return default_device(whole_bank)


@pytest.fixture(scope="session")
def bank(whole_bank: Manifest) -> Manifest:
    return whole_bank.with_levels(whole_bank.levels[:LEVELS])


@pytest.fixture(scope="session")
def device(whole_device: DeviceModel) -> DeviceModel:
    """Give levels that differ much: the dense one, one between, and the sparsest."""
    chosen = (0, whole_device.levels // 2, whole_device.levels - 1)
    return replace(
        whole_device,
        level_ms=tuple(whole_device.level_ms[level] for level in chosen),
        easy_percent=tuple(whole_device.easy_percent[level] for level in chosen),
        hard_percent=tuple(whole_device.hard_percent[level] for level in chosen),
        bank_points=(),
    )


@pytest.fixture(scope="session")
def figures(bank: Manifest) -> PointFigures:
    return PointFigures.of(bank)


def make_mlp(seed: int, blank: tuple[int, ...] = (), levels: int = LEVELS) -> Mlp:
    from hand_tracking_dsp.rl.training.export import Mlp

    random = np.random.default_rng(seed)
    sizes = (encoded_size(levels), 16, 16, len(Action))
    layers = tuple(
        (
            random.normal(0, 1 / np.sqrt(before), (after, before)).astype(np.float32),
            random.normal(0, 0.3, after).astype(np.float32),
        )
        for before, after in itertools.pairwise(sizes)
    )
    return Mlp(layers, blank)


@pytest.fixture(scope="session")
def random_mlp() -> Callable[..., Mlp]:
    pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
    return make_mlp


@pytest.fixture
def write_policy(bank: Manifest, tmp_path: Path) -> Callable[..., Candidate]:
    """Give a maker of learned policies on disk; parity with PyTorch is test_export's affair."""
    pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
    from hand_tracking_dsp.control.policy_file import PolicyContract, manifest_text
    from hand_tracking_dsp.rl.training.export import policy_network

    def write(name: str, weights: int = 0, folder: str = "policies", **training: Any) -> Candidate:
        metadata = {"algorithm": "ppo", "missions": 0, **training}
        network = policy_network(make_mlp(weights), PolicyContract.of(bank, "ppo", STEP_S, metadata))
        path = tmp_path / folder / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".onnx").write_bytes(network)
        path.write_text(manifest_text(f"{name}.onnx", network))
        return Candidate(name, "learned", file=path)

    return write
