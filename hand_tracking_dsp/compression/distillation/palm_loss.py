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

"""Loss of palm detectors: the teacher's scores at all anchors, and its boxes where it sees a palm."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

OTHERS = 40.0
"""Anchors by which the sum over those without a palm is divided: of 2016 nearly all are easily told."""

_BALANCE = 3.0
"""Weight of an anchor with a palm in that of one without, where pictures without a hand are taught, too."""

_SMALLEST_PALM_PX = 4.0
# Distances of boxes and keypoints are measured in palm sizes; below this share of one the loss is quadratic.
_SOFT = 0.02
_LOWEST = -100.0


class PalmLoss:
    """Cross entropy of the scores, and distances of the boxes in palm sizes, where they are taught.

    Args:
        others: Anchors a picture by which the sum over those without a palm is divided; None: three times as
            many as have a palm in the batch. A fixed number suits pictures that all show a hand; on others it
            makes palms that are missed cost far more than false ones.
    """

    def __init__(self, others: float | None = OTHERS) -> None:
        self._others = others

    def __call__(self, found: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
        """Compute the mean loss of a batch of a palm detector's outputs; labels as in statues.palms."""
        logits, target = found["scores"].float()[:, :, 0], labels["scores"].sigmoid()
        each = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        palm, taught = (target > 0.5).float(), labels["taught"]
        count = _BALANCE * palm.sum().clamp(min=1) if self._others is None else self._others * len(logits)
        others = (each * taught * (1 - palm)).sum() / count
        anchors = labels["anchors"].long()
        boxes = found["boxes"].float().gather(1, anchors[:, :, None].expand(-1, -1, labels["boxes"].shape[2]))
        size = labels["boxes"][:, :, 2:4].amax(2, keepdim=True).clamp(min=_SMALLEST_PALM_PX)
        away = (((boxes - labels["boxes"]) / size).square() + _SOFT**2).sqrt() - _SOFT
        seen = (labels["scores"].gather(1, anchors) > 0).float()
        return _mean(each, taught * palm) + others + _mean(away.mean(2), seen)

    def error(self, found: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
        """Compute the share of pictures whose palm is missed, or in which one is seen that is not there, %.

        Returns:
            float [n], 0 or 100.
        """
        logits, taught = found["scores"].float()[:, :, 0], labels["taught"] > 0
        palm = taught & (labels["scores"] > 0)
        highest = torch.where(taught, logits, logits.new_tensor(_LOWEST)).amax(1)
        at_palm = torch.where(palm, logits, logits.new_tensor(_LOWEST)).amax(1)
        wrong = torch.where(palm.any(1), at_palm <= 0, highest > 0)
        return 100 * wrong.float()


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp(min=1)
