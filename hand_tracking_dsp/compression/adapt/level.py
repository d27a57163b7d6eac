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

"""Adapts the files of one level: several ways are tried, and compared on pictures that none was fitted to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import onnx

from hand_tracking_dsp.compression.adapt.heads import refit_heads
from hand_tracking_dsp.compression.adapt.pictures import AdaptationCrops, DenseDeviation
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.blocks import find_blocks, mixing_matrix, read_blocks
from hand_tracking_dsp.compression.data.crops import Crops, evenly
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.compression.onnx_graph import without_output
from hand_tracking_dsp.compression.pruning.heads import head_columns, head_names
from hand_tracking_dsp.compression.pruning.prune import BlockTargets, prepare, prune
from hand_tracking_dsp.compression.quantization.half import halve
from hand_tracking_dsp.compression.quantization.quantize import quantize
from hand_tracking_dsp.tracking.types import Floats

# Memory: a crop takes 1 MB while blocks are fitted, and has more than its share of equations.
_BLOCK_CROPS = 256
_CALIBRATION_CROPS = 128
# Rise of the error of presence that does not count as worse: what rounding alone does.
_PRESENCE_SLACK = 0.01
_ERROR = "error_percent"

KEPT = "as before"
"""The way of a file that did not get better."""

NEW = "newly pruned"
"""The way of a file that was pruned on the same pictures."""


@dataclass(frozen=True, slots=True)
class Adapted:
    """Result of adapting one file.

    Attributes:
        precision: Precision of its weights.
        before: Deviation of the old file, on crops held back; None where there was none.
        after: Deviation of the file that the new bank gets.
        way: The way in which it was made; KEPT where the old file stays.
        model: The new network; None where the old file stays.
    """

    precision: str
    before: DenseDeviation | None
    after: DenseDeviation
    way: str
    model: onnx.ModelProto | None


class LevelAdapter:
    """Adapts networks towards the dense one's outputs on a camera's pictures; shared by all levels."""

    def __init__(self, dense: onnx.ModelProto, crops: AdaptationCrops, seed: int = 0) -> None:
        """Take a dense network, pictures, and the seed of all chance."""
        self.dense = dense
        self.crops = crops
        self._plain = without_output(dense, _ERROR)
        self._seed = seed

    @cached_property
    def blocks(self) -> BlockTargets | None:
        """Outputs of the dense network's blocks; None if it has none, being a network of another kind."""
        if not find_blocks(self._plain):
            return None
        crops = self.crops.fit.crops
        return prepare(self._plain, crops.subset(evenly(len(crops), _BLOCK_CROPS)), seed=self._seed)

    @cached_property
    def calibration(self) -> Crops:
        """Crops to quantize with, none mirrored."""
        crops = self.crops.fit.crops
        return crops.subset(2 * evenly(len(crops) // 2, _CALIBRATION_CROPS))

    def adapt_floats(self, old: onnx.ModelProto) -> Adapted:
        """Adapt a network in fp32."""
        return self._best("fp32", old, self._float_ways(old))

    def adapt_integers(self, base: onnx.ModelProto | None, old: onnx.ModelProto | None) -> Adapted:
        """Adapt a network in INT8, or make one of the level's adapted fp32 network; one of both is there."""
        return self._best("int8", old, self._integer_ways(base, old))

    def adapt_halves(self, base: onnx.ModelProto | None, old: onnx.ModelProto) -> Adapted:
        """Make a network in fp16 again of the level's adapted fp32 network, where there is one."""
        return self._best("fp16", old, iter([("halved", halve(base))] if base is not None else []))

    def unchanged(self, model: onnx.ModelProto, precision: str, *, new: bool = False) -> Adapted:
        """Measure a network that stays as it is, or one just made."""
        score = self.crops.held_back.measure(open_exact(model))
        return Adapted(precision, None if new else score, score, NEW if new else KEPT, None)

    def _float_ways(self, old: onnx.ModelProto) -> Iterator[tuple[str, onnx.ModelProto]]:
        fitted = self._refit_blocks(old)
        if fitted is not None:
            yield "blocks and heads refitted", fitted
        heads = refit_heads(old, self.crops.fit)
        if heads is not None:
            yield "heads refitted", heads

    def _integer_ways(
        self, base: onnx.ModelProto | None, old: onnx.ModelProto | None
    ) -> Iterator[tuple[str, onnx.ModelProto]]:
        if old is not None and (heads := refit_heads(old, self.crops.fit)) is not None:
            yield "heads refitted", heads
        if base is not None:
            rounded = quantize(base, self.calibration.images)
            yield "quantized", rounded
            heads = refit_heads(rounded, self.crops.fit)
            if heads is not None:
                yield "quantized, heads refitted", heads

    def _best(
        self, precision: str, old: onnx.ModelProto | None, ways: Iterator[tuple[str, onnx.ModelProto]]
    ) -> Adapted:
        """Choose a way on the validation crops, then compare it with the old file on those held back."""
        validation, held_back = self.crops.validation, self.crops.held_back
        scored = [(validation.measure(open_exact(model)), way, model) for way, model in ways]
        if old is None:
            _, way, model = min(scored, key=lambda item: item[0].deviation)
            return Adapted(precision, None, held_back.measure(open_exact(model)), way, model)
        before, least = held_back.measure(open_exact(old)), validation.measure(open_exact(old))
        better = [item for item in scored if is_better(item[0], least)]
        if better:
            _, way, model = min(better, key=lambda item: item[0].deviation)
            after = held_back.measure(open_exact(model))
            if is_better(after, before):
                return Adapted(precision, before, after, way, model)
        return Adapted(precision, before, before, KEPT, None)

    def _refit_blocks(self, old: onnx.ModelProto) -> onnx.ModelProto | None:
        """Refit what mixes each block's channels towards the dense block's output.

        Only for a network pruned from the dense one: others have other channels between their blocks. Nor for
        one that sees another part of the picture, or whose error_percent is read from what the blocks give.
        """
        blocks, dense_blocks = find_blocks(old), self.blocks
        same_view = InputSize.read(old) == InputSize.read(self.dense)
        if dense_blocks is None or not same_view or any(one.name == _ERROR for one in old.graph.output):
            return None
        widths = {name: target.shape[2] for name, target in dense_blocks.outputs.items()}
        if not blocks or any(
            widths.get(block.name) != mixing_matrix(old, block)[0].shape[1] for block in blocks
        ):
            return None
        targets = replace(
            dense_blocks, blocks=blocks, outputs=_in_order(dense_blocks.outputs, self._plain, old)
        )
        # With on_choice, prune refits also where no channel leaves.
        return prune(old, targets, {}, on_choice=lambda _: None)


def is_better(after: DenseDeviation, before: DenseDeviation) -> bool:
    """Tell whether a network came nearer to the dense one, and sees no more hands where there are none."""
    return after.deviation < before.deviation and after.presence <= before.presence + _PRESENCE_SLACK


def _in_order(
    targets: Mapping[str, Floats], dense: onnx.ModelProto, old: onnx.ModelProto
) -> Mapping[str, Floats]:
    """Put the targets of the heads into the order of another network's heads."""
    dense_last, last = read_blocks(dense)[-1], read_blocks(old)[-1]
    columns = head_columns(dense, dense_last)
    order = np.concatenate([columns[name] for name in head_names(old, last)])
    return {**targets, last.name: targets[dense_last.name][:, :, order]}
