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

"""Gestures read from the landmarks of a composed network, and of others, in labelled pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import process_time

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.byte_input import with_byte_input
from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.bank.timing import grey_runs, time_in_turn
from hand_tracking_dsp.compression.blocks import read_blocks
from hand_tracking_dsp.compression.composition.uniform import BASELINES
from hand_tracking_dsp.compression.data.crops import no_crops
from hand_tracking_dsp.compression.pruning.prune import cut
from hand_tracking_dsp.control.layers.agent import LayerAgent, LayerChoice
from hand_tracking_dsp.control.layers.state import LayerContext
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.gestures.pictures import PictureReader
from hand_tracking_dsp.evaluation.statistics import holm, mcnemar
from hand_tracking_dsp.recordings.labels import LabelledHand
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.composition.block_set import BlockSet
from hand_tracking_dsp.tracking.composition.compose import compose
from hand_tracking_dsp.tracking.composition.keep import keep_of
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_file import in_precision, read_network
from hand_tracking_dsp.tracking.substitute import Substitute
from hand_tracking_dsp.tracking.tracker import HandTracker

DENSE, AGENT = "none", "AKPERL"
"""Names of the network that nothing was pruned of, and of the one that the agent composes."""

# Where networks run that are no levels.
_LEVEL = 1
LEAST_POWER = 0.45
"""Least share of the multiplications that agents are trained to compose for."""

_LIMITS = tuple(float(limit) for limit in np.round(np.arange(LEAST_POWER, 1.001, 0.02), 2))
# Scene and input statistics of hands in plain scenes.
_PLAIN = (0, 0.5, 0.19)

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PrunedNetwork:
    """A network to read gestures with.

    Attributes:
        method: DENSE, AGENT, a name of uniform.BASELINES, or that of a level.
        level: Level that it is, or in whose place it runs.
        session: It, opened.
        dense: The unpruned network in its precision, opened.
        sparsity: Share of the dense network's parameters that are removed, 0 to 1.
        macs: Multiplications relative to the dense network's: an estimate of the power.
        substitute: What runs instead of the level; None: the level itself.
    """

    method: str
    level: int
    session: Session
    dense: Session
    sparsity: float
    macs: float
    substitute: Substitute | None = None


@dataclass(frozen=True, slots=True)
class PrunedReading:
    """Readings of labelled hands from the landmarks of one network.

    Attributes:
        method: Its name; see PrunedNetwork.
        sparsity: Share of the dense network's parameters that are removed, 0 to 1.
        macs: Multiplications relative to the dense network's: an estimate of the power.
        processor: The processor's time of a run relative to the dense network's in its precision, measured.
        hands: Labelled hands.
        right: Share of them that were read as labelled, 0 to 1; those that are not found are not.
        p: P value of its difference from the dense network's (McNemar's exact test), corrected (Holm).
    """

    method: str
    sparsity: float
    macs: float
    processor: float
    hands: int
    right: float
    p: float


def sparse_choice(agent: LayerAgent, sparsity: float, power: float) -> LayerChoice:
    """Return what the agent composes that is so sparse, within a power, and deviates least by the estimate.

    Args:
        agent: The agent, which is asked for many limits of power.
        sparsity: Least share of the parameters that are removed, 0 to 1.
        power: Largest share of the multiplications that are left, LEAST_POWER to 1.

    Raises:
        ConfigurationError: The agent composes no such network.
    """
    asked = [agent.compose(LayerContext(1.0, limit, *_PLAIN)) for limit in _LIMITS if limit <= power]
    fitting = [one for one in asked if _sparsity(agent, one) >= sparsity and one.power <= power]
    if not fitting:
        sparsest = max(_sparsity(agent, one) for one in asked)
        msg = (
            f"The agent composes no network of {sparsity:.0%} sparsity within {power:.0%} of the "
            f"multiplications, {sparsest:.0%} at most: set --sparsity or --power otherwise."
        )
        raise ConfigurationError(msg)
    return min(fitting, key=lambda one: one.deviation_percent)


def networks_to_read_with(
    bank: Manifest, blocks: BlockSet, agent: LayerAgent, chosen: LayerChoice
) -> Iterator[PrunedNetwork]:
    """Yield the dense network, that in fp32 cut to the chosen widths, the chosen one, and the levels.

    Args:
        bank: A bank with blocks.
        blocks: Its blocks, in the precision that the dense level runs in.
        agent: The agent.
        chosen: What it composes.

    Raises:
        ModelError: A file is missing or wrong.
        BackendError: ONNX Runtime refuses a network.
    """
    whole = bank.levels[0]
    dense = open_exact(blocks.network)
    yield PrunedNetwork(DENSE, 0, dense, dense, 0.0, 1.0)
    keep, sparsity = keep_of(chosen.choice), _sparsity(agent, chosen)

    def instead(method: str, session: Session, reference: Session) -> PrunedNetwork:
        substitute = Substitute(_LEVEL, keep, session, chosen.time, sparsity)
        return PrunedNetwork(method, _LEVEL, session, reference, sparsity, chosen.power, substitute)

    model = read_level(bank)[1]
    exact = open_exact(model)
    channels = {block.name: block.channels for block in read_blocks(model)}
    shares = {
        block.name: min(block.widths[place].channels / channels[block.name], 1.0)
        for block, place in zip(blocks.blocks, chosen.choice, strict=True)
    }
    for name, criterion in BASELINES.items():
        file = serialized(cut(model, shares, criterion(model, no_crops())))
        # Whatever runs in a level's place takes the dense level's input.
        data = with_byte_input(file, name) if dense.inputs[0].dtype == "uint8" else file
        yield instead(name, open_exact(data), exact)
    yield instead(AGENT, open_exact(compose(blocks, chosen.choice)), dense)
    for info in bank.levels[1:]:
        session = open_exact(read_network(bank, in_precision(info, blocks.precision)))
        removed, macs = 1.0 - info.parameters / whole.parameters, info.macs / whole.macs
        yield PrunedNetwork(f"level {info.index}", info.index, session, dense, removed, macs)


def compare_readings(
    networks: Sequence[PrunedNetwork],
    tracker: HandTracker,
    reader: PictureReader,
    hands: Sequence[LabelledHand],
    runs: int,
    on_hand: Callable[[], None] = lambda: None,
) -> list[PrunedReading]:
    """Read all hands with every network, the dense one first, and time the networks in turn.

    Args:
        networks: Networks, as networks_to_read_with yields them.
        tracker: A tracker of the bank's levels, without smoothing.
        reader: A reader with that tracker.
        hands: Labelled hands.
        runs: Timed runs of each network, at least 1.
        on_hand: Called after each hand and network.

    Raises:
        FrameError: A picture cannot be decoded.
    """
    rights = []
    for one in networks:
        tracker.run_instead(one.substitute)
        rights.append(_read(reader, hands, one.level, on_hand))
    tracker.run_instead(None)
    sessions = [one.session for one in networks] + [one.dense for one in networks]
    times = [one.p50_ms for one in time_in_turn(grey_runs(sessions), runs, clock=process_time)]
    processor = [
        own / dense for own, dense in zip(times[: len(networks)], times[len(networks) :], strict=True)
    ]
    p_values = holm([mcnemar(right, rights[0]) for right in rights[1:]])
    return [
        PrunedReading(one.method, one.sparsity, one.macs, cost, len(hands), float(right.mean()), p)
        for one, cost, right, p in zip(networks, processor, rights, [float("nan"), *p_values], strict=True)
    ]


def _read(
    reader: PictureReader, hands: Sequence[LabelledHand], level: int, on_hand: Callable[[], None]
) -> Flags:
    """Read hands, and return whose gesture is right, or, without a label of that, number of open fingers."""
    right = np.zeros(len(hands), np.bool_)
    for number, hand in enumerate(hands):
        reading = reader.read(hand, level)
        if reading is not None and hand.gesture is not None:
            right[number] = reading.name == hand.gesture
        elif reading is not None:
            right[number] = reading.open_fingers == hand.open_fingers
        on_hand()
    return right


def _sparsity(agent: LayerAgent, chosen: LayerChoice) -> float:
    return float(1.0 - agent.profile.left(agent.profile.parameters, [chosen.choice])[0])
