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

"""Draws episodes by a seed, from a device model and ranges."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hand_tracking_dsp.control.goals import BatteryGoal
from hand_tracking_dsp.rl.simulation.conditions import Conditions, draw_conditions, log_uniform
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.draw_frames import draw_frames, relative_time
from hand_tracking_dsp.rl.simulation.episode import (
    STEP_S,
    STEPS,
    TRAINING,
    Episode,
    EpisodeOptions,
    Range,
)
from hand_tracking_dsp.rl.simulation.frames import Array, EpisodeFrames, Indices
from hand_tracking_dsp.rl.simulation.heat import HeatModel
from hand_tracking_dsp.rl.simulation.reward import inference_time
from hand_tracking_dsp.tracking.operating_point import densest_choice

# One measurement is of one or two hands in one pose: it scatters around the scene's drift. As in recorded
# traces, like the stand-ins' sizes and their loose ties to drift.
_PROBE_STD = 0.45
# Time in which the tracker's own heat comes and goes: as fast as batteries drain in two minutes.
_HEAT_S = (10.0, 60.0)
# Of a battery that is to last, for some of it to be there.
_LEAST_CHARGE = 0.4


def draw_episode(
    device: DeviceModel, seed: int, options: EpisodeOptions = TRAINING, steps: int = STEPS
) -> Episode:
    """Draw an episode of so many steps of STEP_S."""
    random = np.random.default_rng(seed)
    return draw_under(draw_conditions(random, device, options, steps), random, options, seed)


def draw_under(
    conditions: Conditions, random: np.random.Generator, options: EpisodeOptions, seed: int
) -> Episode:
    """Draw an episode under given conditions.

    Args:
        conditions: Hands, load, clock and budget.
        random: Source of everything else.
        options: Ranges to draw from.
        seed: Seed of the episode, by which the simulation draws what it needs.
    """
    device, hands, budget_ms = conditions.device, conditions.hands, conditions.budget_ms
    states, depth, steps = conditions.load_state, conditions.load_depth, len(conditions.hands)
    frame_ms = 1e3 / conditions.rate_hz
    measured = conditions.measured(random)
    frames = measured.shape[2]
    drawn = np.stack([device.draw(int(state), random.random((frames,))) for state in states])
    slower = drawn**depth
    difficulty = _scenes(random, device, conditions.scene_s, steps)
    of_levels, drift = _drift(device, difficulty)
    reflex, found = bool(random.random() < options.reflex), _found(device, hands)
    cool = draw_frames(conditions, measured, slower, of_levels, found, reflex=reflex)
    seen = np.where(hands > 0, 1.0, np.nan)
    residual = log_uniform(random, (0.3, 1.5))
    noise = random.lognormal(-0.5 * _PROBE_STD**2, _PROBE_STD, (2, steps))
    # A measurement needs time to run the dense level too.
    in_time = cool.latency_ms.min(axis=2) + conditions.dense_ms <= budget_ms
    possible = np.where(in_time & (random.random() >= options.blind), 1.0, np.nan) * seen
    busy = _busy(conditions, measured, cool)
    tracker_w = random.uniform(*options.core_w) * busy
    densest = densest_choice(device.points)
    heat = _heat(random, options, tracker_w.mean(axis=1)[[-1, densest]])
    hot = cool
    if heat:
        hot = draw_frames(conditions, measured, slower * heat.slower, of_levels, found, reflex=reflex)
    return Episode(
        seed=seed,
        budget_ms=budget_ms,
        frame_s=frame_ms * 1e-3,
        cool=cool,
        hot=hot,
        told=bool(random.random() >= options.untold),
        heat=heat,
        expected_time=_expected_time(conditions, measured, cool, reflex=reflex) * (hands > 0),
        measured_percent=drift * noise[0] * possible,
        measured_sparser_percent=of_levels[min(1, device.levels - 1)] * noise[1] * possible[0],
        hands=hands,
        measured=measured,
        presence=_presence(random, cool.drift_percent),
        residual_percent=residual * (1 + 0.5 * difficulty) * random.lognormal(0, 0.4, steps) * seen,
        input_mean=_picture(random, (0.25, 0.65), 0.03, steps) * seen,
        input_std=_picture(random, (0.12, 0.3), 0.02, steps) * seen,
        load_state=states,
        tracker_w=tracker_w,
        energy=busy / min(conditions.dense_ms / frame_ms, 1.0),
        densest=densest,
        **_battery(random, options, tracker_w[[-1, densest]]),
    )


def _busy(conditions: Conditions, measured: Indices, frames: EpisodeFrames) -> Array:
    """Return the share of the time that the tracker computes, [p, t]: that costs energy, waiting does not."""
    network_ms = (conditions.network_ms(measured) * relative_time(conditions, frames.level)).mean(axis=2)
    compute_ms = network_ms + conditions.detection_ms() + conditions.aside_ms() * conditions.throttle
    busy: Array = np.minimum(compute_ms * conditions.rate_hz / 1e3, 1)
    return busy


def _picture(random: np.random.Generator, bounds: Range, noise: float, steps: int) -> Array:
    """Draw a figure of the network's input, [t], 0 to 1."""
    drawn: Array = np.clip(random.uniform(*bounds) + random.normal(0, noise, steps), 0, 1)
    return drawn


