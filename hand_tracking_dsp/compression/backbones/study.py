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

"""Pruning of one backbone on one data set by all methods, with equal fine-tuning, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from hand_tracking_dsp.compression.backbones.layers import PrunableNetwork, uniform_shares
from hand_tracking_dsp.compression.backbones.measure import measure_costs, to_onnx
from hand_tracking_dsp.compression.backbones.networks import NETWORKS
from hand_tracking_dsp.compression.backbones.pruning_task import (
    PruningTask,
    Shares,
    images_for_statistics,
)
from hand_tracking_dsp.compression.backbones.sign_sets import SignSet
from hand_tracking_dsp.compression.backbones.training import (
    SignTrainingOptions,
    accuracy,
    renew_statistics,
    train_on_signs,
)
from hand_tracking_dsp.power.energy_meter import EnergyMeter

METHODS = ("none", "L1", "magnitude", "AKPERL")
"""Ways to prune. L1 and magnitude prune all layers alike, as far as AKPERL's network of the same seed is
sparse; within a layer AKPERL takes channels by magnitude."""

_TUNING_RATE = 1e-3


@dataclass(frozen=True, slots=True)
class BackboneOptions:
    """Settings of a study.

    Attributes:
        epochs: Epochs of the dense network's training.
        tuning_epochs: Epochs of the fine-tuning that every method's network gets, the dense one too.
        sparsity: Share of parameters to prune, 0 to 1.
        seeds: Number of agents, and of fine-tunings of each method.
        feedback: Pictures of the validation part, at most, that an action is judged on.
        runs: Timed runs of each network.
        seed: Seed of the dense network; the first of the others.
    """

    epochs: int = 15
    tuning_epochs: int = 2
    sparsity: float = 0.45
    seeds: int = 5
    feedback: int = 96
    runs: int = 200
    seed: int = 0


class Agent(Protocol):
    """Chooses the share of each layer's channels to prune."""

    def __call__(
        self, task: PruningTask, sparsity: float, seed: int, on_progress: Callable[[int, int], None]
    ) -> Shares:
        """Choose shares that make the network so sparse, or little more.

        Args:
            task: Network that is pruned.
            sparsity: Share of its parameters to prune.
            seed: Seed of what is random.
            on_progress: Called with how much is done and to do.
        """


@dataclass(slots=True)
class PrunedBackbone:
    """Network of one method and seed, fine-tuned.

    Attributes:
        method: One of METHODS.
        seed: Its seed.
        shares: What was pruned of each layer.
        sparsity: Share of the dense network's parameters that have left.
        macs: Multiply-accumulate operations, relative to the dense network's.
        untuned: Top-1 accuracy on the test part before fine-tuning, statistics renewed.
        accuracy: That after it.
        time_ms: Median time of one inference.
        processor_ms: Median time of the processor in it.
        joules: Energy of it, measured; NaN where it was not.
        power: Energy, else time of the processor, relative to the mean of the dense networks.
    """

    method: str
    seed: int
    shares: Shares
    sparsity: float
    macs: float
    untuned: float
    accuracy: float
    time_ms: float = 0.0
    processor_ms: float = 0.0
    joules: float = 0.0
    power: float = 0.0


@dataclass(slots=True)
class BackboneResult:
    """Outcome of a study.

    Attributes:
        network: Name of the backbone.
        signs: Name of the data set.
        parameters: Number of the dense network's parameters.
        macs: Its multiply-accumulate operations for one image.
        layers: Names of the layers that are pruned.
        networks: Networks of all methods and seeds.
    """

    network: str
    signs: str
    parameters: int
    macs: int
    layers: list[str]
    networks: list[PrunedBackbone] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> BackboneResult:
        """Return what to_dict was made of."""
        networks = [
            PrunedBackbone(**{**one, "joules": float("nan") if one["joules"] is None else one["joules"]})
            for one in content["networks"]
        ]
        return cls(**{**content, "networks": networks})


