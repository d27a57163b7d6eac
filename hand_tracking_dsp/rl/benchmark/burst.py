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

"""Level of a controller before and after a burst of load on mains power."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark
from hand_tracking_dsp.rl.simulation.conditions import Conditions
from hand_tracking_dsp.rl.simulation.device import QUANTILES, DeviceModel, LoadState
from hand_tracking_dsp.rl.simulation.draw_episode import draw_under
from hand_tracking_dsp.rl.simulation.episode import STEP_S, Episode, EpisodeOptions

BUDGET_MS = 33.0
BEGIN_S, END_S = 30.0, 50.0
"""Beginning and end of the burst, seconds from the beginning of the episode."""
AFTER_S = (10.0, 60.0, 900.0)
"""Times after the burst at which the level is read, seconds."""
DENSE_BUDGETS, SLOWER = 0.35, 3.0
"""Time of a frame at the dense level on the quiet machine, in budgets, and how much slower the burst is."""

_OPTIONS = EpisodeOptions(mains=1.0, blind=0.0, reflex=1.0)


@dataclass(frozen=True, slots=True)
class BurstResponse:
    """Levels of a candidate around one burst.

    Attributes:
        seed: Seed of the episode.
        dense_ms: Median latency of the dense level before the burst, milliseconds.
        before: Level in the last step before the burst.
        at_end: Level in its last step.
        after: Levels at AFTER_S.
    """

    seed: int
    dense_ms: float
    before: int
    at_end: int
    after: tuple[int, ...]


def burst_episode(device: DeviceModel, seed: int) -> Episode:
    """Draw an episode on mains power with one hand in one scene, quiet but for a burst of the worst load.

    The device is made as fast, and the load as heavy, as DENSE_BUDGETS and SLOWER say.
    """
    steps = _step(END_S + AFTER_S[-1]) + 1
    quiet = min(device.states, key=_median)
    worst = max(device.states, key=_median)
    slowed = tuple(SLOWER / _median(worst) * multiplier for multiplier in worst.multipliers)
    load_state = np.zeros(steps, dtype=np.int64)
    load_state[_step(BEGIN_S) : _step(END_S)] = 1
    scale = DENSE_BUDGETS * BUDGET_MS / (device.overhead_ms + device.level_ms[0])
    conditions = Conditions(
        device=replace(
            device,
            difficulty_std=0.0,
            states=(replace(quiet, next=(0.0, 1.0)), replace(worst, multipliers=slowed, next=(1.0, 0.0))),
            overhead_ms=scale * device.overhead_ms,
            detector_ms=scale * device.detector_ms,
            level_ms=tuple(scale * time_ms for time_ms in device.level_ms),
        ),
        speed=1.0,
        max_hands=1,
        hands=np.ones(steps, dtype=np.int64),
        load_state=load_state,
        load_depth=1.0,
        throttle=np.ones(steps),
        budget_ms=BUDGET_MS,
    )
    return draw_under(conditions, np.random.default_rng(seed), _OPTIONS, seed)


def burst_response(benchmark: Benchmark, candidate: Candidate, seed: int) -> BurstResponse:
    """Play the episode of a seed, and read the level around the burst."""
    episode = burst_episode(benchmark.device, seed)
    levels = [outcome.level for _, outcome in benchmark.simulation(episode, candidate).run()]
    return BurstResponse(
        seed=seed,
        dense_ms=float(np.median(episode.latency_ms[0, : _step(BEGIN_S)])),
        before=levels[_step(BEGIN_S) - 1],
        at_end=levels[_step(END_S) - 1],
        after=tuple(levels[_step(END_S + seconds)] for seconds in AFTER_S),
    )


def _median(state: LoadState) -> float:
    return state.multipliers[QUANTILES.index(0.5)]


def _step(seconds: float) -> int:
    return round(seconds / STEP_S)
