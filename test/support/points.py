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

"""Figures of operating points, one of each level, each a fifth of it cheaper than the one before."""

import numpy as np

from hand_tracking_dsp.control.point_figures import PointFigures


def figures_of(points: int) -> PointFigures:
    steps = np.arange(points)
    ones = np.ones(points)
    return PointFigures(
        level=steps,
        sparsity=0.1 * steps,
        level_time=np.maximum(1 - 0.2 * steps, 0.1),
        cost=np.maximum(1 - 0.2 * steps, 0.1),
        level_percent=3.0 * steps,
        held_percent=0.0 * ones,
        near=1 - 0.05 * steps,
        found=ones,
        measured=ones,
        densest=0,
    )
