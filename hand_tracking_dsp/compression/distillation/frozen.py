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

"""Training behind frozen blocks, whose output is computed once for every sample and read from disk.

The first blocks of a network are the most expensive to train, because their feature maps are large, and
the least damaged by pruning, because they detect edges and colours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.distillation.samples import TrainingSamples, Validation
from hand_tracking_dsp.compression.onnx_graph import cut_out, read_weights, write_weights
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.composition.onnx_changes import copied, serialized


def cut_behind(model: onnx.ModelProto, block: str) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """Split a landmark network behind a block, for example "block05".

    Returns:
        (head, from the image to that block's output; tail, from there to the outputs).

    Raises:
        ConfigurationError: The network has no such block, or nothing follows it.
    """
    blocks = read_blocks(model)
    names = [item.name for item in blocks]
    if block not in names[:-1]:
        msg = f"The blocks up to {block!r} cannot be frozen: choose one of {', '.join(names[:-1])}."
        raise ConfigurationError(msg)
    (tensor,) = blocks[names.index(block)].outputs
    image, outputs = (model.graph.input[0].name,), tuple(item.name for item in model.graph.output)
    return cut_out(model, image, (tensor,)), cut_out(model, (tensor,), outputs)


def joined(model: onnx.ModelProto, tail: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy of a network with the weights of its trained tail."""
    result = copied(model)
    write_weights(result, read_weights(tail))
    return result


class FrozenHead:
    """Runs a head, from the image to one tensor, in ONNX Runtime with one thread."""

    def __init__(self, head: onnx.ModelProto) -> None:
        self.key = hashlib.sha256(serialized(head)).hexdigest()[:12]
        self._session = open_exact(head)

    def run(self, images: NDArray[np.uint8]) -> NDArray[np.float16]:
        """Compute the tail's input, float16 [n, height, width, channels], from uint8 [n, 224, 224, 3] RGB."""
        outputs = [self._session.run(as_input(image))[0][0] for image in images]
        maps: NDArray[np.float16] = np.stack(outputs).transpose(0, 2, 3, 1).astype(np.float16)
        return maps


class FrozenSamples(TrainingSamples):
    """Samples with the head's output in place of the images; it is kept beside them."""

    def __init__(
        self,
        samples: TrainingSamples,
        head: FrozenHead,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._head = head
        super().__init__(samples.folders)
        for number, path in enumerate(self._paths):
            if on_progress:
                on_progress(number, len(self._paths))
            self._images[number] = self._computed(path, self._images[number])

    def refresh(self) -> None:
        """Ignore shards that have been finished since."""
        if not self._paths:
            super().refresh()

    def _computed(self, path: Path, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        kept = path / f"{self._head.key}.npy"
        if not kept.exists():
            unfinished = kept.with_suffix(".unfinished.npy")
            np.save(
                unfinished,
                np.concatenate([self._head.run(images[i : i + 64]) for i in range(0, len(images), 64)]),
            )
            unfinished.replace(kept)
        values: NDArray[np.uint8] = np.load(kept, mmap_mode="r", allow_pickle=False)
        return values


def head_outputs(head: FrozenHead, sets: Validation) -> Validation:
    """Return validation sets with the head's output in place of the images."""
    return {name: (head.run(images), labels) for name, (images, labels) in sets.items()}
