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

"""Draws the frames of an episode, with the tracker's reflex or without."""

from __future__ import annotations

import math

import numpy as np

from hand_tracking_dsp.evaluation.measures.drift import accuracy_of_drift
from hand_tracking_dsp.evaluation.workload.tally import NEAR_PERCENT
from hand_tracking_dsp.rl.simulation.conditions import Conditions
from hand_tracking_dsp.rl.simulation.frames import Array, EpisodeFrames, Indices
from hand_tracking_dsp.rl.simulation.reflex_levels import expected_slowness, levels_run


def draw_frames(
    conditions: Conditions, measured: Indices, slower: Array, of_levels: Array, found: Array, *, reflex: bool
) -> EpisodeFrames:
    """Draw the frames of an episode.

    Args:
        conditions: Hands, load, clock and budget.
        measured: Hands that are measured on each frame, [p, t, f].
        slower: Factor by which load and heat slow each frame, [t, f].
        of_levels: Drift of each level, [level, t], % of palm size.
        found: Share of the hands in view that are found, [p, t].
        reflex: Whether the tracker runs sparser levels where the time does not suffice.
    """
    points, budget_ms = conditions.device.points, conditions.budget_ms
    seen = np.where(conditions.hands > 0, 1.0, math.nan)
    own = np.array([point.level for point in points])
    rest_ms = (conditions.overhead_ms + conditions.detection_ms()[:, None]) * slower
    own_ms = conditions.network_ms(measured) * slower
    level = np.broadcast_to(own[:, None, None], measured.shape)
    if reflex:
        costs_ms = np.array(conditions.device.level_ms) * conditions.speed
        runs = np.broadcast_to((conditions.hands > 0)[:, None], slower.shape)
        expected = expected_slowness(slower * conditions.throttle[:, None], runs)
        level = levels_run(own.tolist(), costs_ms, measured, (budget_ms - rest_ms) / expected)
    network_ms = own_ms * relative_time(conditions, level)
    latency_ms = rest_ms + network_ms
    held = np.array([point.held_percent for point in points])[:, None, None]
    drift = of_levels[level, np.arange(len(seen))[:, None]] + held
    usable = ((drift <= NEAR_PERCENT) & (latency_ms <= budget_ms)).mean(axis=2)
    return EpisodeFrames(
        latency_ms=latency_ms,
        network_ms=network_ms,
        detection_ms=conditions.detection_ms()[:, None] * slower,
        commanded_ms=rest_ms + own_ms,
        level=level,
        drift_percent=drift.mean(axis=2) * seen,
        accuracy=np.where(conditions.hands > 0, accuracy_of_drift(drift).mean(axis=2) * found, 1.0),
        usable=usable * found * seen,
    )


def relative_time(conditions: Conditions, level: Indices) -> Array:
    """Return the time of the levels that run, [p, t, f], relative to that of each point's own."""
    times = np.array(conditions.device.level_ms)
    own = np.array([point.level for point in conditions.device.points])
    relative: Array = times[level] / times[own][:, None, None]
    return relative
