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

"""Samples of what passes through a network's blocks, taken with ONNX Runtime."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import Predictions, as_input
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.blocks import Block
from hand_tracking_dsp.compression.onnx_graph import cut_out
from hand_tracking_dsp.tracking.contract import LANDMARKS
from hand_tracking_dsp.tracking.types import Floats

POSITIONS = 64
"""Pixels of a feature map that are sampled in each picture; all where there are no more."""


class Stream:
    """Activations of the pictures at one place of a network; moves on from block to block.

    It holds one feature map a picture: 0.8 MB behind the stem, then less.
    """

    def __init__(self, images: NDArray[np.uint8]) -> None:
        """Begin at the network's input: uint8 [n, 224, 224, 3], RGB."""
        self._images = images
        self._maps: list[Floats] = []

    def __iter__(self) -> Iterator[Floats]:
        yield from self._maps or map(as_input, self._images)

    def through(
        self, model: onnx.ModelProto, source: str, outputs: tuple[str, ...]
    ) -> Iterator[tuple[Floats, ...]]:
        """Run a network from the tensor that the pictures are at to some others; yield those of each."""
        session = open_exact(cut_out(model, (source,), outputs))
        for tensor in self:
            yield session.run(tensor)

    def predictions(self, model: onnx.ModelProto, source: str) -> Predictions:
        """Run the rest of a landmark network from the tensor that the pictures are at."""
        outputs = tuple(name for name, _ in LANDMARKS.outputs)
        return Predictions.of(list(self.through(model, source, outputs)))

    def advance(self, model: onnx.ModelProto, block: Block) -> None:
        """Move from a block's source to its output."""
        session = open_exact(cut_out(model, (block.source,), block.outputs[:1]))
        if not self._maps:
            self._maps = [session.run(tensor)[0] for tensor in self]
            return
        for i, tensor in enumerate(self._maps):
            self._maps[i] = session.run(tensor)[0]


class Sampler:
    """Random positions of feature maps: the same in every network, so that what they show can be compared."""

    def __init__(self, seed: int) -> None:
        """Choose a seed."""
        self._seed = seed

    def take(self, tensor: Floats, picture: int) -> Floats:
        """Sample a feature map, float32 [1, n, h, w], or [1, n], which is one sample.

        Returns:
            float32 [samples, n], at other positions for another picture.
        """
        flat = tensor.reshape(tensor.shape[1], -1)
        size = flat.shape[1]
        if size > POSITIONS:
            # By size, so that a block's output is sampled where its hidden channels are.
            random = np.random.default_rng((self._seed, picture, size))
            flat = flat[:, random.choice(size, POSITIONS, replace=False)]
        return np.ascontiguousarray(flat.T)


def block_outputs(
    model: onnx.ModelProto, blocks: Sequence[Block], images: NDArray[np.uint8], sampler: Sampler
) -> dict[str, Floats]:
    """Sample the outputs of all blocks on images, uint8 [n, 224, 224, 3] RGB, in one pass.

    Returns:
        By block, float32 [n, samples, m]; a block of several outputs has them side by side.
    """
    names = tuple(name for block in blocks for name in block.outputs)
    found: dict[str, list[Floats]] = {block.name: [] for block in blocks}
    stream = Stream(images)
    for picture, tensors in enumerate(stream.through(model, model.graph.input[0].name, names)):
        samples = dict(zip(names, (sampler.take(tensor, picture) for tensor in tensors), strict=True))
        for block in blocks:
            found[block.name].append(np.concatenate([samples[name] for name in block.outputs], axis=1))
    return {name: np.stack(values) for name, values in found.items()}
