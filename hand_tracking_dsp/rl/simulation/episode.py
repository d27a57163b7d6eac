"""Episodes: two minutes of a robot's life, drawn by a seed, that a controller is trained and judged on.

Everything that does not depend on the controller is drawn beforehand, for every level: what each frame would
take, how far the landmarks would drift, what power would be drawn. So all controllers meet the same outcomes,
and an oracle can plan. Load by other processes and a throttled clock are hidden states; throttling comes and
goes with the surroundings, not with the tracker's own load, a simplification.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.reward import accuracy, inference_time

Array = NDArray[np.float64]
Range = tuple[float, float]

STEP_S = 0.5
"""Time from one decision to the next, seconds."""

STEPS = 240

_RATES_HZ = (30, 20, 16, 10)


@dataclass(frozen=True, slots=True)
class EpisodeOptions:
    """What episodes are drawn from; ranges are uniform unless said otherwise.

    Attributes:
        speeds: How many times slower than the device model the networks run, log-uniform; the way through
            ROS 2 slows by its square root.
        contrasts: Exponent on each level's time relative to the dense one's: 1 = as recorded, in INT8; with
            2.2 the levels lie as far apart as in fp32, without INT8 arithmetic (bank.json).
        single: Share of episodes in which one hand is looked for; two in the others.
        budgets: Latency budget as a multiple of a feasible one: what the sparsest level keeps on 99 of 100
            frames with all hands in view, in the worst load state.
        load_pace: How many times longer than the device model's its load states last; one interval of
            these is chosen, then a value in it (log-uniform).
        load_depth: Exponent on the slow-down of loaded states: 0 = no load, 1 = as the model.
        throttling: Share of episodes in which the clock is throttled at times, and by what factor.
        capacity_wh: Battery; one interval is chosen, then a value in it.
        mains: Share of episodes without a battery.
        charge: State of charge at the beginning.
        base_w: What the robot draws besides the tracker, watts.
        core_w: What the tracker draws while it computes, watts.
        drains: How many times faster than real the battery drains, so that two minutes show a whole day:
            log-uniform.
        blind: Share of episodes in which drift is not measured.
    """

    speeds: Range = (1.0, 10.0)
    contrasts: Range = (1.0, 2.2)
    single: float = 0.6
    budgets: Range = (1.0, 1.6)
    load_pace: tuple[Range, ...] = ((0.7, 2.0),)
    load_depth: Range = (0.3, 1.0)
    throttling: tuple[float, float, float] = (0.3, 1.1, 1.4)
    capacity_wh: tuple[Range, ...] = ((15.0, 30.0), (45.0, 80.0))
    mains: float = 0.25
    charge: Range = (0.2, 1.0)
    base_w: Range = (2.0, 10.0)
    core_w: Range = (4.0, 10.0)
    drains: Range = (10.0, 90.0)
    blind: float = 0.05


TRAINING = EpisodeOptions()
HELD_OUT = EpisodeOptions(load_pace=((0.4, 0.7), (2.0, 3.5)), capacity_wh=((30.0, 45.0), (80.0, 120.0)))
"""Paces of load and batteries that lie outside those trained on."""


@dataclass(frozen=True, slots=True, eq=False)
class Episode:
    """What awaits a controller; [l, t] is by level and step, [l, t, f] by frame of the step besides.

    Attributes:
        seed: What it was drawn by.
        budget_ms: Latency budget, milliseconds.
        frame_s: Time between two frames, seconds.
        latency_ms: float64 [l, t, f]: what each frame takes, end to end, milliseconds.
        expected_time: float64 [l, t]: reward.inference_time expected from the hidden states, without the
            frames' own luck.
        drift_percent: float64 [l, t]: deviation from the dense level, % of palm size; NaN without a hand.
        measured_percent: float64 [l, t]: what a measurement of drift would say; NaN: none is possible.
        measured_sparser_percent: float64 [t]: likewise of level 1, for the dense level.
        hands: int64 [t]: hands in view.
        presence: float64 [l, t]: presence of the hands, 0 to 1.
        residual_percent: float64 [t]: how far smoothing moves the joints, % of palm size.
        input_mean: float64 [t]: of the network's input, 0 to 1.
        input_std: float64 [t]: likewise.
        load_state: int64 [t]: hidden load state of the device model.
        tracker_w: float64 [l, t]: what the tracker draws, watts.
        energy: float64 [l, t]: the same relative to the dense level's on one hand.
        base_w: What the robot draws besides, watts.
        capacity_wh: Battery; NaN: mains power.
        charge: State of charge at the beginning, 0 to 1.
        drain: How many times faster than real the battery drains.
        sag: How much less charge the gauge shows for each watt drawn.
    """

    seed: int
    budget_ms: float
    frame_s: float
    latency_ms: Array
    expected_time: Array
    drift_percent: Array
    measured_percent: Array
    measured_sparser_percent: Array
    hands: NDArray[np.int64]
    presence: Array
    residual_percent: Array
    input_mean: Array
    input_std: Array
    load_state: NDArray[np.int64]
    tracker_w: Array
    energy: Array
    base_w: float
    capacity_wh: float
    charge: float
    drain: float
    sag: float

    @property
    def levels(self) -> int:
        """Number of sparsity levels."""
        return int(self.latency_ms.shape[0])

    @property
    def steps(self) -> int:
        """Number of steps of STEP_S."""
        return int(self.latency_ms.shape[1])

    @property
    def accuracy(self) -> Array:
        """Return the normalized accuracy, float64 [l, t]; 1 without a hand."""
        return accuracy(np.nan_to_num(self.drift_percent, nan=0.0))

    @property
    def time(self) -> Array:
        """Return the normalized inference time that came about, float64 [l, t]; 0 without a hand."""
        means: Array = inference_time(self.latency_ms / self.budget_ms).mean(axis=2)
        return means * (self.hands > 0)

    @property
    def late(self) -> NDArray[np.bool_]:
        """Return which frames with a hand are over the budget, bool [l, t, f]; without one none is late."""
        return (self.latency_ms > self.budget_ms) & (self.hands > 0)[:, None]

    def drained(self) -> Array:
        """Return how much of the battery's charge each step takes, float64 [l, t]; 0 on mains power."""
        watts = self.base_w + self.tracker_w
        used = watts * STEP_S * self.drain / 3600.0 / self.capacity_wh
        return np.zeros_like(watts) if math.isnan(self.capacity_wh) else used


