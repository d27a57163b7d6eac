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

"""Loss of distillation: distance from the teacher's outputs and, where they are known, the exact joints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from hand_tracking_dsp.compression.distillation.network import FEATURES
from hand_tracking_dsp.hand import JOINT_COUNT, Joint


class Objective(Protocol):
    """Goal of a training: its loss, and the error that validation shows."""

    def __call__(self, found: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
        """Compute the mean loss of a batch."""

    def error(self, found: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
        """Compute what validation shows, float [n], NaN where a sample says nothing; less is better."""


# Distances are measured in palm sizes; below this share of one the loss is quadratic.
_SOFT = 0.01
_SMALLEST_PALM_PX = 12.0
_Z, _WORLD, _PROBABILITY, _FEATURES = 0.3, 0.3, 0.1, 0.3
WORLD_PALM_M = 0.1
"""Size of a palm in world landmarks, metres."""
_EXACT_WORLD = 1.0


@dataclass(frozen=True, slots=True)
class Loss:
    """alpha · task + (1 - alpha) · distillation on pictures with exact truth, distillation alone elsewhere.

    (Hinton, Vinyals, Dean: Distilling the knowledge in a neural network, 2015, for coordinates instead
    of classes.) Distances are Charbonnier's, √(d² + ε²) - ε, in palm sizes as the teacher sees them, so
    that the loss measures what is reported. Where the teacher sees no hand only presence counts. A label
    "weight", 0 to 1, says how much a sample's joints count; without it all count alike.

    Attributes:
        alpha: Weight of the exact joints, 0 to 1.
        exact: Whether the labels are no teacher's but exact: then distances are in palm sizes as they are in
            space (label "palm"), and the joints in metres weigh as much as those in the picture.
    """

    alpha: float = 0.1
    exact: bool = False

    def __call__(self, found: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
        """Compute the mean loss of a batch; found has features mapped to the teacher's width, too."""
        points = found["landmarks"].float().view(-1, JOINT_COUNT, 3)
        target = labels["landmarks"].view(-1, JOINT_COUNT, 3)
        palm = labels["palm"].clamp(min=_SMALLEST_PALM_PX) if self.exact else palm_px(labels["landmarks"])
        palm = palm[:, None]
        plane = _charbonnier((points - target)[:, :, :2].norm(dim=2) / palm)
        depth = _charbonnier((points - target)[:, :, 2] / palm)
        world = found["world_landmarks"].float() - labels["world_landmarks"]
        world = _charbonnier(world.view(-1, JOINT_COUNT, 3).norm(dim=2) / WORLD_PALM_M)
        distillation = (plane + _Z * depth + (_EXACT_WORLD if self.exact else _WORLD) * world).mean(1)
        if "truth" in labels:
            truth, known = labels["truth"], ~labels["truth"].isnan().any(2).any(1)
            task = _charbonnier((points[:, :, :2] - truth.nan_to_num()).norm(dim=2) / palm).mean(1)
            alpha = self.alpha * known.float()
            distillation = alpha * task + (1 - alpha) * distillation
        hand = (labels["presence"] > 0.5).float() * labels.get("weight", torch.ones(()))
        total = (hand * distillation).sum() / hand.sum().clamp(min=1)
        total = total + _PROBABILITY * _cross_entropy(found["presence"], labels["presence"])
        total = total + _PROBABILITY * _cross_entropy(found["handedness"], labels["handedness"], hand)
        if FEATURES in found and FEATURES in labels:
            total = total + _FEATURES * _feature_distance(found[FEATURES], labels[FEATURES], hand)
        return total

    def error(self, found: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
        """Compute the deviation from the teacher, % of palm size, or from exact labels in space, mm."""
        if self.exact:
            return error_mm(found["world_landmarks"], labels)
        return deviation_percent(found["landmarks"], labels)


def palm_px(landmarks: Tensor) -> Tensor:
    """Return the length of palms, from the wrist to the middle finger, of landmarks [n, 63]: pixels, [n]."""
    points = landmarks.float().view(-1, JOINT_COUNT, 3)[:, :, :2]
    length = (points[:, Joint.WRIST] - points[:, Joint.MIDDLE_MCP]).norm(dim=1)
    return length.clamp(min=_SMALLEST_PALM_PX)


def deviation_percent(found: Tensor, labels: dict[str, Tensor]) -> Tensor:
    """Compute the deviation as compression.bank.deviation does.

    Args:
        found: Landmarks, float [n, 63].
        labels: Labels as in samples.Labels, float.

    Returns:
        float [n], % of the teacher's palm size; NaN where the teacher sees no hand.
    """
    points, target = (x.float().view(-1, JOINT_COUNT, 3)[:, :, :2] for x in (found, labels["landmarks"]))
    palm = (target[:, Joint.WRIST] - target[:, Joint.MIDDLE_MCP]).norm(dim=1).clamp(min=1e-6)
    deviation = 100 * (points - target).norm(dim=2).mean(1) / palm
    result: Tensor = deviation.masked_fill(labels["presence"] <= 0.5, torch.nan)
    return result


def error_mm(found: Tensor, labels: dict[str, Tensor]) -> Tensor:
    """Compute the error of joints in space, as compression.statues.measure does.

    Args:
        found: World landmarks, float [n, 63].
        labels: Labels as in samples.Labels, float, exact.

    Returns:
        float [n], mm, mean over the joints; NaN where there is no hand.
    """
    points, target = (x.float().view(-1, JOINT_COUNT, 3) for x in (found, labels["world_landmarks"]))
    points, target = (x - x.mean(1, keepdim=True) for x in (points, target))
    error = 1000 * (points - target).norm(dim=2).mean(1)
    result: Tensor = error.masked_fill(labels["presence"] <= 0.5, torch.nan)
    return result


def _charbonnier(distance: Tensor) -> Tensor:
    return (distance.square() + _SOFT**2).sqrt() - _SOFT


def _cross_entropy(found: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    # Minus the teacher's own entropy, so that a perfect student's loss is 0.
    target = target.clamp(1e-4, 1 - 1e-4)
    found = found.float().flatten().clamp(1e-4, 1 - 1e-4)
    each = functional.binary_cross_entropy(found, target, reduction="none")
    each = each - functional.binary_cross_entropy(target, target, reduction="none")
    return each.mean() if weight is None else (each * weight).sum() / weight.sum().clamp(min=1)


def _feature_distance(found: Tensor, target: Tensor, hand: Tensor) -> Tensor:
    scale = target.square().mean().clamp(min=1e-6)
    each = (found.float() - target).square().mean(1) / scale
    return (each * hand).sum() / hand.sum().clamp(min=1)
