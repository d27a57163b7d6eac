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

"""Missions in which what comes at every operating point is known, to learn forecasts from.

In a simulated mission all points are known, whichever runs: an observation is labelled with what each of them
brings in the seconds after it, the device being as warm as it would become there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.evaluation.executor import THIS_PROCESS, Executor
from hand_tracking_dsp.rl.benchmark.candidates import without_shield
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.draw_episode import draw_episode
from hand_tracking_dsp.rl.simulation.episode import Episode, EpisodeOptions
from hand_tracking_dsp.rl.simulation.frames import Array
from hand_tracking_dsp.rl.simulation.reward import JUDGED
from hand_tracking_dsp.rl.simulation.simulation import Simulation

Floats = NDArray[np.float32]

HORIZON = 6
"""Steps that a forecast is of: three seconds, the least time from a change of point to one to denser."""

# The point changes every four seconds or so, to whichever: all of them are seen from all others.
_CHANGED = 0.12
# A point is labelled as if it had run for so long already, where its own heat counts.
_WARM_S = 30.0
_FREE = without_shield(ControllerOptions(min_dwell_s=0.0, min_dwell_sparser_s=0.0))


@dataclass(frozen=True, slots=True, eq=False)
class LabelledObservations:
    """Observations, and what came at each point.

    Attributes:
        observations: float32 [n, len(OBSERVATION)].
        points: float32 [n, p, len(POINT_OBSERVATION)].
        labels: float32 [n, p, 3]: share of late frames, error, and energy of the next steps.
        missions: int64 [n]: number of the mission, each one's observations in order, one a step.
        horizon: Number of these steps.
    """

    observations: Floats
    points: Floats
    labels: Floats
    missions: NDArray[np.int64]
    horizon: int = HORIZON


class WanderingPolicy:
    """Goes to any point at any time."""

    name = "wandering"

    def __init__(self, seed: int, densest: int) -> None:
        self._random = np.random.default_rng(seed)
        self._point = densest

    def decide(self, observation: Observation) -> int:
        """Return the point of this step."""
        if self._random.random() < _CHANGED:
            self._point = int(self._random.integers(observation.densest, observation.points))
        return self._point


def play_missions(
    device: DeviceModel,
    figures: PointFigures,
    options: EpisodeOptions,
    seeds: Sequence[int],
    executor: Executor = THIS_PROCESS,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
    horizon: int = HORIZON,
) -> LabelledObservations:
    """Play missions, and label what is observed.

    Args:
        device: Device that is simulated.
        figures: What the controller knows of the operating points.
        options: Ranges to draw missions from.
        seeds: A seed for each mission.
        executor: Where the work runs.
        on_progress: Called with the missions played and to play.
        horizon: Steps that a label is of, at least 1.
    """
    played = executor.map(_play, (device, figures, options, horizon), seeds, on_progress)
    observations, points, labels = (np.concatenate(parts) for parts in zip(*played, strict=True))
    missions = np.repeat(np.arange(len(played)), [len(one[0]) for one in played])
    return LabelledObservations(observations, points, labels, missions, horizon)


def _play(
    shared: tuple[DeviceModel, PointFigures, EpisodeOptions, int], seed: int
) -> tuple[Floats, Floats, Floats]:
    device, figures, options, horizon = shared
    episode = draw_episode(device, seed, options)
    policy = WanderingPolicy(seed, figures.densest)
    simulation = Simulation(episode, policy, _FREE, JUDGED, figures)
    seen, throttled = [], []
    while not simulation.done:
        throttled.append(simulation.throttled_after(_WARM_S))
        seen.append(simulation.advance()[0].observation)
    seen = seen[: episode.steps - horizon + 1]
    return (
        np.stack([observation.vector for observation in seen]),
        np.stack([observation.by_point for observation in seen]),
        _labels(episode, np.array(throttled)[: len(seen)], horizon),
    )


def _labels(episode: Episode, throttled: NDArray[np.bool_], horizon: int) -> Floats:
    """Return what comes in so many steps from each one on, float32 [steps - horizon + 1, p, 3].

    Args:
        episode: The episode.
        throttled: Whether its own heat would throttle the tracker at each point by and by, bool
            [steps - horizon + 1, p].
        horizon: Number of steps.
    """
    late, error = (
        np.where(throttled, _means(hot, horizon), _means(cool, horizon))
        for cool, hot in (
            (episode.late().mean(axis=2), episode.late(True).mean(axis=2)),
            (1.0 - episode.cool.accuracy, 1.0 - episode.hot.accuracy),
        )
    )
    return np.stack([late, error, _means(episode.energy, horizon)], axis=-1).astype(np.float32)


def _means(values: Array, steps: int) -> Array:
    """Return means of so many steps: float64 [t - steps + 1, p] of float64 [p, t]."""
    sums = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    means: Array = ((sums[:, steps:] - sums[:, :-steps]) / steps).T
    return means
