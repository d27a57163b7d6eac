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

"""Latency of each block of a network on this device, by the number of its hidden channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import thread_time

import numpy as np
import onnx

from hand_tracking_dsp.compression.blocks import Block, cut_channels, read_blocks
from hand_tracking_dsp.compression.onnx_graph import cut_out
from hand_tracking_dsp.compression.pruning.widths import widths
from hand_tracking_dsp.compression.quantization.placeholder_ranges import with_any_ranges
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.backends import RuntimeOptions, Session, open_session
from hand_tracking_dsp.tracking.composition.onnx_changes import copied

PRECISIONS = ("fp32", "int8")
"""Of the networks that are timed."""

_WARM_UP = 3
# Time grows evenly with the channels: what lies between these many widths is interpolated.
_TIMED_WIDTHS = 8
# Other processes share the caches, which makes runs longer: the fastest tenth is the network's own time.
_UNDISTURBED_PERCENTILE = 10


@dataclass(frozen=True, slots=True)
class LatencyTable:
    """Times of one run on this device, milliseconds.

    Attributes:
        reference_ms: The dense network in fp32.
        whole_ms: The network to prune, unpruned, in the precision asked for.
        blocks: By block, by number of hidden channels; 0 where the block can be removed. With what a
            network of one block alone costs besides, so that only differences count.
    """

    reference_ms: float
    whole_ms: float
    blocks: Mapping[str, Mapping[int, float]]

    def saved_ms(self, block: str, width: int) -> float:
        """Say how much less time the network takes with so many channels left in a block."""
        times = self.blocks[block]
        known = sorted(times)
        return times[known[-1]] - float(np.interp(width, known, [times[count] for count in known]))


def measure_latency(
    model: onnx.ModelProto,
    *,
    reference: onnx.ModelProto | None = None,
    precision: str = "int8",
    runs: int = 40,
    on_progress: Callable[[str], None] | None = None,
) -> LatencyTable:
    """Time every block by itself, at several numbers of channels, in turn, on the CPU with one thread.

    Args:
        model: The network to prune, fp32.
        reference: The dense network that latency is relative to, fp32; the same if None.
        precision: One of PRECISIONS.
        runs: Timed runs of each, at least 1.
        on_progress: Called with the name of each block when it is done.

    Raises:
        ConfigurationError: The precision is unknown.
        ModelError: The network has no blocks.
        BackendError: The backend refuses a network.
    """
    if precision not in PRECISIONS:
        msg = f"The precision {precision!r} cannot be timed: choose one of {', '.join(PRECISIONS)}."
        raise ConfigurationError(msg)

    def opened(network: onnx.ModelProto) -> Session:
        return _opened(with_any_ranges(network) if precision == "int8" else network)

    dense = reference or model
    reference_ms, whole_ms = undisturbed_ms([_opened(dense), opened(model)], runs)
    reference_ms = min(reference_ms, sum_of_parts_ms(dense, runs))
    blocks = {}
    for block in read_blocks(model):
        timed = _timed_widths(block)
        times = undisturbed_ms([opened(_part(model, block, width)) for width in timed], runs)
        table = dict(zip(timed, times, strict=True))
        if block.removable:
            table[0] = _without(table)
        blocks[block.name] = table
        if on_progress:
            on_progress(block.name)
    return LatencyTable(reference_ms, whole_ms, blocks)


def sum_of_parts_ms(model: onnx.ModelProto, runs: int) -> float:
    """Time the blocks of a network in fp32 one by one, and add them up, milliseconds.

    Beside other processes a whole network in fp32 never runs undisturbed, its short parts do; what they cost
    besides makes their sum a few percent too much.
    """
    parts = [_opened(_part(model, block, block.channels)) for block in read_blocks(model)]
    return sum(undisturbed_ms(parts, runs))


def undisturbed_ms(sessions: Sequence[Session], runs: int) -> list[float]:
    """Time networks of one input each in turn: the 10th percentile of each, milliseconds.

    It is this thread's time on the processor, so that what other programs take meanwhile does not count.
    """
    random = np.random.default_rng(0)
    inputs = [random.random(session.inputs[0].shape, dtype=np.float32) for session in sessions]
    times_ms = np.empty((runs + _WARM_UP, len(sessions)))
    for row in times_ms:
        for i, (session, tensor) in enumerate(zip(sessions, inputs, strict=True)):
            start = thread_time()
            session.run(tensor)
            row[i] = (thread_time() - start) * 1e3
    return [float(value) for value in np.percentile(times_ms[_WARM_UP:], _UNDISTURBED_PERCENTILE, axis=0)]


def _opened(model: onnx.ModelProto) -> Session:
    runtime = RuntimeOptions("onnxruntime", ("cpu",))
    return open_session(model.SerializeToString(), "network to be timed", runtime)


def _timed_widths(block: Block) -> list[int]:
    """Choose widths spread evenly, with the two smallest and the block's own."""
    possible = [width for width in widths(block) if width]
    places = {0, 1, *np.linspace(0, len(possible) - 1, _TIMED_WIDTHS).round().astype(int)}
    return [possible[place] for place in sorted(places) if place < len(possible)]


def _without(times_ms: Mapping[int, float]) -> float:
    """Extrapolate to no channel: what a small network costs around its layers."""
    first, second = sorted(times_ms)[:2]
    slope = (times_ms[second] - times_ms[first]) / (second - first)
    return max(0.0, times_ms[first] - slope * first)


def _part(model: onnx.ModelProto, block: Block, width: int) -> onnx.ModelProto:
    """Take out a block with some of its channels; which ones is all the same."""
    smaller = copied(model)
    cut_channels(smaller, block, np.arange(block.channels) < width)
    return cut_out(smaller, (block.source,), block.outputs)
