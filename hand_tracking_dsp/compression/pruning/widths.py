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

"""Numbers of channels that runtimes compute without waste."""

from __future__ import annotations

from collections.abc import Iterable

from hand_tracking_dsp.compression.blocks import Block

GROUP = 16
"""Runtimes compute channels in groups of this many; a part of a group costs as much as the whole."""


def widths(block: Block) -> list[int]:
    """List the numbers of hidden channels that a block may have, ascending; 0 where it may go.

    Multiples of 16, of 8 in a block of 32 channels or fewer, and the block's own number.
    """
    step = _step(block)
    smallest = 0 if block.removable else step
    return [*range(smallest, block.channels, step), block.channels]


def rounded_width(block: Block, share: float) -> int:
    """Return the width nearest to a share, 0 to 1, of a block's channels; 0 only for 0, where it may go."""
    if share == 0 and block.removable:
        return 0
    return min((width for width in widths(block) if width), key=lambda w: abs(w - share * block.channels))


def uniform_shares(blocks: Iterable[Block], share: float) -> dict[str, float]:
    """Round a share of every block's channels to a width; return the shares that come out, by block."""
    return {block.name: rounded_width(block, share) / block.channels for block in blocks}


def _step(block: Block) -> int:
    return GROUP if block.channels > 2 * GROUP else GROUP // 2
