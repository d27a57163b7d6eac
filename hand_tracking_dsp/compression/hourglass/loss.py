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

"""Losses of the three maps and of the joints that they vote for, summed over all exits (equation 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from hand_tracking_dsp.compression.hourglass.network import Exit, Maps
from hand_tracking_dsp.tracking.votes import REACH, SHARPNESS, cell_centres

_HEAT_RADIUS = 0.25
"""Radius of a 2D heat map's cone, shares of half the cube's side; a cell at least."""

_BEHIND = -0.999
_STRIDES = {16: (2, 1), 32: (4, 2)}
"""Of fine maps only every so many rows and columns are compared in a step, which takes half the time."""


@dataclass(frozen=True, slots=True)
class LossWeights:
    """Weights of the parts of each exit's loss.

    The maps' losses are relative to maps of zeros, so that none outweighs another.
    """

    heat: float = 1.0
    closeness: float = 1.0
    directions: float = 1.0
    joints: float = 5.0
    presence: float = 0.1
    side: float = 0.1


class Targets(NamedTuple):
    """Truth of a batch of n.

    Attributes:
        joints: float [n, joints, 3], shares of half the cube's side.
        present: float [n], 1 where there is a hand; without one the joints do not count.
        sides: float [n, 2]: present, and 1 for a right hand.
    """

    joints: Tensor
    present: Tensor
    sides: Tensor


def total_loss(
    exits: Mapping[Exit, Maps], targets: Targets, weights: LossWeights, turn: int | None = None
) -> tuple[Tensor, dict[Exit, Tensor]]:
    """Sum the losses of all exits: equation 1 of the paper.

    Args:
        exits: Maps of each exit.
        targets: Truth of the batch.
        weights: Weights of the parts.
        turn: Number of the step, which chooses the cells of fine maps that are compared; all of them if None.

    Returns:
        The sum, and the loss of each exit.
    """
    losses = {exit_: exit_loss(maps, targets, weights, turn) for exit_, maps in exits.items()}
    return torch.stack(list(losses.values())).sum(), losses


def exit_loss(maps: Maps, targets: Targets, weights: LossWeights, turn: int | None = None) -> Tensor:
    """Compare one exit's maps with the truth; see total_loss."""
    radius = max(_HEAT_RADIUS, 2 / maps.heat.shape[-1])
    votes = Votes.of(maps, turn)
    present = targets.present[:, None, None]
    offsets = targets.joints[..., None] - votes.points[:, None]
    apart, towards = (offsets[:, :, :2].square().sum(2), offsets[:, :, 2])
    distances = (apart + towards.square()).sqrt().clamp_min(1e-6)
    heat = (1 - apart.sqrt() / radius).clamp_min(0)
    closeness = (1 - distances / REACH).clamp_min(0)
    on_hand = votes.shown[:, None] * present
    within = on_hand * (closeness > 0)
    unit = offsets / distances[:, :, None]
    missed = functional.smooth_l1_loss(votes.joints(), targets.joints, beta=0.04, reduction="none")
    sides = functional.binary_cross_entropy_with_logits(maps.logits.float(), targets.sides, reduction="none")
    hands = targets.present.sum().clamp_min(1)
    return (
        weights.heat * _relative((votes.heat - heat).square(), heat.square(), present)
        + weights.closeness * _relative((votes.closeness - closeness).square(), closeness.square(), on_hand)
        + weights.directions * _relative((votes.directions - unit).square().sum(2), within, within)
        + weights.joints * (missed.sum(2).mean(1) * targets.present).sum() / hands
        + weights.presence * sides[:, 0].mean()
        + weights.side * (sides[:, 1] * targets.present).sum() / hands
    )


def _relative(error: Tensor, reference: Tensor, mask: Tensor) -> Tensor:
    """Return the error relative to that of zeros, both summed where the mask says."""
    return (error * mask).sum() / (reference * mask).sum().clamp_min(1e-6)


class Votes(NamedTuple):
    """Cells of a batch of n, and what each says of each joint.

    Attributes:
        points: float [n, 3, cells], shares of half the cube's side.
        shown: float [n, cells], 1 where there is something, 0 in the background.
        heat: float [n, joints, cells].
        closeness: float [n, joints, cells].
        directions: float [n, joints, 3, cells].
    """

    points: Tensor
    shown: Tensor
    heat: Tensor
    closeness: Tensor
    directions: Tensor

    @classmethod
    def of(cls, maps: Maps, turn: int | None = None) -> Votes:
        """Take the maps of an exit; of fine ones some cells that change from turn to turn, or all if None."""
        side = maps.heat.shape[-1]
        down, across = (1, 1) if turn is None else _STRIDES.get(side, (1, 1))
        first = (0, 0) if turn is None else (turn % down, turn // down % across)
        n, joints = maps.heat.shape[:2]

        def thin(data: Tensor) -> Tensor:
            return data[:, :, first[0] :: down, first[1] :: across].float().flatten(2)

        centres = (
            torch.from_numpy(cell_centres(side).T.copy()).reshape(1, 2, side, side).to(maps.cells.device)
        )
        depth = thin(maps.cells)
        points = torch.cat([thin(centres).expand(n, -1, -1), depth], dim=1)
        directions = thin(maps.directions).reshape(n, joints, 3, -1)
        shown = (depth[:, 0] > _BEHIND).float()
        return cls(points, shown, thin(maps.heat), thin(maps.closeness), directions)

    def joints(self) -> Tensor:
        """Return the mean of all votes, float [n, joints, 3], as tracking.votes weighs them."""
        scores = SHARPNESS * (self.heat + self.closeness) - 1e4 * (1 - self.shown[:, None])
        weights = scores.softmax(2)
        reach = weights * (REACH * (1 - self.closeness.clamp(0, 1)))
        votes = torch.einsum("njc,njdc->njd", reach, self.directions)
        return votes + torch.einsum("njc,ndc->njd", weights, self.points)
