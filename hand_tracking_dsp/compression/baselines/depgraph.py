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

"""Torch-Pruning's DepGraph pruner (Fang et al., DepGraph: Towards Any Structural Pruning, 2023), a baseline.

It prunes every channel that its dependency graph allows: those between a block's layers, as this package
does, and those of the residual stream, which this package keeps.
"""

from __future__ import annotations

from importlib.util import find_spec

import onnx
import torch

from hand_tracking_dsp.compression.baselines.layers import LayeredNetwork
from hand_tracking_dsp.errors import ConfigurationError

ROUND_TO = 8
"""Widths are multiples of this, as the tool recommends for speed; the narrowest stream has 16."""

# Smallest input that the network can halve five times; the tool only traces layers.
_EXAMPLE = (1, 3, 64, 64)


def is_installed() -> bool:
    """Return True where Torch-Pruning can be imported."""
    return find_spec("torch_pruning") is not None


def prune_by_depgraph(model: onnx.ModelProto, keep: float) -> onnx.ModelProto:
    """Prune every group of channels alike by the magnitude of the group (group L2 norm, the tool's default).

    Args:
        model: fp32 landmark network whose heads read the landmarks' features.
        keep: Share of the channels to keep, above 0, to 1.

    Raises:
        ModelError: The network has a layer that LayeredNetwork does not support.
        ConfigurationError: Torch-Pruning is not installed.
    """
    try:
        import torch_pruning
    except ImportError as error:
        msg = "Torch-Pruning is not installed: install it with make setup-lab."
        raise ConfigurationError(msg) from error
    network = LayeredNetwork(model)
    network.eval()
    pruner = torch_pruning.pruner.BasePruner(
        network,
        torch.zeros(_EXAMPLE),
        importance=torch_pruning.importance.GroupMagnitudeImportance(p=2),
        pruning_ratio=1 - keep,
        ignored_layers=network.heads(),
        round_to=ROUND_TO,
    )
    pruner.step()
    return network.to_onnx()
