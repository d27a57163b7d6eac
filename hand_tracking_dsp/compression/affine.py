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

"""Random turns, sizes, proportions, shifts and mirrorings of batches of pictures, on a CPU or a GPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class AffineChange:
    """Largest changes of a picture; of each an amount up to it is drawn.

    Attributes:
        turn_deg: Turn about the camera's axis, degrees.
        scale: Change of size, as a share.
        stretch: Change of width against length, as a share: other people's proportions.
        shift: Shift, shares of half the picture's side.
        mirror: Share of pictures that are mirrored.
    """

    turn_deg: float = 15.0
    scale: float = 0.12
    stretch: float = 0.1
    shift: float = 0.08
    mirror: float = 0.5


class Affine(NamedTuple):
    """Changes that were drawn for n pictures; places are in shares of half a side, -1 to 1.

    Attributes:
        shape: float [n, 2, 2], turn, proportions and mirroring.
        scale: float [n], change of size.
        shift: float [n, 2].
        mirrored: bool [n].
    """

    shape: Tensor
    scale: Tensor
    shift: Tensor
    mirrored: Tensor

    @classmethod
    def drawn(cls, right: Tensor, change: AffineChange, random: np.random.Generator) -> Affine:
        """Draw the changes of pictures of hands.

        Args:
            right: float [n], 1 for a right hand, 0 for a left one; another number where that is not known:
                all hands are then of one side, and none is mirrored.
            change: Largest changes.
            random: Source of the numbers drawn.
        """
        count = len(right)
        draws = torch.from_numpy(random.uniform(-1, 1, (5, count))).float()
        mirrored = torch.from_numpy(random.uniform(size=count) < change.mirror)
        mirrored &= ((right == 0) | (right == 1)).cpu()
        turn = torch.deg2rad(change.turn_deg * draws[0])
        across, down = (torch.exp(sign * change.stretch * draws[2] / 2) for sign in (1, -1))
        across = torch.where(mirrored, -across, across)
        cos, sin = turn.cos(), turn.sin()
        # Turned after it was stretched: the stretch is along the hand.
        shape = torch.stack([cos * across, -sin * down, sin * across, cos * down], 1).view(-1, 2, 2)
        parts = shape, torch.exp(change.scale * draws[1]), change.shift * draws[3:5].T, mirrored
        return cls(*(part.to(right.device) for part in parts))

    def moved(self, places: Tensor) -> Tensor:
        """Return where places, float [n, points, 2], come to lie."""
        return places @ self._matrix.mT + self.shift[:, None]

    def warped(self, pictures: Tensor, mode: str) -> Tensor:
        """Return the changed pictures, float [n, channels, side, side]; 0 where there was nothing."""
        back = torch.linalg.inv(self._matrix)
        theta = torch.cat([back, -back @ self.shift[:, :, None]], 2)
        grid = functional.affine_grid(theta, list(pictures.shape), align_corners=False)
        return functional.grid_sample(pictures, grid, mode=mode, align_corners=False)

    def sides(self, right: Tensor) -> Tensor:
        """Return the probabilities of a right hand, float [n], of the changed pictures."""
        return torch.where(self.mirrored, 1 - right, right)

    @property
    def _matrix(self) -> Tensor:
        return self.shape * self.scale[:, None, None]
