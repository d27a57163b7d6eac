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
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.evaluation.executor import THIS_PROCESS, Executor
from hand_tracking_dsp.rl.federated.part_files import part_file, read_missions, write_missions
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
    unseen: int = 24
    unseen_missions: int = 4
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
    device: DeviceModel,
    bank: Manifest,
    options: FleetOptions,
    folder: Path,
    on_progress: Callable[[str, int, int], None],
    executor: Executor = THIS_PROCESS,
) -> Fleet:
    """Draw a fleet around a device, and play its missions where an earlier call has not.

    Args:
        device: Device that robots' devices are multiples of.
        bank: Bank whose operating points are chosen from.
        options: Sizes.
        folder: Folder that the missions of each robot are kept in.
        on_progress: Called with a name, the robots played and to play.
        executor: Where the work runs.

    Raises:
        ModelError: A file that was kept is damaged.
        OutputError: A file cannot be written.
    """
    first = _APART * options.seed
    robots = [draw_robot(device, _FLEET + first + index) for index in range(options.clients)]
    robots += [draw_robot(device, _UNSEEN + first + index) for index in range(options.unseen)]
    items: list[tuple[Robot, range]] = []
    for number, robot in enumerate(robots):
        count = options.missions if number < options.clients else options.unseen_missions
        seeds = _APART * (_FLEET + first + number)
        items.append((robot, range(seeds, seeds + count)))
    files = [part_file(folder, "missions.npz", bank.fingerprint, repr(item)) for item in items]
    data = [read_missions(file) for file in files]
    left = [number for number, one in enumerate(data) if one is None]
    with closing(
        executor.as_completed(_play, PointFigures.of(bank), [items[number] for number in left])
    ) as played:
        for done, (place, one) in enumerate(played, start=len(items) - len(left) + 1):
            data[left[place]] = one
            write_missions(files[left[place]], one)
            on_progress("missions to learn from", done, len(items))
    whole = [one for one in data if one is not None]
    unseen = tuple(robots[options.clients :])
    return Fleet(
        tuple(robots[: options.clients]),
        tuple(whole[: options.clients]),
        unseen,
        joined(whole[options.clients :]),
    )


def _play(figures: PointFigures, item: tuple[Robot, range]) -> LabelledObservations:
    robot, seeds = item
    return play_missions(robot.device, figures, robot.episodes, seeds)


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
