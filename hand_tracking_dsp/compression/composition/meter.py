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

"""Deviation of composed networks, measured by kind of scene."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import Predictions, deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.evaluation.executor import EVERY_CORE, Executor
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES, BlockSet
from hand_tracking_dsp.tracking.composition.compose import compose

MOST_PERCENT = 50.0
"""Largest deviation that a hand counts with, % of palm size: lost is lost."""

# Of a block that is pruned, how often each intensity but 0 is drawn.
_INTENSITY_SHARES = (0.4, 0.3, 0.15, 0.15)

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CompositionMeter:
    """Measures compositions.

    Attributes:
        blocks: The blocks.
        scenes: Crops by kind of scene, uint8 [n, 224, 224, 3] RGB.
        expected: The dense network's predictions of them.
    """

    blocks: BlockSet
    scenes: Mapping[str, NDArray[np.uint8]]
    expected: Mapping[str, Predictions]

    @classmethod
    def make(
        cls, blocks: BlockSet, dense: onnx.ModelProto, scenes: Mapping[str, NDArray[np.uint8]]
    ) -> CompositionMeter:
        """Run the dense network in fp32 on the crops."""
        session = open_exact(dense)
        return cls(blocks, scenes, {name: predict(session, images) for name, images in scenes.items()})

    def measure(self, choice: Sequence[int]) -> Doubles:
        """Return the mean deviation from the dense network, % of palm size, by the scenes in their order."""
        return self.of_network(compose(self.blocks, choice))

    def of_network(self, network: bytes) -> Doubles:
        """Return the same of any landmark network's ONNX file."""
        session = open_exact(network)
        means = []
        for name, images in self.scenes.items():
            found = deviation_palm_percent(predict(session, images), self.expected[name])
            means.append(np.minimum(np.nan_to_num(found, nan=MOST_PERCENT), MOST_PERCENT).mean())
        return np.array(means)


def measure_all(
    meter: CompositionMeter,
    choices: Sequence[Sequence[int]],
    executor: Executor = EVERY_CORE,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Doubles:
    """Measure many compositions, [n, scenes].

    Args:
        meter: What measures them.
        choices: For each composition, a place in INTENSITIES for each block.
        executor: Where the work runs.
        on_progress: Called with the compositions done and to do.
    """
    return np.array(executor.map(CompositionMeter.measure, meter, choices, on_progress))


def random_choices(count: int, blocks: int, seed: int) -> list[list[int]]:
    """Draw choices of layers, of networks that hardly differ from the dense one to such of few channels."""
    random = np.random.default_rng(seed)
    pruned = random.random((count, blocks)) < random.random((count, 1))
    places = random.choice(np.arange(1, len(INTENSITIES)), (count, blocks), p=_INTENSITY_SHARES)
    return [[int(place) for place in row] for row in np.where(pruned, places, 0)]