def _presence(random: np.random.Generator, drift_percent: Array) -> Array:
    """Draw the presence of hands of some drift, [p, t]."""
    noise = np.abs(random.normal(0, 0.015, drift_percent.shape[1]))
    presence: Array = np.clip(1.0 - 0.004 * drift_percent - noise, 0.5, 1.0)
    return presence


def _heat(random: np.random.Generator, options: EpisodeOptions, mean_w: Array) -> HeatModel | None:
    """Draw how the tracker's own heat throttles it, if it does.

    Args:
        random: Source of the numbers.
        options: Ranges to draw from.
        mean_w: Mean power of the tracker at the cheapest and at the densest point, [2], watts.
    """
    heated, time_s = random.random() < options.heating, log_uniform(random, _HEAT_S)
    limit, slower = random.uniform(*options.heat_limit), random.uniform(*options.heat_slower)
    start = random.random()
    least_w, most_w = mean_w.tolist()
    if not heated or most_w <= least_w:
        return None
    return HeatModel(
        limit_w=least_w + limit * (most_w - least_w),
        time_s=time_s,
        slower=slower,
        start_w=least_w + start * (most_w - least_w),
    )


def _battery(random: np.random.Generator, options: EpisodeOptions, tracker_w: Array) -> dict[str, Any]:
    """Draw the battery, where there is one, and how it drains: fields of Episode.

    Args:
        random: Source of the numbers.
        options: Ranges to draw from.
        tracker_w: Power of the tracker at the cheapest and at the densest point, [2, t], watts.
    """
    mains, to_last = random.random(2) < (options.mains, options.lasting)
    lasts = bool(to_last and not mains)
    capacity_wh = random.uniform(*options.capacity_wh[random.integers(len(options.capacity_wh))])
    low, high = options.charge
    charge = random.uniform(max(low, _LEAST_CHARGE) if lasts else low, high)
    base_w = random.uniform(*options.base_w)
    drain, enough = log_uniform(random, options.drains), random.uniform(*options.enough)
    if lasts:
        least_wh, most_wh = (base_w + tracker_w).sum(axis=1) * STEP_S / 3600
        allowed_wh = least_wh + enough * (most_wh - least_wh)
        drain = float((charge - BatteryGoal().reserve) * capacity_wh / allowed_wh)
    return {
        "base_w": base_w,
        "capacity_wh": math.nan if mains else capacity_wh,
        "charge": charge,
        "drain": drain,
        "lasts": lasts,
        "sag": random.uniform(0.0, 0.003),
    }


def _drift(device: DeviceModel, difficulty: Array) -> tuple[Array, Array]:
    """Return the drift of the levels, [level, t], and of the operating points, [p, t], % of palm size."""
    easy, hard = np.array(device.easy_percent)[:, None], np.array(device.hard_percent)[:, None]
    of_levels = easy + (hard - easy) * difficulty[None]
    held = np.array([point.held_percent for point in device.points])[:, None]
    return of_levels, of_levels[[point.level for point in device.points]] + held


def _found(device: DeviceModel, hands: Indices) -> Array:
    """Return the share of the hands in view that are found, [p, t]: a second one is found late, or never."""
    shares = np.array([point.found for point in device.points])[:, None]
    return np.where(hands > 1, shares, 1.0)


def _scenes(random: np.random.Generator, device: DeviceModel, mean_s: float, steps: int) -> Array:
    """Draw the difficulty of the scenes, [t], 0 to 1: Beta-distributed, constant but for a little noise."""
    mean, std = device.difficulty_mean, device.difficulty_std
    spread = max(mean * (1 - mean) / max(std, 1e-6) ** 2 - 1, 1e-3)
    difficulty = np.empty(steps)
    step = 0
    while step < steps:
        length = max(1, round(random.exponential(mean_s) / STEP_S))
        difficulty[step : step + length] = random.beta(mean * spread + 1e-6, (1 - mean) * spread + 1e-6)
        step += length
    return np.clip(difficulty + random.normal(0, 0.03, steps), 0, 1)


def _expected_time(
    conditions: Conditions, measured: Indices, frames: EpisodeFrames, *, reflex: bool
) -> Array:
    """Return the inference time expected from the hidden states, [l, t]; of each 50 points are taken.

    With the reflex it is that of the frames: what it does depends on those before.
    """
    if reflex:
        times: Array = inference_time(frames.latency_ms / conditions.budget_ms).mean(axis=2)
        return times
    quiet_ms = conditions.network_ms(measured)
    quiet_ms += conditions.overhead_ms + conditions.detection_ms()[:, None]
    points = (np.arange(50) + 0.5) / 50
    expected = np.empty(quiet_ms.shape[:2])
    for state in range(len(conditions.device.states)):
        at = conditions.load_state == state
        slower = conditions.device.draw(state, points) ** conditions.load_depth
        latency = quiet_ms[:, at, :, None] * slower
        expected[:, at] = inference_time(latency / conditions.budget_ms).mean(axis=(2, 3))
    return expected
