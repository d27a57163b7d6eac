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

"""Depth images of flat things, and exact maps of joints, as a perfect depth network would give them."""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.tracking.backends.base import TensorSpec
from hand_tracking_dsp.tracking.contract import DEPTH_INPUT, depth_contract
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.types import Floats
from hand_tracking_dsp.tracking.votes import REACH, cell_centres

CAMERA = Intrinsics(476.0, 476.0, 160.0, 120.0)


def disc_view(
    depth_m: float = 0.5,
    radius_px: float = 90.0,
    behind_m: float = 0.0,
    centre: tuple[float, float] = (160, 120),
) -> DepthView:
    """Make a depth image, 240x320, of a disc before a wall, or before nothing where behind_m is 0."""
    y, x = np.mgrid[:240, :320]
    inside = np.hypot(x - centre[0], y - centre[1]) < radius_px
    return DepthView(np.where(inside, depth_m, behind_m).astype(np.float32), CAMERA)


def exact_maps(joints: Floats, cells: Floats) -> tuple[Floats, Floats, Floats]:
    """Make heat maps, closeness and directions of joints, float32 [21, 3], for the cells of a depth map."""
    side = len(cells)
    points = np.concatenate([cell_centres(side), cells.reshape(-1, 1)], axis=1)
    offsets = joints[:, None] - points[None]
    distances = np.maximum(np.linalg.norm(offsets, axis=2), 1e-6)
    heat = np.maximum(1 - np.linalg.norm(offsets[..., :2], axis=2) / max(0.25, 2 / side), 0)
    closeness = np.maximum(1 - distances / REACH, 0)
    directions = (offsets / distances[..., None]).transpose(0, 2, 1)
    shapes = ((-1, side, side),) * 3
    maps = (heat, closeness, directions.reshape(-1, side * side))
    heat, closeness, directions = (
        one.astype(np.float32).reshape(shape) for one, shape in zip(maps, shapes, strict=True)
    )
    return heat, closeness, directions


class ExactNetwork:
    """Session of a network that knows where the joints are."""

    provider = "test"
    problem = ""

    def __init__(self, joints: Floats, side: int = 32, presence: float = 0.9, right: float = 0.2) -> None:
        self.nodes: dict[str, int] = {}
        self.joints = joints
        self.side = side
        self.answers = presence, right
        self.seen: Floats | None = None
        contract = depth_contract(side)
        self.inputs = (contract.input(DEPTH_INPUT),)
        self.outputs = tuple(TensorSpec(*output) for output in contract.outputs)

    def run(self, tensor: Floats) -> tuple[Floats, ...]:
        """Answer with the maps."""
        self.seen = tensor.copy()
        step = tensor.shape[-1] // self.side
        cells = tensor[0, 0].reshape(self.side, step, self.side, step).max((1, 3))
        presence, right = (np.full((1, 1), value, np.float32) for value in self.answers)
        return (cells[None, None], *(maps[None] for maps in exact_maps(self.joints, cells)), presence, right)