def draw_episode(
    device: DeviceModel, seed: int, options: EpisodeOptions = TRAINING, steps: int = STEPS
) -> Episode:
    """Draw a episode.

    Args:
        device: What the tracker runs on.
        seed: Of everything random.
        options: What it is drawn from.
        steps: Length in steps of STEP_S.
    """
    random = np.random.default_rng(seed)
    device = _contrasted(device, random.uniform(*options.contrasts))
    speed = _log_uniform(random, options.speeds)
    most = 1 if random.random() < options.single else 2
    hands = _hands(random, steps, most)
    rate_hz = _rate_hz(device, speed)
    frames = round(STEP_S * rate_hz)
    detector = _detector_runs(hands, frames, most)
    compute_ms, overhead_ms = _quiet_ms(device, speed, hands, detector)
    states = _load_states(random, device, options, steps)
    depth = random.uniform(*options.load_depth)
    budget_ms = _feasible_ms(device, speed, depth, most) * random.uniform(*options.budgets)
    throttle = _throttle(random, options, steps)
    quiet_ms = overhead_ms + compute_ms * throttle[:, None]
    slower = np.stack([device.draw(int(state), random.random(frames)) for state in states])
    latency_ms = quiet_ms * slower**depth
    difficulty = _scenes(random, device, steps)
    drift = _drift(device, difficulty)
    seen = np.where(hands > 0, 1.0, np.nan)
    residual = _log_uniform(random, (0.3, 1.5))
    noise = random.lognormal(-0.5 * _PROBE_STD**2, _PROBE_STD, (2, steps))
    possible = _probe_possible(random, options, latency_ms, device, speed, budget_ms) * seen
    # Compute time costs energy, waiting for others does not.
    busy = np.minimum((compute_ms * throttle[:, None]).mean(axis=2) / (1e3 / rate_hz), 1.0)
    dense_busy = min(device.level_ms[0] * speed / (1e3 / rate_hz), 1.0)
    core_w = random.uniform(*options.core_w)
    mains = random.random() < options.mains
    bounds = options.capacity_wh[random.integers(len(options.capacity_wh))]
    capacity_wh = math.nan if mains else random.uniform(*bounds)
    return Episode(
        seed=seed,
        budget_ms=budget_ms,
        frame_s=1 / rate_hz,
        latency_ms=latency_ms,
        expected_time=_expected_time(device, states, depth, quiet_ms, budget_ms) * (hands > 0),
        drift_percent=drift * seen,
        measured_percent=drift * noise[0] * possible,
        measured_sparser_percent=drift[min(1, device.levels - 1)] * noise[1] * possible[0],
        hands=hands,
        presence=np.clip(1.0 - 0.004 * drift - np.abs(random.normal(0, 0.015, steps)), 0.5, 1.0) * seen,
        residual_percent=residual * (1 + 0.5 * difficulty) * random.lognormal(0, 0.4, steps) * seen,
        input_mean=np.clip(random.uniform(0.25, 0.65) + random.normal(0, 0.03, steps), 0, 1) * seen,
        input_std=np.clip(random.uniform(0.12, 0.3) + random.normal(0, 0.02, steps), 0, 1) * seen,
        load_state=states,
        tracker_w=core_w * busy,
        energy=busy / dense_busy,
        base_w=random.uniform(*options.base_w),
        capacity_wh=capacity_wh,
        charge=random.uniform(*options.charge),
        drain=_log_uniform(random, options.drains),
        sag=random.uniform(0.0, 0.003),
    )


