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

"""Makes the blocks that networks are composed of.

Each block is pruned by itself, at every intensity, to do with the dense network's own activations what the
dense block does with them: in closed form, as compression.pruning does with all blocks one after the other.
In INT8 the hidden activations are those of the quantized network, so that its rounding is made good, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.blocks import Block, cut_channels, read_blocks, remove_block
from hand_tracking_dsp.compression.composition.block_moments import BlockMoments, block_moments
from hand_tracking_dsp.compression.composition.network_form import BlockForm, NetworkForm
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.onnx_graph import Array, parse_model
from hand_tracking_dsp.compression.pruning.heads import output_weights
from hand_tracking_dsp.compression.pruning.reconstruction import best_ridge, eliminate, solve
from hand_tracking_dsp.compression.pruning.widths import GROUP, rounded_width, widths
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.block_set import (
    INTENSITIES,
    Description,
    PrunableBlock,
    Width,
    packed,
)
from hand_tracking_dsp.tracking.composition.onnx_changes import copied
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_file import read_network

Progress = Callable[[str], None]
"""Called with the name of each block when it is done."""


class BlockMaker:
    """Prunes the blocks of a bank's dense network one by one.

    Args:
        bank: The bank.
        precision: Precision of the network file that the blocks are for.

    Raises:
        ModelError: The bank has no dense network in that precision, or a file is missing or wrong.
    """

    def __init__(self, bank: Manifest, precision: str) -> None:
        level, self._dense = read_level(bank)
        info = next((one for one in (level, *level.variants) if one.precision == precision), None)
        if info is None:
            msg = f"The bank {bank.name} has no level 0 in {precision}: make it with models quantize."
            raise ModelError(msg)
        self._network = info.sha256
        self._runs = parse_model(read_network(bank, info), info.file)
        self._form = NetworkForm(self._runs)
        blocks = read_blocks(self._dense)
        self._blocks = [BlockForm.find(self._form, self._dense, block) for block in blocks]

    def make(self, crops: Crops, *, seed: int = 0, on_progress: Progress | None = None) -> bytes:
        """Prune all blocks.

        Args:
            crops: Crops of hands to fit on.
            seed: Seed of the positions at which feature maps are sampled.
            on_progress: Called with the name of each block when it is done.

        Returns:
            The blocks file.
        """
        moments = block_moments(self._dense, self._runs, self._blocks, crops, seed)
        arrays: dict[str, Array] = {}
        described = []
        for form in self._blocks:
            name, channels = form.block.name, self._channels(form)
            for width, kept, values in self._pruned(form, moments[name], channels):
                place = f"{name}/{width}"
                arrays[f"{place}/kept"] = kept.astype(np.uint16)
                arrays.update((f"{place}/{key}", value) for key, value in values.items())
            described.append(self._described(form, channels))
            if on_progress:
                on_progress(name)
        outputs = tuple(output.name for output in self._dense.graph.output)
        description = Description(network=self._network, outputs=outputs, blocks=tuple(described))
        return packed(description, arrays)

    def _channels(self, form: BlockForm) -> list[int]:
        """Choose the number of hidden channels at each intensity."""
        block = form.block
        least = 0 if block.removable else min(width for width in widths(block) if width)
        pruned = [rounded_width(block, 1 - intensity / 100) for intensity in INTENSITIES[1:-1]]
        # Runtimes have no fast INT8 kernel for other numbers.
        step = GROUP if self._form.quantized(form.depthwise) else 1
        return [form.channels, *(min(-(-width // step) * step, form.channels) for width in (*pruned, least))]

    def _pruned(
        self, form: BlockForm, moments: BlockMoments, channels: list[int]
    ) -> Iterator[tuple[int, Array, dict[str, Array]]]:
        """Yield the widths of a block, which channels stay, int64 [width], and the mixers' initializers."""
        every, prior = moments.fit + moments.check, form.matrix(self._form)
        # What is wrong counts in the scale of the fp32 network.
        counts = output_weights(self._dense, form.block, every.scaled(1 / moments.scale)) / moments.scale**2
        whole = np.ones(form.channels, dtype=np.bool_)
        ridge = best_ridge(moments.fit, moments.check, prior, whole, counts)
        order, _ = eliminate(every, prior, counts, ridge)
        for width in sorted({*channels} - {0, form.channels}):
            kept = np.sort(order[form.channels - width :])
            keep = np.isin(np.arange(form.channels), kept)
            ridge = best_ridge(moments.fit, moments.check, prior, keep, counts)
            matrix, bias = solve(every, prior, keep, ridge)
            yield width, kept, form.fitted(self._form, kept, matrix, bias, every)

    def _described(self, form: BlockForm, channels: list[int]) -> PrunableBlock:
        """Describe a block for the composer."""
        block = form.block
        return PrunableBlock(
            name=block.name,
            channels=form.channels,
            depthwise=form.depthwise.name,
            rows=form.rows(self._form),
            replaced=form.replaced(self._form),
            removable=block.removable,
            output=form.read_output,
            source=str(form.expand.input[0]),
            widths=tuple(self._width(block, width) for width in channels),
        )

    def _width(self, block: Block, channels: int) -> Width:
        """Count what the fp32 network loses with a block at a width."""
        if channels >= block.channels:
            return Width(channels=channels, parameters=0, macs=0)
        smaller = copied(self._dense)
        if channels:
            cut_channels(smaller, block, np.arange(block.channels) < channels)
        else:
            remove_block(smaller, block)
        before, after = sizes(self._dense), sizes(smaller)
        parameters, macs = (before[name] - after[name] for name in ("parameters", "macs"))
        return Width(channels=channels, parameters=parameters, macs=macs)
