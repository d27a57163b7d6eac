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

"""A bank with the blocks that networks are composed of on the robot, or with such a network as a level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import onnx

from hand_tracking_dsp.compression.bank.byte_input import with_float_input
from hand_tracking_dsp.compression.bank.entries import new_level, numbered
from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.bank.half_weights import with_float_weights
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.composition.library import BlockMaker
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.control.layers.agent import LayerChoice
from hand_tracking_dsp.documents import sha256_of
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES, BlockSet, unpacked
from hand_tracking_dsp.tracking.composition.compose import compose
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import FileInfo

COMPOSED = "akperl"
"""Word that the name of a composed network that is a level ends in."""


def with_blocks(
    bank: Manifest,
    precisions: Sequence[str],
    crops: Crops,
    *,
    seed: int = 0,
    on_progress: Callable[[str], None] | None = None,
) -> tuple[Manifest, dict[str, bytes]]:
    """Make the blocks of a bank's dense network.

    Args:
        bank: The bank.
        precisions: Some of tracking.composition.profile.BLOCK_PRECISIONS.
        crops: Crops of hands to fit on.
        seed: Seed of everything random.
        on_progress: Called with the name of each block when it is done.

    Returns:
        (the bank with them, blocks of other precisions as they were; the new files by name).

    Raises:
        ModelError: The bank has no dense network in a precision, or it has no blocks.
    """
    if bank.levels[0].depth:
        msg = f"The bank {bank.name} sees depth: blocks are made of networks that see images."
        raise ModelError(msg)
    files: dict[str, bytes] = {}
    blocks = {info.precision: info for info in bank.blocks or ()}
    for precision in precisions:
        data = BlockMaker(bank, precision).make(crops, seed=seed, on_progress=on_progress)
        file = f"blocks_{bank.levels[0].name}_{precision}.npz"
        files[file] = data
        blocks[precision] = FileInfo(
            file=file,
            sha256=sha256_of(data),
            precision=precision,
            source={
                "network": unpacked(data)[0].network,
                "method": "closed form, each block by itself",
                "pictures": sorted(set(crops.sources)),
                "crops": len(crops),
                "seed": seed,
            },
        )
    return replace(bank, blocks=tuple(blocks.values())), files


def with_composed_level(bank: Manifest, chosen: LayerChoice) -> tuple[Manifest, dict[str, bytes]]:
    """Return a bank with a composed network as its last level, and the new file, for files.write_bank.

    It is the network in fp32, as it was composed: 'models train' begins with it.

    Args:
        bank: A bank with blocks in fp32.
        chosen: What is composed.

    Raises:
        ModelError: A file is missing or wrong.
    """
    first, blocks = bank.levels[0], BlockSet.read(bank, "fp32")
    channels = {block.name: block.channels for block in read_blocks(read_level(bank)[1])}
    widths = [block.widths[place] for block, place in zip(blocks.blocks, chosen.choice, strict=True)]
    known = {one.name for one in bank.levels}
    numbers = (f"{first.name}_{COMPOSED}{number or ''}" for number in range(len(known) + 1))
    name = next(one for one in numbers if one not in known)
    data = with_float_input(with_float_weights(compose(blocks, chosen.choice)), name)
    level = new_level(
        name,
        f"{name}.onnx",
        data,
        keep={
            block.name: min(width.channels / channels[block.name], 1.0)
            for block, width in zip(blocks.blocks, widths, strict=True)
        },
        source={
            "file": first.file,
            "sha256": first.computes,
            "method": "composed of blocks by a layer agent",
            "choice": [INTENSITIES[place] for place in chosen.choice],
        },
        **sizes(onnx.load_from_string(data)),
    )
    return bank.with_levels(numbered([*bank.levels, level])), {level.file: data}
