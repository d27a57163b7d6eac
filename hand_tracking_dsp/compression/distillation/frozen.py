"""Training behind frozen blocks: their output is computed once for every sample and read from disk.

The first blocks of a network are the most expensive to train, because their pictures are large, and what
they see, edges and colours, is what pruning spoils least.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import numpy_helper

from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.distillation.samples import Labels, Samples
from hand_tracking_dsp.compression.onnx_graph import copied, cut_out
from hand_tracking_dsp.compression.pruning.blocks import read_blocks
from hand_tracking_dsp.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Parts:
    """A network in two parts.

    Attributes:
        head: From the image to the last frozen block's output.
        tail: From there to the network's outputs.
    """

    head: onnx.ModelProto
    tail: onnx.ModelProto


def cut_behind(model: onnx.ModelProto, block: str) -> Parts:
    """Cut a network behind a block.

    Args:
        model: A landmark network.
        block: The last block of the head, for example "block05".

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
    return Parts(cut_out(model, image, (tensor,)), cut_out(model, (tensor,), outputs))


def joined(model: onnx.ModelProto, tail: onnx.ModelProto) -> onnx.ModelProto:
    """Return a network with the weights of its trained tail."""
    result = copied(model)
    trained = {tensor.name: tensor for tensor in tail.graph.initializer}
    for tensor in result.graph.initializer:
        if tensor.name in trained:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(trained[tensor.name]), tensor.name))
    return result


class FrozenHead:
    """Runs a head in ONNX Runtime with one thread.

    Args:
        head: From the image to one tensor.
    """

    def __init__(self, head: onnx.ModelProto) -> None:
        data = head.SerializeToString(deterministic=True)
        self.key = hashlib.sha256(data).hexdigest()[:12]
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(data, settings, providers=["CPUExecutionProvider"])

    def run(self, images: NDArray[np.uint8]) -> NDArray[np.float16]:
        """Compute what the tail sees.

        Args:
            images: uint8 [n, 224, 224, 3], RGB.

        Returns:
            float16 [n, height, width, channels].
        """
        outputs = [self._session.run(None, {"image": as_input(image)})[0][0] for image in images]
        seen: NDArray[np.float16] = np.stack(outputs).transpose(0, 2, 3, 1).astype(np.float16)
        return seen


class FrozenSamples(Samples):
    """Samples as a tail sees them: the head's output in the images' place, kept beside them.

    Args:
        samples: The pictures and their labels.
        head: What to see them through.
        on_progress: Called with shards done and all.
    """

    def __init__(
        self, samples: Samples, head: FrozenHead, on_progress: Callable[[int, int], None] | None = None
    ) -> None:
        self._head = head
        super().__init__(samples.folders)
        for number, path in enumerate(self._paths):
            if on_progress:
                on_progress(number, len(self._paths))
            self._images[number] = self._seen(path, self._images[number])

    def refresh(self) -> None:
        """Keep to the shards that were there at the beginning."""
        if not self._paths:
            super().refresh()

    def _seen(self, path: Path, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
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


def seen_through(
    head: FrozenHead, sets: dict[str, tuple[NDArray[np.uint8], Labels]]
) -> dict[str, tuple[NDArray[np.float16], Labels]]:
    """Show validation sets to a head."""
    return {name: (head.run(images), labels) for name, (images, labels) in sets.items()}
