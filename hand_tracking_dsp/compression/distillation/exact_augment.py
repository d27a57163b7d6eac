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

"""Changes of pictures with exact labels, which go with the picture: of few people's hands they make many."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from hand_tracking_dsp.compression.affine import Affine, AffineChange
from hand_tracking_dsp.hand import JOINT_COUNT

CHANGE = AffineChange(turn_deg=15.0, scale=0.1, stretch=0.2, shift=0.06, mirror=0.5)


def augmented(
    images: Tensor, labels: dict[str, Tensor], random: np.random.Generator, change: AffineChange = CHANGE
) -> tuple[Tensor, dict[str, Tensor]]:
    """Change pictures at random, each by its own amounts, where they are: on a CPU or a GPU.

    Args:
        images: float [n, 3, size, size].
        labels: Exact labels, as in samples.Labels.
        random: Source of the numbers drawn.
        change: Largest changes.

    Returns:
        The same of the changed pictures. A change of size is one of distance, so the joints in metres are
        turned, stretched and mirrored alone.
    """
    affine = Affine.drawn(labels["handedness"], change, random)
    half = images.shape[-1] / 2
    points, world = (labels[name].view(-1, JOINT_COUNT, 3) for name in ("landmarks", "world_landmarks"))
    moved = (affine.moved(points[:, :, :2] / half - 1) + 1) * half
    deeper = points[:, :, 2:] * affine.scale[:, None, None]
    turned = world[:, :, :2] @ affine.shape.mT
    changed = affine.warped(images, "bilinear").contiguous(memory_format=torch.channels_last)
    return changed, {
        **labels,
        "landmarks": torch.cat([moved, deeper], 2).flatten(1),
        "world_landmarks": torch.cat([turned, world[:, :, 2:]], 2).flatten(1),
        "handedness": affine.sides(labels["handedness"]),
        "palm": labels["palm"] * affine.scale,
    }
