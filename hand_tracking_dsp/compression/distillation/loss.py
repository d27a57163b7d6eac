"""What a pupil is asked to learn: the teacher's answers, and the exact joints where they are known."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from hand_tracking_dsp.compression.distillation.network import FEATURES
from hand_tracking_dsp.hand import JOINT_COUNT, Joint

# Distances are measured in palm sizes; below this share of one the loss is quadratic.
_SOFT = 0.01
_SMALLEST_PALM_PX = 12.0
_Z, _WORLD, _PROBABILITY, _FEATURES = 0.3, 0.3, 0.1, 0.3
_WORLD_PALM_M = 0.1


@dataclass(frozen=True, slots=True)
class Loss:
    """alpha · task + (1 - alpha) · distillation on pictures with exact truth, distillation alone elsewhere.

    (Hinton, Vinyals, Dean: Distilling the knowledge in a neural network, 2015, for coordinates instead
    of classes.) Distances are Charbonnier's, √(d² + ε²) - ε, in palm sizes as the teacher sees them, so
    that what is trained is what is measured. Where the teacher sees no hand only presence counts.

    Attributes:
        alpha: Weight of the exact truth, 0 to 1.
    """

    alpha: float = 0.1

    def __call__(self, found: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
        """Compute the mean loss of a batch.

        Args:
            found: The pupil's outputs, and its features as wide as the teacher's.
            labels: As in samples.Labels, float.

        Returns:
            A scalar.
        """
        points = found["landmarks"].float().view(-1, JOINT_COUNT, 3)
        taught = labels["landmarks"].view(-1, JOINT_COUNT, 3)
        palm = (taught[:, Joint.WRIST, :2] - taught[:, Joint.MIDDLE_MCP, :2]).norm(dim=1)
        palm = palm.clamp(min=_SMALLEST_PALM_PX)[:, None]
        plane = _charbonnier((points - taught)[:, :, :2].norm(dim=2) / palm)
        depth = _charbonnier((points - taught)[:, :, 2] / palm)
        world = found["world_landmarks"].float() - labels["world_landmarks"]
        world = _charbonnier(world.view(-1, JOINT_COUNT, 3).norm(dim=2) / _WORLD_PALM_M)
        distillation = (plane + _Z * depth + _WORLD * world).mean(1)
        truth, known = labels["truth"], ~labels["truth"].isnan().any(2).any(1)
        task = _charbonnier((points[:, :, :2] - truth.nan_to_num()).norm(dim=2) / palm).mean(1)
        alpha = self.alpha * known.float()
        hand = (labels["presence"] > 0.5).float()
        total = (hand * (alpha * task + (1 - alpha) * distillation)).sum() / hand.sum().clamp(min=1)
        total = total + _PROBABILITY * _cross_entropy(found["presence"], labels["presence"])
        total = total + _PROBABILITY * _cross_entropy(found["handedness"], labels["handedness"], hand)
        if FEATURES in found:
            total = total + _FEATURES * _feature_distance(found[FEATURES], labels[FEATURES], hand)
        return total


def deviation_percent(found: Tensor, labels: dict[str, Tensor]) -> Tensor:
    """Measure as lab.deviation does.

    Args:
        found: Landmarks, float [n, 63].
        labels: As in samples.Labels, float.

    Returns:
        float [n], % of the teacher's palm size; NaN where the teacher sees no hand.
    """
    points, taught = (x.float().view(-1, JOINT_COUNT, 3)[:, :, :2] for x in (found, labels["landmarks"]))
    palm = (taught[:, Joint.WRIST] - taught[:, Joint.MIDDLE_MCP]).norm(dim=1).clamp(min=1e-6)
    deviation = 100 * (points - taught).norm(dim=2).mean(1) / palm
    result: Tensor = deviation.masked_fill(labels["presence"] <= 0.5, torch.nan)
    return result


def _charbonnier(distance: Tensor) -> Tensor:
    return (distance.square() + _SOFT**2).sqrt() - _SOFT


def _cross_entropy(found: Tensor, taught: Tensor, weight: Tensor | None = None) -> Tensor:
    # Less the teacher's own entropy, so that a perfect pupil's loss is 0.
    taught = taught.clamp(1e-4, 1 - 1e-4)
    found = found.float().flatten().clamp(1e-4, 1 - 1e-4)
    each = functional.binary_cross_entropy(found, taught, reduction="none")
    each = each - functional.binary_cross_entropy(taught, taught, reduction="none")
    return each.mean() if weight is None else (each * weight).sum() / weight.sum().clamp(min=1)


def _feature_distance(found: Tensor, taught: Tensor, hand: Tensor) -> Tensor:
    scale = taught.square().mean().clamp(min=1e-6)
    each = (found.float() - taught).square().mean(1) / scale
    return (each * hand).sum() / hand.sum().clamp(min=1)
