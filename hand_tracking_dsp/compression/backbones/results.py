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

"""Figures of pruned backbones, as a study leaves them in a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

METHODS = ("none", "L1", "magnitude", "random", "AKPERL")
"""Ways to prune to the same budgets. L1 and magnitude prune all layers alike; random search and AKPERL choose
by layer, and within a layer take channels by magnitude."""

Shares = tuple[float, ...]
"""Share of each layer's channels that is pruned, 0 to 1."""


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
        power: Energy, else time of the processor, relative to that of the dense network of the same seed.
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
    """Outcome of a study of one backbone on one data set.

    Attributes:
        network: Name of the backbone.
        signs: Name of the data set.
        parameters: Number of the dense network's parameters.
        macs: Its multiply-accumulate operations for one image.
        layers: Names of the layers that are pruned.
        evaluations: Number of different networks that each agent asked for, and random search.
        networks: Networks of all methods, seed by seed.
    """

    network: str
    signs: str
    parameters: int
    macs: int
    layers: list[str]
    evaluations: list[int] = field(default_factory=list)
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

    def of(self, method: str) -> list[PrunedBackbone]:
        """Return the networks of a method, seed by seed."""
        return [one for one in self.networks if one.method == method]

    @classmethod
    def merged(cls, seeds: Sequence[BackboneResult]) -> BackboneResult:
        """Return the results of several seeds as one."""
        networks = [one for result in seeds for one in result.networks]
        evaluations = [count for result in seeds for count in result.evaluations]
        return replace(seeds[0], networks=networks, evaluations=evaluations)
