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

"""Errors of exits on samples: in PyTorch, and exported as the tracker runs them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.data.depth_bytes import to_depth
from hand_tracking_dsp.compression.hourglass.loss import Votes
from hand_tracking_dsp.compression.hourglass.network import Exit, HourglassNetwork
from hand_tracking_dsp.compression.hourglass.samples import DepthSamples
from hand_tracking_dsp.evaluation.pose_benchmark.metrics import joint_errors_mm, mean_joint_error_mm
from hand_tracking_dsp.evaluation.statistics import Array
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.types import Floats
from hand_tracking_dsp.tracking.votes import joints_of

_AT_ONCE = 64


def to_tensor(samples: DepthSamples) -> Tensor:
    """Return depth as a network takes it, float [n, 1, size, size]."""
    return torch.from_numpy(to_depth(samples.images))[:, None]


@torch.no_grad()
def predicted_joints(network: HourglassNetwork, samples: DepthSamples) -> dict[Exit, Floats]:
    """Return the joints that each exit gives, float32 [n, 21, 3], as the mean of all votes."""
    network.eval()
    device = next(network.parameters()).device
    found: dict[Exit, list[Floats]] = {exit_: [] for exit_ in network.options.exits}
    for start in range(0, len(samples), _AT_ONCE):
        numbers = np.arange(start, min(start + _AT_ONCE, len(samples)))
        for exit_, maps in network(to_tensor(samples.part(numbers)).to(device)).items():
            found[exit_].append(Votes.of(maps).joints().cpu().numpy())
    return {exit_: np.concatenate(parts) for exit_, parts in found.items()}


def errors_mm(samples: DepthSamples, joints: Floats) -> Array:
    """Return the errors of joints in the cube, float32 [n, 21, 3], in the camera's frame.

    Returns:
        float64 [n, 21], mm.
    """
    metres = np.stack([samples.cube(i).to_metres(one) for i, one in enumerate(joints)])
    return joint_errors_mm(metres, samples.joints_m)


def exit_errors_mm(network: HourglassNetwork, samples: DepthSamples) -> dict[str, float]:
    """Return the mean joint error of each exit over the samples that show a hand, mm, by its name."""
    hands = samples.hands
    return {
        str(exit_): mean_joint_error_mm(errors_mm(hands, joints))
        for exit_, joints in predicted_joints(network, hands).items()
    }


def exit_joints(session: Session, samples: DepthSamples, steps: int | None = None) -> Floats:
    """Return the joints that an opened exit gives, float32 [n, 21, 3], shares of half the cube's side.

    Args:
        session: The opened network.
        samples: Depth to run it on.
        steps: Steps of mean-shift; those of the tracker if None.
    """
    options = {} if steps is None else {"steps": steps}
    return np.stack([joints_of(session.run(as_input(image)), **options) for image in samples.images])
