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

"""Draws robots that differ: a device, and the ranges of the missions that this one robot has.

Missions for training cover all robots at once (EpisodeOptions). Of these ranges a robot is one place: its
networks are as slow as they are, its camera has one rate, its battery one capacity.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hand_tracking_dsp.rl.simulation.conditions import log_uniform
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.episode import TRAINING, EpisodeOptions

ONE = (1.0, 1.0)
"""A range that leaves what the device says as it is."""

OWN = replace(TRAINING, speeds=ONE, contrasts=ONE, overheads=ONE, load_depth=ONE, scene_pace=(ONE,))
"""Missions of a robot whose device was fitted to its own traces: what these show is not drawn again."""

# Scenes of a robot: always easy, always hard, or between.
_DIFFICULTY = (0.05, 0.95)
# Ranges around a robot's own watts, where TRAINING has those of all robots.
_WATTS = 0.1


@dataclass(frozen=True, slots=True)
class Robot:
    """A robot that plays missions.

    Attributes:
        name: Name, for people.
        device: Device model.
        episodes: Ranges of its missions.
    """

    name: str
    device: DeviceModel
    episodes: EpisodeOptions


def draw_robot(device: DeviceModel, seed: int, ranges: EpisodeOptions = TRAINING) -> Robot:
    """Draw a robot by a seed: one place within the ranges, on a device as far from the given one.

    Args:
        device: Device that the drawn one is a multiple of.
        seed: Seed.
        ranges: Ranges of all robots.
    """
    random = np.random.default_rng(seed)
    speed, overhead = log_uniform(random, ranges.speeds), log_uniform(random, ranges.overheads)
    contrast, depth = random.uniform(*ranges.contrasts), random.uniform(*ranges.load_depth)
    dense_ms = device.level_ms[0]
    own = replace(
        device,
        name=f"robot {seed}",
        overhead_ms=device.overhead_ms * overhead * speed**0.5,
        detector_ms=device.detector_ms * speed,
        level_ms=tuple(speed * dense_ms * (ms / dense_ms) ** contrast for ms in device.level_ms),
        states=tuple(
            replace(state, multipliers=tuple(times**depth for times in state.multipliers))
            for state in device.states
        ),
        difficulty_mean=random.uniform(*_DIFFICULTY),
        difficulty_mean_s=device.difficulty_mean_s * log_uniform(random, ranges.scene_pace[0]),
    )
    return Robot(own.name, own, _own_ranges(random, ranges))


def _own_ranges(random: np.random.Generator, ranges: EpisodeOptions) -> EpisodeOptions:
    """Draw where a robot lies within the ranges; budgets, charge and what comes by chance stay open."""
    rates, shares = zip(*ranges.cameras, strict=True)
    rate = int(random.choice(rates, p=shares))
    capacity_wh = random.uniform(*ranges.capacity_wh[random.integers(len(ranges.capacity_wh))])
    watts = [random.uniform(*bounds) * np.array([1 - _WATTS, 1 + _WATTS]) for bounds in _powers(ranges)]
    single, quiet, mains, heating, reflex, throttled = (
        float(random.random() < share)
        for share in (
            ranges.single,
            ranges.quiet,
            ranges.mains,
            ranges.heating,
            ranges.reflex,
            ranges.throttling[0],
        )
    )
    return replace(
        OWN,
        cameras=((rate, 1.0),),
        single=single,
        quiet=quiet,
        mains=mains,
        heating=heating,
        reflex=reflex,
        throttling=(throttled, *ranges.throttling[1:]),
        load_pace=ranges.load_pace,
        capacity_wh=((capacity_wh, capacity_wh),),
        base_w=(float(watts[0][0]), float(watts[0][1])),
        core_w=(float(watts[1][0]), float(watts[1][1])),
    )


def _powers(ranges: EpisodeOptions) -> tuple[tuple[float, float], tuple[float, float]]:
    return ranges.base_w, ranges.core_w
