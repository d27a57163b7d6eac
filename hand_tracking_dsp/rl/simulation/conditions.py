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

"""The hidden conditions of an episode: hands in view, load, clock, budget.

Load by other processes and a throttled clock are hidden states; this throttling comes and goes with the
surroundings; see heat for the tracker's own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hand_tracking_dsp.rl.simulation.device import QUANTILES, DeviceModel
from hand_tracking_dsp.rl.simulation.episode import STEP_S, EpisodeOptions, Range
from hand_tracking_dsp.rl.simulation.frames import Array, Indices

_RATES_HZ = (120, 90, 60, 30, 20, 16, 10)
# Hands in view: mostly one, none for a few seconds, two for longer.
_HANDS_AT_FIRST, _HANDS_MEAN_S = (0.1, 0.5, 0.4), (4.0, 20.0, 12.0)
# Exponents on the share of measured hands: above 1 they move less than in the recordings.
_STILLNESS = (0.25, 4.0)
_HANDS_NEXT = ((0.0, 0.7, 0.3), (0.5, 0.0, 0.5), (0.3, 0.7, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """Hidden conditions of an episode, [t] by step.

    Attributes:
        device: Device model, with the levels as far apart as they are in this episode.
        speed: Factor by which the networks run slower than on that device.
        overhead: Factor on the time of a frame besides the networks.
        camera_hz: Frame rate of the camera, Hz.
        scene_pace: Factor by which scenes last longer than that device's.
        max_hands: Hands that are looked for.
        hands: int64 [t]: hands in view.
        load_state: int64 [t]: load state of the device model.
        load_depth: Exponent on the slow-down of loaded states.
        throttle: float64 [t]: factor by which a throttled clock slows computing.
        budget_ms: Latency budget of a frame, milliseconds.
    """

    device: DeviceModel
    speed: float
    max_hands: int
    hands: Indices
    load_state: Indices
    load_depth: float
    throttle: Array
    budget_ms: float
    overhead: float = 1.0
    camera_hz: int = 30
    scene_pace: float = 1.0

    @property
    def dense_ms(self) -> float:
        """Time of the dense level for one hand, milliseconds."""
        return self.device.level_ms[0] * self.speed

    @property
    def rate_hz(self) -> int:
        """Highest frame rate of the camera that the device can keep up with, dense and with two hands."""
        slowest_s = 1e-3 * self.speed * (2 * self.device.level_ms[0] + 0.2 * self.device.detector_ms)
        rates = [rate for rate in _RATES_HZ if rate <= self.camera_hz]
        return next((rate for rate in rates if 1 / rate > 1.1 * slowest_s), _RATES_HZ[-1])

    @property
    def scene_s(self) -> float:
        """Mean length of a scene, seconds."""
        return self.device.difficulty_mean_s * self.scene_pace

    @property
    def overhead_ms(self) -> float:
        """Time of a frame besides the networks, milliseconds."""
        return self.device.overhead_ms * self.overhead * math.sqrt(self.speed)

    def measured(self, random: np.random.Generator) -> Indices:
        """Draw how many of the hands in view are measured on each frame, int64 [p, t, f].

        A point's share of measured hands is that of its recordings; hands move more or less than there for a
        scene at a time. What a point measures, others with a larger share do, too.
        """
        stillness = _scene_values(random, len(self.hands), self.scene_s, _STILLNESS)
        frames = round(STEP_S * self.rate_hz)
        drawn = random.random((len(self.hands), frames, int(self.hands.max(initial=1))))
        in_view = np.arange(drawn.shape[2]) < self.hands[:, None, None]
        shares = np.array([point.measured for point in self.device.points])[:, None] ** stillness
        # A share of 1 is every frame.
        looked: Indices = ((drawn < shares[:, :, None, None]) & in_view).sum(axis=3)
        return looked

    def network_ms(self, measured: Indices) -> Array:
        """Return what the landmark network takes of each frame but for load, [p, t, f], milliseconds.

        Args:
            measured: Hands that are measured on each frame, [p, t, f].
        """
        per_hand = np.array([self.device.level_ms[point.level] for point in self.device.points])
        taken: Array = self.speed * per_hand[:, None, None] * measured * self.throttle[:, None]
        return taken

    def detection_ms(self) -> Array:
        """Return what the palm detector takes likewise, [t]: it runs on frames without a hand."""
        taken: Array = self.speed * self.device.detector_ms * (self.hands == 0) * self.throttle
        return taken

    def aside_ms(self) -> Array:
        """Return what the search for further hands takes beside each frame on the quiet machine, [p, t]."""
        searched = np.array([point.searched for point in self.device.points])
        room = (self.hands > 0) & (self.hands < self.max_hands)
        searching: Array = self.speed * self.device.detector_ms * searched[:, None] * room
        return searching


def draw_conditions(
    random: np.random.Generator, device: DeviceModel, options: EpisodeOptions, steps: int
) -> Conditions:
    """Draw the conditions of an episode of so many steps."""
    device = _contrasted(device, random.uniform(*options.contrasts))
    speed = log_uniform(random, options.speeds)
    max_hands = 1 if random.random() < options.single else 2
    first = int(random.choice(3, p=_HANDS_AT_FIRST))
    hands = _walk(random, steps, first, _HANDS_MEAN_S, _HANDS_NEXT)
    pace = _of_ranges(random, options.load_pace)
    first = int(random.integers(len(device.states)))
    mean_s = [state.mean_s * pace for state in device.states]
    load_state = _walk(random, steps, first, mean_s, [state.next for state in device.states])
    depth = random.uniform(*options.load_depth)
    if random.random() < options.quiet:
        load_state = np.full(steps, _quietest(device))
        depth *= random.random() < 0.5
    overhead = log_uniform(random, options.overheads)
    rates, shares = zip(*options.cameras, strict=True)
    return Conditions(
        device=device,
        speed=speed,
        max_hands=max_hands,
        hands=np.minimum(hands, max_hands),
        load_state=load_state,
        load_depth=depth,
        overhead=overhead,
        camera_hz=int(random.choice(rates, p=shares)),
        scene_pace=_of_ranges(random, options.scene_pace),
        budget_ms=_feasible_ms(device, speed, overhead, depth, max_hands) * random.uniform(*options.budgets),
        throttle=_throttle(random, options, steps),
    )


def log_uniform(random: np.random.Generator, bounds: Range) -> float:
    """Draw a number whose logarithm is uniform between bounds."""
    return float(np.exp(random.uniform(*np.log(bounds))))


def _quietest(device: DeviceModel) -> int:
    medians = [state.multipliers[QUANTILES.index(0.5)] for state in device.states]
    return int(np.argmin(medians))


def _of_ranges(random: np.random.Generator, ranges: Sequence[Range]) -> float:
    """Draw one of the ranges, then a log-uniform value in it."""
    return log_uniform(random, ranges[int(random.integers(len(ranges)))])


def _contrasted(device: DeviceModel, exponent: float) -> DeviceModel:
    dense_ms = device.level_ms[0]
    times = tuple(dense_ms * (level_ms / dense_ms) ** exponent for level_ms in device.level_ms)
    return replace(device, level_ms=times)


def _walk(
    random: np.random.Generator,
    steps: int,
    first: int,
    mean_s: Sequence[float],
    following: Sequence[Sequence[float]],
) -> Indices:
    """Walk through states of exponential length [t]; following: the next one (column) after each (row)."""
    states = np.empty(steps, dtype=np.int64)
    step, now = 0, first
    while step < steps:
        length = max(1, round(random.exponential(mean_s[now]) / STEP_S))
        states[step : step + length] = now
        step += length
        if len(mean_s) > 1:
            now = int(random.choice(len(mean_s), p=following[now]))
    return states


def _scene_values(random: np.random.Generator, steps: int, mean_s: float, bounds: Range) -> Array:
    """Draw values [t], log-uniform between bounds, that stay for scenes of exponential length."""
    values = np.empty(steps)
    step = 0
    while step < steps:
        length = max(1, round(random.exponential(mean_s) / STEP_S))
        values[step : step + length] = log_uniform(random, bounds)
        step += length
    return values


def _feasible_ms(device: DeviceModel, speed: float, overhead: float, depth: float, max_hands: int) -> float:
    """Return what the sparsest level keeps on 99 of 100 frames in the worst load state, milliseconds."""
    sparsest_ms = min(device.level_ms[point.level] for point in device.points)
    quiet_ms = device.overhead_ms * overhead * math.sqrt(speed) + sparsest_ms * speed * max_hands
    worst = max(device.draw(state, np.array([0.99]))[0] for state in range(len(device.states)))
    return float(quiet_ms * worst**depth)


def _throttle(random: np.random.Generator, options: EpisodeOptions, steps: int) -> Array:
    """Draw the factor by which a throttled clock slows computing, [t]; it comes and goes in ten seconds."""
    share, low, high = options.throttling
    factor = np.ones(steps)
    if random.random() >= share:
        return factor
    begin = int(random.integers(steps))
    length = int(random.integers(steps // 8, steps // 2))
    factor[begin : begin + length] = random.uniform(low, high)
    ramp = round(10.0 / STEP_S)
    return np.convolve(np.pad(factor, ramp // 2, mode="edge"), np.ones(ramp) / ramp, "same")[
        ramp // 2 : ramp // 2 + steps
    ]
