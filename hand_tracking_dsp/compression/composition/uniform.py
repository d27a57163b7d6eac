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

"""Networks composed of one intensity throughout, compared with the same widths chosen by classic criteria."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import onnx

from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.bank.held_back import HeldBackCrops
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.bank.timing import grey_runs, time_in_turn
from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.pruning.criteria import CRITERIA, Criterion
from hand_tracking_dsp.compression.pruning.prune import cut
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES, BlockSet
from hand_tracking_dsp.tracking.composition.compose import compose
from hand_tracking_dsp.tracking.manifest import Manifest

BASELINES: Mapping[str, Criterion] = {name: CRITERIA[name] for name in ("l1", "magnitude")}
"""Criteria that are compared: channels are removed, and the weights stay."""

# Times that a network is composed to find how long that takes.
_COMPOSED = 5


@dataclass(frozen=True, slots=True)
class UniformFigures:
    """Figures of one intensity in all blocks.

    Attributes:
        intensity: Pruning intensity, %.
        macs: Multiplications with addition, relative to the dense network's.
        parameters: Trained parameters likewise.
        ready_ms: By precision, median time to compose it and open it, milliseconds.
        time: By precision, time of one run relative to the dense network's in that precision.
        composed: By precision, mean deviation from the dense network in fp32, % of palm size.
        baselines: By criterion, the same of the dense network in fp32 cut to the same widths.
    """

    intensity: int
    macs: float
    parameters: float
    ready_ms: Mapping[str, float]
    time: Mapping[str, float]
    composed: Mapping[str, float]
    baselines: Mapping[str, float]


class UniformComparison:
    """Measures compositions of one intensity throughout.

    Args:
        bank: A bank with blocks.
        held_back: Crops of hands that nothing was fitted on.
        seed: Seed by which they were chosen.
        runs: Timed runs of each network, at least 1.
    """

    def __init__(self, bank: Manifest, held_back: Crops, seed: int, runs: int) -> None:
        self._dense = read_level(bank)[1]
        self._sets = {info.precision: BlockSet.read(bank, info.precision) for info in bank.blocks or ()}
        self._held_back = HeldBackCrops(held_back, open_exact(self._dense), seed)
        self._runs = runs

    def rows(self) -> Iterator[UniformFigures]:
        """Measure each intensity but 0 and 100."""
        whole = sizes(self._dense)
        relevance = {name: one(self._dense, self._held_back.crops) for name, one in BASELINES.items()}
        for place, intensity in enumerate(INTENSITIES[1:-1], start=1):
            composed = {name: compose(one, [place] * len(one.blocks)) for name, one in self._sets.items()}
            cuts = {name: cut(self._dense, self._shares(place), one) for name, one in relevance.items()}
            left = sizes(next(iter(cuts.values())))
            yield UniformFigures(
                intensity=intensity,
                macs=left["macs"] / whole["macs"],
                parameters=left["parameters"] / whole["parameters"],
                ready_ms={name: _ready_ms(one, place) for name, one in self._sets.items()},
                time={name: self._relative_time(name, data) for name, data in composed.items()},
                composed={name: self._deviation(data) for name, data in composed.items()},
                baselines={name: self._deviation(model) for name, model in cuts.items()},
            )

    def _shares(self, place: int) -> dict[str, float]:
        """Return the shares of the fp32 network's channels that stay at an intensity, by block."""
        channels = {block.name: block.channels for block in read_blocks(self._dense)}
        one = self._sets.get("fp32") or next(iter(self._sets.values()))
        return {
            block.name: min(block.widths[place].channels / channels[block.name], 1.0) for block in one.blocks
        }

    def _relative_time(self, precision: str, composed: bytes) -> float:
        """Time a composed network and the dense one of its precision in turn; return the ratio of medians."""
        sessions = [open_exact(self._sets[precision].network), open_exact(composed)]
        dense, other = time_in_turn(grey_runs(sessions), self._runs)
        return other.p50_ms / dense.p50_ms

    def _deviation(self, network: onnx.ModelProto | bytes) -> float:
        return next(iter(self._held_back.deviations(open_exact(network)).values()))


def _ready_ms(blocks: BlockSet, place: int) -> float:
    times_ms = []
    for _ in range(_COMPOSED):
        start = perf_counter()
        open_exact(compose(blocks, [place] * len(blocks.blocks)))
        times_ms.append((perf_counter() - start) * 1e3)
    return median(times_ms)
