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

"""Losses of accuracy of a network's files and arithmetics, as bank.json has measured them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from hand_tracking_dsp.tracking.network_info import Accuracy, FileInfo

DEVIATION = "deviation_palm_percent"
"""Metric of a level: mean distance of its landmarks from the dense network's, in % of palm size."""

RECALL = "recall_percent"
"""Metric of a palm detector: share of the hands marked by a person that it finds, in %."""

PALMS_FOUND = "palms_found_percent"
"""Metric of a palm detector: share of the palms its default file finds that it finds, too, in %."""

ACCEPTED = "accepted_percent"
"""Metric of a level: share of regions without a hand that it takes for one, in %; no choice looks at it."""

_WORSE_SIGN = {DEVIATION: 1.0, RECALL: -1.0, PALMS_FOUND: -1.0}


class Shortfall(NamedTuple):
    """One result: higher is worse.

    Attributes:
        percent: The metric's value, negative where more is better.
        samples: Number of pictures or hands.
    """

    percent: float
    samples: int


Losses = Mapping[tuple[str, str], Shortfall]
"""Results by metric and data set."""


def losses_of(info: FileInfo, provider: str, *, as_filed: bool) -> Losses:
    """Return how bad a file was found to be.

    Args:
        info: The file.
        provider: What runs it, as Session.provider.
        as_filed: Whether it is computed in its own precision, in which backends agree closely: results with
            other providers then count where this one has none.
    """

    def table(accept: Callable[[Accuracy], bool]) -> dict[tuple[str, str], Shortfall]:
        losses: dict[tuple[str, str], Shortfall] = {}
        for one in info.accuracy:
            if one.metric in _WORSE_SIGN and accept(one):
                loss = Shortfall(_WORSE_SIGN[one.metric] * one.value, one.samples)
                key = one.metric, one.data
                losses[key] = max(losses.get(key, loss), loss)
        return losses

    here = table(lambda one: one.provider == provider)
    return {**table(lambda _: True), **here} if as_filed else here


def excess_percent(losses: Losses, reference: Losses | None) -> float | None:
    """Return by how much losses exceed others, in %, in the metric in which they do so most.

    Of a deviation, a mean over hands, the data set counts in which it exceeds them most. Of a share of hands
    all data sets count together: of the hundred hands in one, a single one at the threshold makes 1 %.

    Args:
        losses: Results of one file.
        reference: Results of another; None stands for no loss at all.

    Returns:
        The excess; None where the two were never compared.
    """
    excesses: dict[str, list[Shortfall]] = {}
    for key, loss in losses.items():
        if reference is None or key in reference:
            excess = loss.percent - (reference[key].percent if reference else 0.0)
            excesses.setdefault(key[0], []).append(Shortfall(excess, max(loss.samples, 1)))
    if not excesses:
        return None
    return max(_worst(found) if metric == DEVIATION else _mean(found) for metric, found in excesses.items())


def _worst(found: list[Shortfall]) -> float:
    return max(one.percent for one in found)


def _mean(found: list[Shortfall]) -> float:
    return sum(one.percent * one.samples for one in found) / sum(one.samples for one in found)
