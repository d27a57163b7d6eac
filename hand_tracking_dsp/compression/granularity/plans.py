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

"""Plans of granularities, carried out and measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import onnx

from hand_tracking_dsp.compression.bank.half_weights import rounded_to_half
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.granularity.patterns import PATTERNS
from hand_tracking_dsp.compression.granularity.runtimes import Runtime, file_sizes, time_ratios
from hand_tracking_dsp.compression.granularity.study import Deviation
from hand_tracking_dsp.compression.granularity.variants import GranularPruner, Plan
from hand_tracking_dsp.compression.pruning.prune import prepare, prune


@dataclass(frozen=True, slots=True)
class MeasuredPlan:
    """A plan that was carried out.

    Attributes:
        plan: The plan.
        keep: Share of hidden channels by block, where it is not 1.
        network: The network, in fp32: the nearer to the dense one of the next two.
        apart: Deviation with every block fitted by itself, as the tables have it, % of palm size.
        in_turn: Deviation with the blocks fitted one after the other, where no single weights go.
        zipped: Its zipped file, relative to the dense network's.
        ratios: Its time by runtime, relative to the dense network's.
        gains: Share of the time that it saves, by runtime; 0 within the noise.
    """

    plan: Plan
    keep: Mapping[str, float]
    network: onnx.ModelProto
    apart: float
    in_turn: float
    zipped: float
    ratios: Mapping[str, float]
    gains: Mapping[str, float]

    @property
    def deviation(self) -> float:
        """Return the network's deviation, % of palm size."""
        return min(self.apart, self.in_turn)


def finished(pruner: GranularPruner, plan: Plan, fit: Crops, *, seed: int = 0) -> onnx.ModelProto:
    """Prune the dense network as a plan says; later blocks make good what earlier ones lose where they can.

    The heads are refitted then, too, for which few crops are too few.

    Where no single weights go, the blocks are fitted one after the other, as compression.pruning does; where
    some do, later fits would fill them again, and every block stays fitted by itself.

    Args:
        pruner: Prunes areas.
        plan: The plan.
        fit: Crops of hands to fit on.
        seed: Seed of the positions at which feature maps are sampled.
    """
    keep = pruner.keep(plan)
    if set(plan.values()) & set(PATTERNS) or not keep:
        return pruner.network(plan)
    return rounded_to_half(prune(pruner.dense, prepare(pruner.dense, fit, seed=seed), keep))


def measure_plans(
    pruner: GranularPruner,
    plans: Sequence[Plan],
    fit: Crops,
    deviation: Deviation,
    runtimes: Sequence[Runtime],
    *,
    runs: int = 100,
    seed: int = 0,
    on_progress: Callable[[str], None] = lambda _: None,
) -> list[MeasuredPlan]:
    """Carry plans out, and measure them in turn with the dense network.

    Args:
        pruner: Prunes areas.
        plans: The plans; none is carried out twice.
        fit: Crops of hands to fit on.
        deviation: Measures deviations.
        runtimes: Runtimes to time on.
        runs: Timed runs of each network on each runtime.
        seed: Seed of the positions at which feature maps are sampled.
        on_progress: Called with what is being done.

    Raises:
        BackendError: A runtime refuses a network.
    """
    keys = [tuple(sorted(plan.items())) for plan in plans]
    networks, deviations = {}, {}
    for number, key in enumerate(dict.fromkeys(keys), 1):
        on_progress(f"carrying out plan {number} of {len(set(keys))}")
        both = pruner.network(dict(key)), finished(pruner, dict(key), fit, seed=seed)
        deviations[key] = deviation(both[0]), deviation(both[1])
        networks[key] = both[deviations[key][1] < deviations[key][0]]
    times = {}
    for runtime in runtimes:
        on_progress(f"timing plans on {runtime.name}")
        times[runtime.name] = time_ratios(runtime, pruner.dense, list(networks.values()), runs)
    whole = file_sizes(pruner.dense)[1]
    found = {
        key: MeasuredPlan(
            dict(key),
            pruner.keep(dict(key)),
            network,
            *deviations[key],
            file_sizes(network)[1] / whole,
            {name: one.ratios[place] for name, one in times.items()},
            {name: one.gains[place] for name, one in times.items()},
        )
        for place, (key, network) in enumerate(networks.items())
    }
    return [found[key] for key in keys]
