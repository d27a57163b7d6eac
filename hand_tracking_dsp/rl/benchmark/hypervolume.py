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

"""Hypervolume: one figure for late frames, error and energy together.

The hypervolume of a set of points is the part of a box that they dominate, from the point that is best on
each axis to a reference point that is worst: the "size of the space covered" of E. Zitzler and L. Thiele,
"Multiobjective optimization using evolutionary algorithms: a comparative case study", PPSN 1998. A point
dominates all that is better than it on no axis. Here it is a share of the box.

The box reaches from nothing late, no error and no energy to the worst mean of the fixed points that policies
choose on each axis, so that the densest point alone, and the cheapest alone, have none. Where the densest is
late on many frames, a share of them in the percents hardly counts: a second box ends at 5 % late frames.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hand_tracking_dsp.evaluation.statistics import Array
from hand_tracking_dsp.rl.benchmark.evaluate import EpisodeScore
from hand_tracking_dsp.rl.benchmark.paired_tests import mean_of

AXES = ("miss_share", "error", "energy_j")
"""Measures of a score that are the axes; less is better in each."""


def place(scores: Sequence[EpisodeScore]) -> Array:
    """Return the means of AXES over the episodes, float64 [3]."""
    return np.array([mean_of(scores, measure) for measure in AXES])


def reference_point(fixed: Mapping[str, Sequence[EpisodeScore]]) -> Array:
    """Return the worst mean of the fixed points on each of AXES, float64 [3]."""
    worst: Array = np.max([place(scores) for scores in fixed.values()], axis=0)
    return worst


def hypervolume(places: Array, reference: Array) -> float:
    """Return the share of the box from 0 to a reference point that points dominate together, exactly.

    Args:
        places: float64 [n, 3], at least 0; what lies beyond the reference point dominates nothing.
        reference: float64 [3], at least 0; where it is 0 on an axis there is no box, and the share is 0.

    Returns:
        0 to 1.
    """
    if not np.all(reference > 0):
        return 0.0
    inside = places[np.all(places < reference, axis=1)] / reference
    # Slices along the last axis, between one point and the next, have the same face throughout.
    inside = inside[np.argsort(inside[:, 2])]
    edges = np.append(inside[:, 2], 1.0)
    faces = [_area(inside[: count + 1, :2]) for count in range(len(inside))]
    return float(np.dot(faces, np.diff(edges)))


def _area(places: Array) -> float:
    """Return the part of the unit square that points, [n, 2], dominate."""
    area, lowest = 0.0, 1.0
    for first, second in places[np.argsort(places[:, 0])]:
        if second < lowest:
            area += (1.0 - first) * (lowest - second)
            lowest = second
    return float(area)
