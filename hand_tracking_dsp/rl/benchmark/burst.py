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
from hand_tracking_dsp.rl.simulation.device import QUANTILES, DeviceModel
from hand_tracking_dsp.rl.simulation.draw_episode import draw_under
from hand_tracking_dsp.rl.simulation.episode import STEP_S, Episode, EpisodeOptions

BUDGET_MS = 33.0
BEGIN_S, END_S = 30.0, 50.0
"""Beginning and end of the burst, seconds from the beginning of the episode."""
AFTER_S = (10.0, 60.0, 900.0)
"""Times after the burst at which the level is read, seconds."""

_OPTIONS = EpisodeOptions(mains=1.0, blind=0.0)


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
    """Draw an episode on mains power with one hand in one scene, quiet but for a burst of the worst load."""
    steps = _step(END_S + AFTER_S[-1]) + 1
    medians = [state.multipliers[QUANTILES.index(0.5)] for state in device.states]
    load_state = np.full(steps, int(np.argmin(medians)), dtype=np.int64)
    load_state[_step(BEGIN_S) : _step(END_S)] = int(np.argmax(medians))
    conditions = Conditions(
        device=replace(device, difficulty_std=0.0),
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


def _step(seconds: float) -> int:
    return round(seconds / STEP_S)
