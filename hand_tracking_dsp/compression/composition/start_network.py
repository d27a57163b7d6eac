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

"""Networks that compositions begin with: the dense one in some precision, with an input of some size.

What blocks give was measured at 224 pixels. With another input the heads are refitted once, on the unpruned
network; all compositions take another time by about the same factor, and their squared deviation is about a
linear function of the one at 224 pixels: both are measured here, on some compositions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import process_time

import numpy as np
import onnx

from hand_tracking_dsp.compression.adapt.heads import refit_heads
from hand_tracking_dsp.compression.adapt.pictures import LabelledCrops
from hand_tracking_dsp.compression.bank.byte_input import with_float_input
from hand_tracking_dsp.compression.bank.deviation import Predictions, deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.bank.half_weights import with_float_weights
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.bank.timing import grey_runs, time_in_turn
from hand_tracking_dsp.compression.composition.meter import MOST_PERCENT, random_choices
from hand_tracking_dsp.compression.composition.search import time_left
from hand_tracking_dsp.compression.composition.surrogate_fit import r_squared
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.compression.onnx_graph import Array, parse_model, read_weights, write_weights
from hand_tracking_dsp.compression.search.front import REFITS
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.executor import EVERY_CORE, Executor
from hand_tracking_dsp.tracking.composition.block_set import BlockSet
from hand_tracking_dsp.tracking.composition.compose import compose
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.composition.surrogate import SCENES, Doubles, Surrogate
from hand_tracking_dsp.tracking.contract import LANDMARKS
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.tracker_options import PRESENCE_THRESHOLD

WHOLE = InputSize(LANDMARKS.size, LANDMARKS.size)
"""The size that blocks were measured with."""

PLAIN = SCENES.index("plain")
"""Place in SCENES of the kind of scene that is measured in."""

# Compositions that show what a size does; those that are lost anyway show nothing.
_TRIED, _LOST_PERCENT = 40, 0.6 * MOST_PERCENT


class PlainMeter:
    """Measures how far networks are off on hands as they are.

    Args:
        dense: The dense network in fp32.
        hands: Crops of hands.
    """

    def __init__(self, dense: onnx.ModelProto, hands: Crops) -> None:
        self.images = hands.images
        self._expected: Predictions = predict(open_exact(dense), hands.images)

    def deviation(self, network: bytes) -> float:
        """Return the mean deviation from the dense network, % of palm size, at most MOST_PERCENT a hand."""
        found = deviation_palm_percent(predict(open_exact(network), self.images), self._expected)
        return float(np.minimum(np.nan_to_num(found, nan=MOST_PERCENT), MOST_PERCENT).mean())


@dataclass(frozen=True, slots=True, eq=False)
class StartNetwork:
    """The dense network in a precision with an input of a size, to compose networks of.

    Attributes:
        blocks: Its blocks.
        size: Size of the input.
        surrogate: Estimate of deviations at WHOLE.
        spared: float64 [b, 5]: share of its time that a block at an intensity spares.
        measured: Networks that were measured to estimate deviations: those that surrogate was fitted to at
            WHOLE, at another size those that offset and factor were besides.
        whole_time: Time of the network itself, relative to the first start network's.
        offset: Squared deviation that the size adds, (% of palm size)².
        factor: Factor of the squared deviation at WHOLE.
        heads: What the heads' weights [m, n] and biases [m] change by at the size, by their initializers.
        fit: Share of the variance of log-deviations of _TRIED compositions that offset and factor explain;
            NaN at WHOLE, where there is nothing to fit.
    """

    blocks: BlockSet
    size: InputSize
    surrogate: Surrogate
    spared: Doubles
    measured: int
    whole_time: float = 1.0
    offset: float = 0.0
    factor: float = 1.0
    heads: Mapping[str, Array] = field(default_factory=dict)
    fit: float = float("nan")

    @property
    def name(self) -> str:
        """Precision and size, for people."""
        return f"{self.blocks.precision} {self.size}"

    def composed(self, choice: Sequence[int]) -> bytes:
        """Compose a network of a place in INTENSITIES for each block.

        Raises:
            ModelError: The choice does not fit.
        """
        data = compose(self.blocks, choice)
        if self.size == WHOLE:
            return data
        sized = self.size.of(parse_model(with_float_weights(data), self.name))
        weights, seen = read_weights(sized), self.size.seen
        # INT8 adds planes of zeros to the image, which must be as large as it.
        changed = {
            name: values[..., :seen, :seen]
            for name, values in weights.items()
            if values.shape[-2:] == (WHOLE.seen, WHOLE.seen)
        }
        last = self.blocks.blocks[-1]
        channels = last.widths[choice[-1]].channels
        kept = self.blocks.kept(last, channels) if channels < last.channels else slice(None)
        changed |= {
            name: weights[name] + (change[:, kept] if change.ndim > 1 else change)
            for name, change in self.heads.items()
        }
        write_weights(sized, changed)
        return serialized(sized)

    def time(self, choices: Sequence[Sequence[int]]) -> Doubles:
        """Estimate the times of compositions, [n], relative to the first start network."""
        times: Doubles = self.whole_time * time_left(self.spared, choices)
        return times

    def deviation_percent(self, choices: Sequence[Sequence[int]]) -> Doubles:
        """Estimate the deviations of compositions in plain scenes, [n], % of palm size."""
        squares = self.surrogate.deviation_percent(choices)[:, PLAIN] ** 2
        found: Doubles = np.sqrt(self.offset + self.factor * squares)
        return found


def start_networks(
    bank: Manifest,
    sizes: Sequence[InputSize],
    fit: Crops,
    hands: Crops,
    *,
    seed: int = 0,
    runs: int = 100,
    executor: Executor = EVERY_CORE,
    on_progress: Callable[[str], None] = lambda _: None,
) -> list[StartNetwork]:
    """Measure a bank's dense network in every precision that it has measured blocks of, in every size.

    Args:
        bank: The bank.
        sizes: Sizes of the input.
        fit: Crops of hands to refit heads on.
        hands: Crops of hands to measure on.
        seed: Seed of the compositions that show what a size does.
        runs: Timed runs of each network.
        executor: Where deviations are measured.
        on_progress: Called with what is being done.

    Returns:
        INT8 before fp32, WHOLE, which is always among them, before other sizes; times are relative to the
        first one's.

    Raises:
        ConfigurationError: No blocks of the bank were measured, or the crops to refit on show no hand.
        ModelError: The bank cannot be used.
    """
    dense = read_level(bank)[1]
    meter, labels = PlainMeter(dense, hands), predict(open_exact(dense), fit.images)
    labelled = LabelledCrops(fit, labels, labels.presence >= PRESENCE_THRESHOLD)
    if not labelled.hands.any():
        msg = "The dense network sees no hand in the pictures to refit heads on: give others."
        raise ConfigurationError(msg)
    ordered = [WHOLE, *(size for size in dict.fromkeys(sizes) if size != WHOLE)]
    found = []
    for precision in sorted((info.precision for info in bank.blocks or ()), key=("int8", "fp32").index):
        blocks = BlockSet.read(bank, precision)
        measured = blocks.measured()
        if "time" not in measured:
            continue
        surrogate = Surrogate.of(measured, len(blocks.blocks))
        spared = measured["time"].astype(np.float64)
        start = StartNetwork(blocks, WHOLE, surrogate, spared, len(surrogate.centres))
        found.append(start)
        for size in ordered[1:]:
            on_progress(f"measuring {precision} at {size}")
            found.append(_estimated(_refitted(start, size, labelled), meter, seed, executor))
    if not found:
        msg = f"No blocks of the bank {bank.name} were measured: run models compositions first."
        raise ConfigurationError(msg)
    times = relative_times([one.composed([0] * len(one.spared)) for one in found], runs)
    return [replace(one, whole_time=time) for one, time in zip(found, times, strict=True)]


def deviations(
    starts: Sequence[StartNetwork],
    meter: PlainMeter,
    compositions: Sequence[tuple[int, Sequence[int]]],
    executor: Executor,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[float]:
    """Compose networks, each of the start network at a place by a choice, and measure how far each is off."""
    return executor.map(_deviation, (starts, meter), compositions, on_progress)


def relative_times(networks: Sequence[bytes], runs: int) -> list[float]:
    """Time networks in turn on one thread: medians of the processor's time, relative to the first one's."""
    calls = grey_runs([open_exact(network) for network in networks])
    times = time_in_turn(calls, runs, clock=process_time)
    return [one.p50_ms / times[0].p50_ms for one in times]


def _deviation(
    shared: tuple[Sequence[StartNetwork], PlainMeter], composition: tuple[int, Sequence[int]]
) -> float:
    (starts, meter), (place, choice) = shared, composition
    return meter.deviation(starts[place].composed(choice))


def _refitted(start: StartNetwork, size: InputSize, labelled: LabelledCrops) -> StartNetwork:
    """Give a start network another size, its heads refitted unpruned."""
    sized = replace(start, size=size)
    data = sized.composed([0] * len(start.spared))
    model = parse_model(with_float_input(data, sized.name), sized.name)
    before = read_weights(model)
    for _ in range(REFITS):
        model = refit_heads(model, labelled) or model
    after = read_weights(model)
    changed = {
        name: after[name] - before[name] for name in after if not np.array_equal(after[name], before[name])
    }
    return replace(sized, heads=changed)


def _estimated(sized: StartNetwork, meter: PlainMeter, seed: int, executor: Executor) -> StartNetwork:
    """Find out what another size does to compositions."""
    whole = replace(sized, size=WHOLE)
    drawn = [[0] * len(sized.spared), *random_choices(_TRIED, len(sized.spared), seed)]
    choices = [choice for choice in drawn if whole.deviation_percent([choice])[0] < _LOST_PERCENT]
    squares = whole.deviation_percent(choices) ** 2
    found = np.array(deviations([sized], meter, [(0, choice) for choice in choices], executor))
    offset, factor = _line(squares, found**2)
    foretold = np.sqrt(offset + factor * squares)
    # Where all are lost alike there is nothing to explain.
    with np.errstate(divide="ignore", invalid="ignore"):
        fit = float(r_squared(foretold[:, None], found[:, None])[0])
    return replace(sized, measured=len(choices), offset=offset, factor=factor, fit=fit)


def _line(squares: Doubles, found: Doubles) -> tuple[float, float]:
    """Fit found = offset + factor * squares with the least relative errors, neither below 0."""
    rows = np.stack([np.ones_like(squares), squares], axis=1) / found[:, None]
    offset, factor = (float(value) for value in np.linalg.lstsq(rows, np.ones(len(rows)), rcond=None)[0])
    if offset < 0:
        return 0.0, float((rows[:, 1] @ np.ones(len(rows))) / (rows[:, 1] @ rows[:, 1]))
    return offset, max(factor, 0.0)