def study_backbone(
    name: str,
    signs: SignSet,
    options: BackboneOptions,
    agent: Agent,
    meter: EnergyMeter | None = None,
    on_progress: Callable[[str, int, int], None] = lambda _what, _done, _all: None,
) -> BackboneResult:
    """Train a backbone, prune it by all methods, fine-tune and measure.

    The agent sees pictures of the validation part; accuracy is measured on the test part, which nothing was
    trained on or chosen by.

    Args:
        name: One of networks.NETWORKS.
        signs: Data set.
        options: Settings.
        agent: Chooses what AKPERL prunes.
        meter: What measures energy; None: the processor's time stands for it.
        on_progress: Called with a name, what is done and what there is to do.

    Raises:
        BackendError: ONNX Runtime refuses a network.
        SourceError: The meter's device has vanished.
    """
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    where = f"{name}, {signs.name}: "
    dense = train_on_signs(
        NETWORKS[name](len(signs.classes)),
        signs.parts["train"],
        SignTrainingOptions(options.epochs, seed=options.seed),
        partial(on_progress, f"{where}training"),
    )
    by_squares, by_absolute = PrunableNetwork(dense, 2), PrunableNetwork(dense, 1)
    size = by_squares.size
    result = BackboneResult(
        name, signs.name, size.parameters, size.macs, [layer.name for layer in by_squares.layers]
    )
    task, files = PruningTask(by_squares, signs, options.feedback), []
    for seed in range(options.seed, options.seed + options.seeds):
        chosen = agent(task, options.sparsity, seed, partial(on_progress, f"{where}agent {seed}"))
        sparsity = by_squares.sparsity(chosen)
        plans = {
            "none": (by_squares, (0.0,) * len(chosen)),
            "L1": (by_absolute, uniform_shares(by_absolute, sparsity)),
            "magnitude": (by_squares, uniform_shares(by_squares, sparsity)),
            "AKPERL": (by_squares, chosen),
        }
        for number, method in enumerate(METHODS, 1):
            pruned, tuned = _tuned(method, seed, *plans[method], signs, options.tuning_epochs)
            result.networks.append(pruned)
            files.append(to_onnx(tuned))
            on_progress(f"{where}fine-tuning {seed}", number, len(METHODS))
    _measure(result.networks, files, options.runs, meter, partial(on_progress, f"{where}timing"))
    return result


def _tuned(
    method: str, seed: int, network: PrunableNetwork, shares: Shares, signs: SignSet, epochs: int
) -> tuple[PrunedBackbone, nn.Module]:
    """Prune, fine-tune, and measure the accuracy before and after."""
    pruned = network.prune(shares)
    known, test = signs.parts["train"], signs.parts["test"]
    if any(shares):
        renew_statistics(pruned, images_for_statistics(signs))
    untuned = accuracy(pruned, test)
    tuned = train_on_signs(pruned, known, SignTrainingOptions(epochs, learning_rate=_TUNING_RATE, seed=seed))
    macs = network.size_of(shares).macs / network.size.macs
    found = PrunedBackbone(
        method, seed, shares, network.sparsity(shares), macs, untuned, accuracy(tuned, test)
    )
    return found, tuned


def _measure(
    networks: list[PrunedBackbone],
    files: list[bytes],
    runs: int,
    meter: EnergyMeter | None,
    on_progress: Callable[[int, int], None],
) -> None:
    """Write what inferences cost into the networks' figures."""
    costs = measure_costs(files, runs, meter, on_progress)
    dense = float(
        np.mean([cost.power for one, cost in zip(networks, costs, strict=True) if one.method == "none"])
    )
    for one, cost in zip(networks, costs, strict=True):
        one.time_ms, one.processor_ms, one.joules = cost.time_ms, cost.processor_ms, cost.joules
        one.power = cost.power / dense
