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

"""Candidates for levels: latency against deviation in closed form, and those that no other dominates.

A candidate is a level of a bank with an input of some size, its heads refitted to the dense network where the
size is another. Levels of other widths and without whole blocks come from compression.pruning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import geometric_mean

import onnx

from hand_tracking_dsp.compression.adapt.heads import refit_heads
from hand_tracking_dsp.compression.adapt.pictures import LabelledCrops
from hand_tracking_dsp.compression.bank.deviation import deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.compression.pruning.block_latency import sum_of_parts_ms, undisturbed_ms
from hand_tracking_dsp.compression.quantization.placeholder_ranges import with_any_ranges
from hand_tracking_dsp.tracking.contract import LANDMARKS
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo
from hand_tracking_dsp.tracking.tracker_options import PRESENCE_THRESHOLD

_LEAST = 1e-3
REFITS = 3
"""Number of times that heads are refitted: each time, crops that are far off count less."""


@dataclass(frozen=True, slots=True)
class LevelCandidate:
    """A level with an input of some size.

    Attributes:
        name: Name of the level and size, as 'models train' takes it.
        info: The level.
        size: Size of the input.
    """

    name: str
    info: LevelInfo
    size: InputSize


@dataclass(frozen=True, slots=True)
class CandidateFigures:
    """Figures of a candidate.

    Attributes:
        name: Its name.
        seen: Side of what it sees of its input, pixels.
        size: Side of its input, pixels.
        parameters: Trained parameters.
        macs: Multiplications with addition of one run.
        deviation: Mean deviation from the dense network by set, % of palm.
        accepted: Share of each set without a hand that it accepts, %.
        latency: Time of an undisturbed run relative to the dense network in fp32.
        on_front: Whether no other candidate is at once as fast and nearer to the dense network.
    """

    name: str
    seen: int
    size: int
    parameters: int
    macs: int
    deviation: Mapping[str, float]
    accepted: Mapping[str, float]
    latency: float = float("nan")
    on_front: bool = False

    @property
    def overall(self) -> float:
        """Geometric mean of the deviations, in which no set outweighs the others."""
        return geometric_mean(max(value, _LEAST) for value in self.deviation.values())


def candidates_of(bank: Manifest, input_sizes: Sequence[InputSize]) -> list[LevelCandidate]:
    """List the levels of a bank in fp32 in each size; one that has a size of its own in that alone."""
    return [
        LevelCandidate(f"{level.name}@{size}", level, size)
        for level in bank.levels
        if level.precision == "fp32" and not level.depth
        for size in _sizes_of(read_level(bank, level.name)[1], input_sizes)
    ]


def _sizes_of(model: onnx.ModelProto, others: Sequence[InputSize]) -> Sequence[InputSize]:
    own = InputSize.read(model)
    return others if own == InputSize(LANDMARKS.size, LANDMARKS.size) else [own]


class CandidateStudy:
    """Measures candidates on packed crops.

    Args:
        dense: The dense network in fp32.
        fit: Crops of hands to refit heads on.
        hands: Crops of hands to measure on, by set.
        empty: Crops without a hand to measure on, by set.
    """

    def __init__(
        self, dense: onnx.ModelProto, fit: Crops, hands: Mapping[str, Crops], empty: Mapping[str, Crops]
    ) -> None:
        self._dense, self._fit, self._hands, self._empty = dense, fit, hands, empty
        session = open_exact(dense)
        self._labels = predict(session, fit.images)
        self._expected = {name: predict(session, crops.images) for name, crops in hands.items()}

    def measure(self, candidate: LevelCandidate, bank: Manifest) -> tuple[CandidateFigures, onnx.ModelProto]:
        """Refit a candidate's heads where its size is another one, and measure it in fp32.

        Returns:
            Its figures without times, and the network.
        """
        _, model = read_level(bank, candidate.info.name)
        if InputSize.read(model) != candidate.size:
            model = self._resized(model, candidate.size)
        session = open_exact(model, candidate.name)
        deviation = {}
        for name, crops in self._hands.items():
            expected = self._expected[name]
            seen = expected.presence >= PRESENCE_THRESHOLD
            values = deviation_palm_percent(predict(session, crops.images), expected)[seen]
            deviation[name] = float(values.mean())
        accepted = {
            name: float(100 * (predict(session, crops.images).presence >= PRESENCE_THRESHOLD).mean())
            for name, crops in self._empty.items()
        }
        size = sizes(model)
        figures = CandidateFigures(
            candidate.name,
            candidate.size.seen,
            candidate.size.side,
            size["parameters"],
            size["macs"],
            deviation,
            accepted,
        )
        return figures, model

    def time(
        self, networks: Sequence[onnx.ModelProto], precision: str, runs: int
    ) -> tuple[float, list[float]]:
        """Time networks in turn beside the dense one in fp32: undisturbed runs of it and of them, ms."""
        timed = [with_any_ranges(network) if precision == "int8" else network for network in networks]
        dense_ms, *others = undisturbed_ms([open_exact(one) for one in (self._dense, *timed)], runs)
        return min(dense_ms, sum_of_parts_ms(self._dense, runs)), others

    def _resized(self, model: onnx.ModelProto, size: InputSize) -> onnx.ModelProto:
        resized = size.of(model)
        labelled = LabelledCrops(self._fit, self._labels, self._labels.presence >= PRESENCE_THRESHOLD)
        for _ in range(REFITS):
            resized = refit_heads(resized, labelled) or resized
        return resized


def front_of(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Tell which points (cost, error) no other dominates, being no worse in either and better in one."""
    return [
        not any(other[0] <= point[0] and other[1] <= point[1] and other != point for other in points)
        for point in points
    ]
