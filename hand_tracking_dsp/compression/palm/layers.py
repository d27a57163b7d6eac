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

"""Layers of the palm detector that least squares can solve again, and samples of their inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.onnx_graph import Graph, cut_out, is_depthwise, read_weights
from hand_tracking_dsp.compression.palm.detector import open_detector
from hand_tracking_dsp.tracking.types import Floats

POSITIONS = 128
"""Pixels of a feature map that are sampled in each picture; all where there are no more."""

# A palm's neighbourhood, in palm sides around its centre: fingers and wrist speak for it.
_REACH = 1.5


@dataclass(frozen=True, slots=True)
class Projection:
    """A 1x1 convolution, and what its result is to be.

    Attributes:
        name: Name of its node.
        source: The tensor that it reads.
        target: The tensor whose dense values it should lead to: its own output, or the sum that ends
            a residual block.
        shortcut: Tensor that that sum adds to its output; None where there is no sum.
    """

    name: str
    source: str
    target: str
    shortcut: str | None


def read_projections(model: onnx.ModelProto) -> tuple[Projection, ...]:
    """Find the 1x1 convolutions that mix channels, in the order in which they run."""
    graph, weights = Graph(model), read_weights(model)
    found = []
    for node in model.graph.node:
        if node.op_type != "Conv" or is_depthwise(node) or weights[node.input[1]].shape[2:] != (1, 1):
            continue
        output = node.output[0]
        readers = graph.readers[output]
        target, shortcut = output, None
        # A PReLU's sum reads its input, too, but never as the only reader.
        if len(readers) == 1 and readers[0].op_type == "Add":
            target = readers[0].output[0]
            (shortcut,) = (name for name in readers[0].input if name != output)
        found.append(Projection(node.name, node.input[0], target, shortcut))
    return tuple(found)


class FeatureSamples:
    """Pictures, and the positions at which every network's feature maps are compared.

    Half of the positions lie around palms where the picture shows some: there a detector must be right.
    """

    def __init__(self, images: NDArray[np.uint8], dense: onnx.ModelProto, seed: int = 0) -> None:
        """Find the palms of images, uint8 [n, 192, 192, 3] RGB; the seed is that of the positions."""
        detector = open_detector(dense, dense.graph.name or "dense")
        self.images = images
        self._seed = seed
        self._positions: dict[tuple[int, int], NDArray[np.int64]] = {}
        self._palms = [[palm.box for palm in detector.detect(image)] for image in images]

    def positions(self, picture: int, side: int) -> NDArray[np.int64]:
        """Choose positions of a square feature map; another picture is sampled at other ones.

        Returns:
            int64 [POSITIONS or fewer]: row * side + column, the same for every map of that side.
        """
        if (picture, side) not in self._positions:
            self._positions[picture, side] = self._choose(picture, side)
        return self._positions[picture, side]

    def tensors(self, model: onnx.ModelProto, names: Sequence[str]) -> Iterator[tuple[Floats, ...]]:
        """Run a network up to some tensors; yield those of each picture, float32 [1, channels, h, w]."""
        image = model.graph.input[0].name
        wanted = tuple(name for name in names if name != image)
        if not wanted:
            yield from ((as_input(pixels),) for pixels in self.images)
            return
        part = cut_out(model, (image,), wanted)
        session = open_exact(part)
        order = [spec.name for spec in session.outputs]
        for pixels in self.images:
            tensor = as_input(pixels)
            found = dict(zip(order, session.run(tensor), strict=True), **{image: tensor})
            yield tuple(found[name] for name in names)

    def rows(self, model: onnx.ModelProto, names: Sequence[str]) -> Iterator[tuple[Floats, ...]]:
        """Yield the same at the chosen positions alone: float32 [positions, channels] of each tensor."""
        for picture, tensors in enumerate(self.tensors(model, names)):
            yield tuple(
                tensor[0].reshape(tensor.shape[1], -1)[:, self.positions(picture, tensor.shape[2])].T
                for tensor in tensors
            )

    def _choose(self, picture: int, side: int) -> NDArray[np.int64]:
        everywhere = np.arange(side * side)
        if len(everywhere) <= POSITIONS:
            return everywhere
        random = np.random.default_rng((self._seed, picture, side))
        near = np.flatnonzero(self._near(picture, side))
        chosen = random.choice(near, min(len(near), POSITIONS // 2), replace=False) if len(near) else near
        rest = np.setdiff1d(everywhere, chosen)
        return np.concatenate([chosen, random.choice(rest, POSITIONS - len(chosen), replace=False)])

    def _near(self, picture: int, side: int) -> NDArray[np.bool_]:
        cells = (np.arange(side) + 0.5) * self.images.shape[1] / side
        near = np.zeros((side, side), dtype=bool)
        for box in self._palms[picture]:
            (x, y), reach = (box[:2] + box[2:]) / 2, _REACH * (box[2:] - box[:2]).max()
            near |= (abs(cells - y) < reach)[:, None] & (abs(cells - x) < reach)
        return near
