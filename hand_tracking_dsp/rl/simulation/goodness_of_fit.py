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

"""Compares a device model with traces that it was not fitted to: quantiles of latency, late frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.recordings.trace import Trace
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.fit_device import quiet_ms_of
from hand_tracking_dsp.rl.simulation.fit_load import visits

SHARES = (0.5, 0.9, 0.95, 0.99)
"""Quantiles that are compared."""

# What a level does on fewer frames says nothing of its 99th percentile.
LEAST_FRAMES = 100

_REPEATS = 50

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Measured and simulated latencies of some frames.

    Attributes:
        level: Level of the frames; None: all levels.
        frames: Number of measured frames.
        measured_ms: Their quantiles at SHARES, milliseconds.
        model_ms: The same quantiles of the simulated frames, milliseconds.
        measured_late: Share of measured frames over the budget, 0 to 1.
        model_late: Share of simulated frames over the budget, 0 to 1.
    """

    level: int | None
    frames: int
    measured_ms: tuple[float, ...]
    model_ms: tuple[float, ...]
    measured_late: float
    model_late: float

    @property
    def relative_errors(self) -> tuple[float, ...]:
        """Relative error of each simulated quantile; above 0 where the model is too slow."""
        pairs = zip(self.model_ms, self.measured_ms, strict=True)
        return tuple(model / measured - 1 for model, measured in pairs)


def reproduce(
    model: DeviceModel, traces: Sequence[Trace], budget_ms: float, seed: int
) -> tuple[Reproduction, ...]:
    """Simulate the frames of held-out traces, and compare.

    The model is given when the frames came, at which level, with how many hands and whether the palm
    detector ran; not the load states, which it walks through freely, many times over.

    Args:
        model: Model of the device.
        traces: Traces that were held out.
        budget_ms: Latency above which a frame is late, milliseconds.
        seed: Seed of the simulation.

    Returns:
        A comparison of all frames, then one of each level of at least LEAST_FRAMES frames.

    Raises:
        ConfigurationError: The traces show levels that the model does not have, or no latency.
    """
    random = np.random.default_rng(seed)
    measured = np.concatenate([trace.latency_ms for trace in traces])
    levels = np.concatenate([trace.column("level") for trace in traces])
    if levels.max() >= model.levels:
        msg = f"The held-out traces show level {levels.max():.0f}, the device {model.levels}: give its own."
        raise ConfigurationError(msg)
    simulated = np.concatenate(
        [np.stack([simulate(model, trace, random) for _ in range(_REPEATS)]) for trace in traces], axis=1
    )
    known = np.isfinite(measured)
    if not known.any():
        msg = "The held-out traces have no latency: record them again."
        raise ConfigurationError(msg)
    results = [_compare(None, measured[known], simulated[:, known], budget_ms)]
    for level in range(model.levels):
        here = known & (levels == level)
        if here.sum() >= LEAST_FRAMES:
            results.append(_compare(level, measured[here], simulated[:, here], budget_ms))
    return tuple(results)


def simulate(model: DeviceModel, trace: Trace, random: np.random.Generator) -> Doubles:
    """Draw the latency of each frame of a trace on a walk through the load states: [frames], milliseconds."""
    states = _walk(model, trace.column("stamp_s"), random)
    slower = np.empty(len(states))
    for state in np.unique(states):
        here = states == state
        slower[here] = model.draw(int(state), random.random(int(here.sum())))
    return quiet_ms_of(model, trace) * slower


def occupancy(model: DeviceModel) -> Doubles:
    """Return the share of time that the device spends in each load state in the long run: [states]."""
    steps = np.array([state.next for state in model.states])
    time = visits(steps) * np.array([state.mean_s for state in model.states])
    share: Doubles = time / time.sum()
    return share


def _walk(model: DeviceModel, stamps_s: Doubles, random: np.random.Generator) -> NDArray[np.int64]:
    """Return the load state at each stamp, [n] of nondecreasing seconds; the first by occupancy."""
    state = int(random.choice(len(model.states), p=occupancy(model)))
    states = np.empty(len(stamps_s), dtype=np.int64)
    # Exponential times have no memory: what is left of the first one is as long as a whole one.
    until_s = stamps_s[0] + random.exponential(model.states[state].mean_s)
    for index, stamp_s in enumerate(stamps_s):
        while stamp_s >= until_s and len(model.states) > 1:
            state = int(random.choice(len(model.states), p=model.states[state].next))
            until_s += random.exponential(model.states[state].mean_s)
        states[index] = state
    return states


def _compare(level: int | None, measured: Doubles, simulated: Doubles, budget_ms: float) -> Reproduction:
    return Reproduction(
        level,
        len(measured),
        tuple(np.quantile(measured, SHARES).tolist()),
        tuple(np.quantile(simulated, SHARES).tolist()),
        float(np.mean(measured > budget_ms)),
        float(np.mean(simulated > budget_ms)),
    )
