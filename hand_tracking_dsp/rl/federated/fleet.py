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

"""A simulated fleet: robots that differ, each with its own missions, and robots that nobody learns from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.robots import Robot, draw_robot
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations, play_missions
from hand_tracking_dsp.tracking.manifest import Manifest

# Seeds of robots and missions that no other part of the package takes.
_FLEET, _UNSEEN = 50_000_000, 60_000_000
_APART = 1000


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """Size of a simulated fleet.

    Attributes:
        clients: Robots that learn.
        missions: Missions that each of them learns from.
        unseen: Robots that policies are evaluated on.
        unseen_missions: Missions of each of these.
        seed: Seed of all.
    """

    clients: int = 20
    missions: int = 4
    unseen: int = 6
    unseen_missions: int = 2
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Fleet:
    """A fleet, and what its robots saw.

    Attributes:
        robots: Robots that learn.
        data: What each of them learns from.
        unseen: Robots that policies are evaluated on.
        unseen_data: What these see, to measure forecasts by.
    """

    robots: tuple[Robot, ...]
    data: tuple[LabelledObservations, ...]
    unseen: tuple[Robot, ...]
    unseen_data: LabelledObservations


def draw_fleet(
    device: DeviceModel, bank: Manifest, options: FleetOptions, on_progress: Callable[[str, int, int], None]
) -> Fleet:
    """Draw a fleet around a device, and play its missions.

    Args:
        device: Device that robots' devices are multiples of.
        bank: Bank whose operating points are chosen from.
        options: Sizes.
        on_progress: Called with a name, the robots played and to play.
    """
    first = _APART * options.seed
    robots = [draw_robot(device, _FLEET + first + index) for index in range(options.clients)]
    unseen = [draw_robot(device, _UNSEEN + first + index) for index in range(options.unseen)]
    figures, data = PointFigures.of(bank), []
    for done, robot in enumerate((*robots, *unseen), start=1):
        count = options.missions if done <= options.clients else options.unseen_missions
        seeds = range(_APART * (_FLEET + done), _APART * (_FLEET + done) + count)
        data.append(play_missions(robot.device, figures, robot.episodes, seeds))
        on_progress("missions to learn from", done, len(robots) + len(unseen))
    own = tuple(data[: options.clients])
    return Fleet(tuple(robots), own, tuple(unseen), joined(data[options.clients :]))


def joined(parts: Sequence[LabelledObservations]) -> LabelledObservations:
    """Put observations of several robots together, their missions numbered on."""
    counts = np.cumsum([0, *(int(part.missions.max()) + 1 for part in parts)])
    return LabelledObservations(
        np.concatenate([part.observations for part in parts]),
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.missions + count for part, count in zip(parts, counts, strict=False)]),
        parts[0].horizon,
    )


def dealt(parts: Sequence[LabelledObservations], seed: int) -> list[LabelledObservations]:
    """Deal the missions of all to as many clients at random, so that these are alike."""
    pool = joined(parts)
    missions = np.random.default_rng(seed).permutation(int(pool.missions.max()) + 1)
    shares = [np.isin(pool.missions, share) for share in np.array_split(missions, len(parts))]
    return [
        LabelledObservations(
            pool.observations[own], pool.points[own], pool.labels[own], pool.missions[own], pool.horizon
        )
        for own in shares
    ]
