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

"""Measurements of a bank's compositions, kept in its blocks files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.composition.best import BestComposition, best_compositions
from hand_tracking_dsp.compression.composition.meter import CompositionMeter, measure_all, random_choices
from hand_tracking_dsp.compression.composition.scenes import scene_crops
from hand_tracking_dsp.compression.composition.surrogate_fit import fit_surrogate, r_squared
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.pruning.block_latency import measure_latency
from hand_tracking_dsp.documents import sha256_of
from hand_tracking_dsp.evaluation.executor import EVERY_CORE, Executor
from hand_tracking_dsp.tracking.composition.block_set import BlockSet, unpacked, with_measured
from hand_tracking_dsp.tracking.composition.surrogate import Doubles, Surrogate
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_file import in_precision, read_bank_file, read_network

CHECKED = 300
"""Compositions that the estimate is not fitted to."""


@dataclass(frozen=True, slots=True)
class MeasuredCompositions:
    """Compositions that were measured, in one precision.

    Attributes:
        surrogate: The estimate.
        checked: float64 [CHECKED, s]: deviations that it was not fitted to, % of palm size, by SCENES.
        foretold: float64 [CHECKED, s]: what it says of these.
        time: float64 [b, 5]: share of the dense network's time that a block at an intensity spares.
        levels: float64 [l, s]: deviations of the bank's levels, % of palm size, by SCENES.
        best: The least deviation that searches found within some times.
    """

    surrogate: Surrogate
    checked: Doubles
    foretold: Doubles
    time: Doubles
    levels: Doubles
    best: Sequence[BestComposition]

    @property
    def r_squared(self) -> Doubles:
        """Return the share of the variance of log-deviations that the estimate explains, [s]."""
        return r_squared(self.foretold, self.checked)


def measure_compositions(
    bank: Manifest,
    precision: str,
    hands: Crops,
    count: int,
    *,
    seed: int = 0,
    executor: Executor = EVERY_CORE,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> MeasuredCompositions:
    """Measure compositions drawn at random, fit the estimate, and time the blocks on this device.

    Args:
        bank: A bank with blocks.
        precision: Precision of the blocks.
        hands: Crops to measure on; none that the blocks were fitted on.
        count: Number of compositions, more than CHECKED.
        seed: Seed of choices and scenes.
        executor: Where the work runs.
        on_progress: Called with the compositions done and to do.

    Raises:
        ModelError: The bank has no blocks in that precision, or a file is missing or wrong.
    """
    blocks, dense = BlockSet.read(bank, precision), read_level(bank)[1]
    meter = CompositionMeter.make(blocks, dense, scene_crops(hands, seed))
    choices = random_choices(count, len(blocks.blocks), seed)
    deviations = measure_all(meter, choices, executor, on_progress)
    surrogate = fit_surrogate(choices[:-CHECKED], deviations[:-CHECKED], seed)
    foretold = surrogate.deviation_percent(choices[-CHECKED:])
    table = measure_latency(dense, precision=precision)
    saved_ms = np.array(
        [[table.saved_ms(block.name, width.channels) for width in block.widths] for block in blocks.blocks]
    )
    time = saved_ms / table.whole_ms
    best = best_compositions(meter, surrogate, time, choices, deviations, executor)
    levels = np.array(
        [meter.of_network(read_network(bank, in_precision(one, precision))) for one in bank.levels]
    )
    return MeasuredCompositions(surrogate, deviations[-CHECKED:], foretold, time, levels, best)


def with_compositions(
    bank: Manifest, found: Mapping[str, MeasuredCompositions]
) -> tuple[Manifest, dict[str, bytes]]:
    """Return a bank whose blocks files hold what was measured, by precision, and the new files by name."""
    files, infos = {}, []
    for info in bank.blocks or ():
        if (one := found.get(info.precision)) is not None:
            measured = {
                "time": one.time.astype(np.float32),
                "levels": one.levels.astype(np.float32),
                **one.surrogate.arrays(),
            }
            description, arrays = unpacked(read_bank_file(bank, info, "file of blocks"))
            data = with_measured(description, arrays, measured)
            files[info.file] = data
            info = replace(info, sha256=sha256_of(data))  # noqa: PLW2901 (what is collected)
        infos.append(info)
    return replace(bank, blocks=tuple(infos)), files