# One measurement is of one or two hands in one pose: it scatters around the scene's drift. As in recorded
# traces, like the stand-ins' sizes and their loose ties to drift.
_PROBE_STD = 0.45


def _log_uniform(random: np.random.Generator, bounds: Range) -> float:
    return float(np.exp(random.uniform(*np.log(bounds))))


def _contrasted(device: DeviceModel, exponent: float) -> DeviceModel:
    dense_ms = device.level_ms[0]
    times = tuple(dense_ms * (level_ms / dense_ms) ** exponent for level_ms in device.level_ms)
    return replace(device, level_ms=times)


def _rate_hz(device: DeviceModel, speed: float) -> float:
    """Return the highest rate that the device can keep up with, dense and with two hands."""
    slowest_s = 1e-3 * speed * (2 * device.level_ms[0] + 0.2 * device.detector_ms)
    return next((rate for rate in _RATES_HZ if 1 / rate > 1.1 * slowest_s), _RATES_HZ[-1])


def _hands(random: np.random.Generator, steps: int, most: int) -> NDArray[np.int64]:
    """Draw how many hands are in view: mostly one, none for a few seconds, two for longer."""
    hands = np.empty(steps, dtype=np.int64)
    step, now = 0, int(random.choice(3, p=(0.1, 0.5, 0.4)))
    while step < steps:
        mean_s = (4.0, 20.0, 12.0)[now]
        length = max(1, round(random.exponential(mean_s) / STEP_S))
        hands[step : step + length] = now
        step += length
        now = int(random.choice(3, p=((0.0, 0.7, 0.3), (0.5, 0.0, 0.5), (0.3, 0.7, 0.0))[now]))
    return np.minimum(hands, most)


