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

"""Training behind frozen first blocks, on what these make of samples that are kept.

The first blocks see many pixels through few weights: most of the time of a step, but few of the parameters.
Behind them a step takes a fraction of the time, so that a CPU gets through hundreds of thousands of samples.
"""

from __future__ import annotations

from collections.abc import Sequence

import onnx
import torch
from torch import Tensor

from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.distillation.batch_changes import Draw
from hand_tracking_dsp.compression.distillation.batch_maker import BatchMaker, LabelledBatch
from hand_tracking_dsp.compression.distillation.student import JointTrainingOptions, Student
from hand_tracking_dsp.compression.input_size import InputSize, input_side
from hand_tracking_dsp.errors import ConfigurationError

_SHRUNK = 16
"""The frozen blocks end with the first map that is so many times smaller than what the network sees."""


class LateStudent(Student):
    """A level whose first blocks stay as they are.

    Args:
        name: Its name.
        model: Landmark network that it starts from.
        size: Size of its input.
        options: Options of the training.
        fit: Crops with labels, to fit its heads to the teacher before training.

    Raises:
        ConfigurationError: The network has no map of a sixteenth of its input's side.
    """

    def __init__(
        self,
        name: str,
        model: onnx.ModelProto,
        size: InputSize,
        options: JointTrainingOptions,
        fit: LabelledBatch,
    ) -> None:
        super().__init__(name, model, size, options, fit)
        self._tensor = _last_frozen(self.network.to_onnx(), name)
        self.network.freeze_until(self._tensor)
        self._maps: list[Tensor] = []

    @torch.no_grad()
    def keep(self, images: Tensor, part: int = 64) -> None:
        """Keep what the frozen blocks make of images, [n, 3, 224, 224], behind those that are kept."""
        for some in images.split(part):
            with self._arithmetic():
                made = self.network.until(self.seen(some), self._tensor)
            self._maps.append(made.bfloat16())

    def _found(self, images: Tensor) -> dict[str, Tensor]:
        """Run the network on samples that are kept; images are their numbers, int64 [n]."""
        if len(self._maps) > 1:
            self._maps = [torch.cat(self._maps)]
        maps = self._maps[0][images]
        found: dict[str, Tensor] = self.network(maps if self._options.half else maps.float(), self._tensor)
        return found


class KeptSamples:
    """Batches of samples that are made once: their numbers, and their labels.

    Args:
        maker: Maker of the samples.
        students: Students that keep what their frozen blocks make of them.
        count: Number of samples.
        size: Number of samples in a batch.
        draw: Random numbers.
    """

    def __init__(
        self,
        maker: BatchMaker,
        students: Sequence[LateStudent],
        count: int,
        size: int,
        draw: Draw,
    ) -> None:
        parts: list[dict[str, Tensor]] = []
        self._count, self._size = 0, size
        while self._count < count:
            images, labels = maker.make(draw)
            for student in students:
                student.keep(images)
            parts.append(labels)
            self._count += len(images)
        self._labels = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
        self._order = torch.empty(0, dtype=torch.int64)

    def make(self, draw: Draw) -> LabelledBatch:
        """Take the next samples of a random order: int64 [n] in place of images, and the labels."""
        if len(self._order) < self._size:
            self._order = draw.numbers(draw.cpu.permutation(self._count))
        numbers, self._order = self._order[: self._size], self._order[self._size :]
        return numbers, {name: values[numbers] for name, values in self._labels.items()}


def batches_for(
    students: Sequence[Student], maker: BatchMaker, kept: int, size: int, draw: Draw
) -> BatchMaker | KeptSamples:
    """Return what makes batches: of ever new samples, or, for students with frozen blocks, of kept ones."""
    late = [student for student in students if isinstance(student, LateStudent)]
    return KeptSamples(maker, late, kept, size, draw) if late else maker


def _last_frozen(model: onnx.ModelProto, name: str) -> str:
    """Name the output of the first block whose map is small enough."""
    inferred = onnx.shape_inference.infer_shapes(model)
    sides = {value.name: value.type.tensor_type.shape.dim for value in inferred.graph.value_info}
    for block in read_blocks(model):
        (*_, tensor) = block.outputs
        shape = sides.get(tensor, ())
        if len(shape) == 4 and 0 < shape[2].dim_value * _SHRUNK <= input_side(model):
            return tensor
    msg = f"The first blocks of {name} cannot be frozen: it has no map of 1/{_SHRUNK} of its input's side."
    raise ConfigurationError(msg)
