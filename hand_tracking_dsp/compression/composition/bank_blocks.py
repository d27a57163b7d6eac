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

"""A bank with the blocks that networks are composed of on the robot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from hand_tracking_dsp.compression.composition.library import BlockMaker
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.documents import sha256_of
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.block_set import unpacked
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import FileInfo


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