def _detector_runs(hands: NDArray[np.int64], frames: int, most: int) -> NDArray[np.bool_]:
    """Return on which frames the palm detector runs, bool [t, f].

    Without a hand on all, with fewer hands than looked for on one in search_interval_s, which is STEP_S.
    """
    runs = np.zeros((len(hands), frames), dtype=bool)
    runs[hands == 0] = True
    runs[(hands > 0) & (hands < most), 0] = True
    return runs


def _quiet_ms(
    device: DeviceModel, speed: float, hands: NDArray[np.int64], detector: NDArray[np.bool_]
) -> tuple[Array, float]:
    """Return what frames compute, [l, t, f], and what they take besides, on the quiet machine."""
    per_hand = np.array(device.level_ms)[:, None, None]
    compute_ms = speed * (per_hand * hands[None, :, None] + device.detector_ms * detector[None])
    return compute_ms, device.overhead_ms * math.sqrt(speed)


def _feasible_ms(device: DeviceModel, speed: float, depth: float, most: int) -> float:
    """Return what the sparsest level keeps on 99 of 100 frames in the worst load state, milliseconds."""
    quiet_ms = device.overhead_ms * math.sqrt(speed) + min(device.level_ms) * speed * most
    worst = max(device.draw(state, np.array([0.99]))[0] for state in range(len(device.states)))
    return float(quiet_ms * worst**depth)


def _load_states(
    random: np.random.Generator, device: DeviceModel, options: EpisodeOptions, steps: int
) -> NDArray[np.int64]:
    pace = _log_uniform(random, options.load_pace[random.integers(len(options.load_pace))])
    states = np.zeros(steps, dtype=np.int64)
    step, now = 0, int(random.integers(len(device.states)))
    while step < steps:
        state = device.states[now]
        length = max(1, round(random.exponential(state.mean_s * pace) / STEP_S))
        states[step : step + length] = now
        step += length
        if len(device.states) > 1:
            now = int(random.choice(len(device.states), p=state.next))
    return states


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


def _scenes(random: np.random.Generator, device: DeviceModel, steps: int) -> Array:
    """Draw the difficulty of the scenes, [t], 0 to 1: Beta-distributed, constant but for a little noise."""
    mean, std = device.difficulty_mean, device.difficulty_std
    spread = max(mean * (1 - mean) / max(std, 1e-6) ** 2 - 1, 1e-3)
    difficulty = np.empty(steps)
    step = 0
    while step < steps:
        length = max(1, round(random.exponential(device.difficulty_mean_s) / STEP_S))
        difficulty[step : step + length] = random.beta(mean * spread + 1e-6, (1 - mean) * spread + 1e-6)
        step += length
    return np.clip(difficulty + random.normal(0, 0.03, steps), 0, 1)


def _drift(device: DeviceModel, difficulty: Array) -> Array:
    easy, hard = np.array(device.easy_percent)[:, None], np.array(device.hard_percent)[:, None]
    drift: Array = easy + (hard - easy) * difficulty[None]
    return drift


def _probe_possible(
    random: np.random.Generator,
    options: EpisodeOptions,
    latency_ms: Array,
    device: DeviceModel,
    speed: float,
    budget_ms: float,
) -> Array:
    """Return 1 where a frame leaves time to run the dense level too, NaN elsewhere: [l, t]."""
    if random.random() < options.blind:
        return np.full(latency_ms.shape[:2], np.nan)
    fits = latency_ms.min(axis=2) + device.level_ms[0] * speed <= budget_ms
    return np.where(fits, 1.0, np.nan)


def _expected_time(
    device: DeviceModel, states: NDArray[np.int64], depth: float, quiet_ms: Array, budget_ms: float
) -> Array:
    """Return the inference time expected from the hidden states, [l, t]; of each 50 points are taken."""
    points = (np.arange(50) + 0.5) / 50
    expected = np.empty(quiet_ms.shape[:2])
    for state in range(len(device.states)):
        at = states == state
        slower = device.draw(state, points) ** depth
        latency = quiet_ms[:, at, :, None] * slower
        expected[:, at] = inference_time(latency / budget_ms).mean(axis=(2, 3))
    return expected
