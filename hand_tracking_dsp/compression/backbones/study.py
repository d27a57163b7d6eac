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

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from hand_tracking_dsp.compression.backbones.budgets import PruningBudgets, uniform_shares
from hand_tracking_dsp.compression.backbones.layers import PrunableNetwork
from hand_tracking_dsp.compression.backbones.measure import measure_costs, to_onnx
from hand_tracking_dsp.compression.backbones.networks import NETWORKS
from hand_tracking_dsp.compression.backbones.pruning_task import PruningTask, images_for_statistics
from hand_tracking_dsp.compression.backbones.results import (
    METHODS,
    BackboneResult,
    PrunedBackbone,
    Shares,
)
from hand_tracking_dsp.compression.backbones.sign_sets import SignSet
from hand_tracking_dsp.compression.backbones.training import (
    SignTrainingOptions,
    accuracy,
    renew_statistics,
    train_on_signs,
)
from hand_tracking_dsp.documents import read_bytes
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.power.energy_meter import EnergyMeter

_TUNING_RATE = 2e-3


@dataclass(frozen=True, slots=True)
class BackboneOptions:
    """Settings of a study.

    Attributes:
        epochs: Epochs of the dense network's training.
        tuning_epochs: Epochs of the fine-tuning that every method's network gets, the dense one too.
        budgets: Sizes that every method's network meets.
        feedback: Pictures of the validation part, at most, that an action is judged on.
        runs: Timed runs of each network.
        seed: Seed of the dense network.
    """

    epochs: int = 20
    tuning_epochs: int = 10
    budgets: PruningBudgets = field(default_factory=lambda: PruningBudgets(0.45, 0.55))
    feedback: int = 96
    runs: int = 200
    seed: int = 0


class LayerSearches(Protocol):
    """Chooses the share of each layer's channels to prune, by an agent and by random search."""

    def __call__(
        self, task: PruningTask, budgets: PruningBudgets, seed: int, on_progress: Callable[[int, int], None]
    ) -> tuple[Shares, Shares, int]:
        """Choose shares that meet budgets, or nearly.

        Args:
            task: Network that is pruned.
            budgets: Sizes to meet.
            seed: Seed of what is random.
            on_progress: Called with how much is done and to do.

        Returns:
            The agent's shares, those of random search, and the evaluations that either asked for.
        """


def dense_backbone(
    name: str,
    signs: SignSet,
    options: BackboneOptions,
    path: Path,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> nn.Module:
    """Train a dense network, or read what an earlier call has trained.

    Args:
        name: One of networks.NETWORKS.
        signs: Data set.
        options: Settings.
        path: File of its weights.
        on_progress: Called with the epochs done and to do.

    Raises:
        OSError: The file cannot be read.
        OutputError: It cannot be written.
    """
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    network = NETWORKS[name](len(signs.classes))
    if path.exists():
        network.load_state_dict(torch.load(io.BytesIO(read_bytes(path)), weights_only=True))
        return network.to(memory_format=torch.channels_last).eval()
    training = SignTrainingOptions(options.epochs, seed=options.seed)
    network = train_on_signs(network, signs.parts["train"], training, on_progress)
    buffer = io.BytesIO()
    torch.save(network.state_dict(), buffer)
    write_bytes(path, buffer.getvalue())
    return network


class BackboneStudy:
    """A dense network and data set, on which methods are tried seed by seed.

    The agent sees pictures of the validation part; accuracy is measured on the test part, which nothing was
    trained on or chosen by.

    Args:
        name: One of networks.NETWORKS.
        dense: The trained network.
        signs: Data set.
        options: Settings.
    """

    def __init__(self, name: str, dense: nn.Module, signs: SignSet, options: BackboneOptions) -> None:
        torch.set_num_threads(1)
        self._name, self._signs, self._options = name, signs, options
        self._by_squares, self._by_absolute = PrunableNetwork(dense, 2), PrunableNetwork(dense, 1)
        self._task = PruningTask(self._by_squares, signs, options.feedback)

    def prune(
        self,
        seed: int,
        searches: LayerSearches,
        meter: EnergyMeter | None = None,
        on_progress: Callable[[str, int, int], None] = lambda _what, _done, _all: None,
    ) -> BackboneResult:
        """Prune by all methods, fine-tune and measure.

        Args:
            seed: Seed of the searches, and of the fine-tuning.
            searches: Chooses what random search and AKPERL prune.
            meter: What measures energy; None: the processor's time stands for it.
            on_progress: Called with a name, what is done and what there is to do.

        Raises:
            BackendError: ONNX Runtime refuses a network.
            SourceError: The meter's device has vanished.
        """
        budgets, by_squares, by_absolute = self._options.budgets, self._by_squares, self._by_absolute
        size, layers = by_squares.size, [layer.name for layer in by_squares.layers]
        where = f"{self._name}, {self._signs.name}, seed {seed}: "
        chosen, drawn, evaluations = searches(
            self._task, budgets, seed, partial(on_progress, f"{where}searches")
        )
        plans = {
            "none": (by_squares, (0.0,) * len(layers)),
            "L1": (by_absolute, uniform_shares(by_absolute, budgets)),
            "magnitude": (by_squares, uniform_shares(by_squares, budgets)),
            "random": (by_squares, drawn),
            "AKPERL": (by_squares, chosen),
        }
        networks, files = [], []
        for number, method in enumerate(METHODS, 1):
            network, tuned = self._tuned(method, seed, *plans[method])
            networks.append(network)
            files.append(to_onnx(tuned))
            on_progress(f"{where}fine-tuning", number, len(METHODS))
        _measure(networks, files, self._options.runs, meter, partial(on_progress, f"{where}timing"))
        return BackboneResult(
            self._name, self._signs.name, size.parameters, size.macs, layers, [evaluations], networks
        )

    def _tuned(
        self, method: str, seed: int, network: PrunableNetwork, shares: Shares
    ) -> tuple[PrunedBackbone, nn.Module]:
        """Prune, fine-tune, and measure the accuracy before and after."""
        pruned = network.prune(shares)
        known, test = self._signs.parts["train"], self._signs.parts["test"]
        if any(shares):
            renew_statistics(pruned, images_for_statistics(self._signs))
        untuned = accuracy(pruned, test)
        tuning = SignTrainingOptions(self._options.tuning_epochs, learning_rate=_TUNING_RATE, seed=seed)
        tuned = train_on_signs(pruned, known, tuning)
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
    """Write what inferences cost into the networks' figures; the first is the dense one."""
    costs = measure_costs(files, runs, meter, on_progress)
    for one, cost in zip(networks, costs, strict=True):
        one.time_ms, one.processor_ms, one.joules = cost.time_ms, cost.processor_ms, cost.joules
        one.power = cost.power / costs[0].power
