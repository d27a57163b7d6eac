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

"""Compares criteria of relevance: their rankings, and what pruning by them does to the landmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnx
from scipy.stats import rankdata

from hand_tracking_dsp.compression.bank.deviation import deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.pruning.criteria import Criterion, Relevance
from hand_tracking_dsp.compression.pruning.prune import cut, prepare, prune
from hand_tracking_dsp.compression.pruning.reconstruction import Doubles
from hand_tracking_dsp.compression.pruning.widths import uniform_shares

AS_PRUNED = "closed-form, block by block"
"""The criterion of prune itself: the closed form on the activations of the network as pruned so far."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Deviation of a network pruned by a criterion.

    Attributes:
        criterion: Its name.
        keep: Share of every block's hidden channels that stayed.
        cut: Mean deviation from the unpruned network where the others were only removed, % of palm size;
            None where the criterion cannot do without reconstruction.
        reconstructed: The same after reconstruction.
    """

    criterion: str
    keep: float
    cut: float | None
    reconstructed: float


@dataclass(frozen=True, slots=True)
class CriteriaComparison:
    """Criteria compared, with their effects on crops held back by share and criterion.

    Attributes:
        correlations: Spearman's rank correlation, -1 to 1, by block, by pair of names "a, b".
    """

    criteria: tuple[str, ...]
    correlations: Mapping[str, Mapping[str, float]]
    effects: tuple[Effect, ...]
    held_back: int

    def correlation(self, one: str, other: str) -> float:
        """Average a pair's rank correlation over blocks."""
        return float(np.mean([row[f"{one}, {other}"] for row in self.correlations.values()]))

    def figures(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        pairs = [f"{one}, {other}" for one in self.criteria for other in self.criteria]
        overall = {pair: float(np.mean([row[pair] for row in self.correlations.values()])) for pair in pairs}
        return {
            "metric": "deviation_palm_percent",
            "held_back": self.held_back,
            "spearman": {"overall": overall, "blocks": self.correlations},
            "effects": [asdict(effect) for effect in self.effects],
        }


def compare(
    model: onnx.ModelProto,
    crops: Crops,
    held_back: Crops,
    *,
    keep: Sequence[float],
    criteria: Mapping[str, Criterion],
    seed: int = 0,
    on_progress: Callable[[str], None] | None = None,
) -> CriteriaComparison:
    """Score all channels by every criterion, compare the rankings, and prune by each.

    Args:
        model: fp32 landmark network.
        crops: Crops to calibrate on.
        held_back: Crops to measure on.
        keep: Shares of every block's hidden channels, above 0 to 1.
        criteria: Criteria by name.
        seed: Seed of everything random.
        on_progress: Called with what is being done.

    Raises:
        ModelError: The network has no blocks.
    """
    report = on_progress or (lambda _: None)
    scores: dict[str, Relevance] = {}
    for name, criterion in criteria.items():
        report(f"scoring by {name}")
        scores[name] = criterion(model, crops, seed)
    targets = prepare(model, crops, seed=seed)
    reference = predict(open_exact(model), held_back.images)

    def deviation(pruned: onnx.ModelProto) -> float:
        found = predict(open_exact(pruned), held_back.images)
        return float(deviation_palm_percent(found, reference).mean())

    effects = []
    for share in keep:
        shares = uniform_shares(targets.blocks, share)
        for name, relevance in scores.items():
            report(f"pruning by {name} to {share}")
            without = deviation(cut(model, shares, relevance))
            with_others = deviation(prune(model, targets, shares, relevance=relevance))
            effects.append(Effect(name, share, without, with_others))
        report(f"pruning block by block to {share}")
        effects.append(Effect(AS_PRUNED, share, None, deviation(prune(model, targets, shares))))
    return CriteriaComparison(tuple(scores), _correlations(scores), tuple(effects), len(held_back))


def spearman(one: Doubles, other: Doubles) -> float:
    """Correlate two rankings: Pearson's correlation of the ranks, equal numbers sharing theirs."""
    if len(one) < 2:
        return 1.0
    a, b = (ranks - ranks.mean() for ranks in (rankdata(one), rankdata(other)))
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale else 0.0


def _correlations(scores: Mapping[str, Relevance]) -> dict[str, dict[str, float]]:
    blocks = next(iter(scores.values()))
    return {
        block: {
            f"{one}, {other}": spearman(scores[one][block], scores[other][block])
            for one in scores
            for other in scores
        }
        for block in blocks
    }
