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

"""An episode: two minutes of a robot's life that a controller is trained and evaluated on.

Everything that does not depend on the controller is drawn beforehand, for every level: what each frame would
take, how far the landmarks would drift, what power would be drawn. So all controllers meet the same moments,
and an oracle can plan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.rl.simulation.frames import Array, EpisodeFrames
from hand_tracking_dsp.rl.simulation.heat import HeatModel

Bools = NDArray[np.bool_]
Range = tuple[float, float]

STEP_S = 0.5
"""Time from one decision to the next, seconds."""

STEPS = 240


@dataclass(frozen=True, slots=True)
class EpisodeOptions:
    """Ranges that episodes are drawn from; uniform unless said otherwise.

    Attributes:
        speeds: Factor by which the networks run slower than on the device model, log-uniform; the way
            through ROS 2 slows by its square root.
        contrasts: Exponent on each level's time relative to the dense one's: 1 = as recorded, in INT8; with
            2.2 the levels lie as far apart as in fp32, without INT8 arithmetic (bank.json).
        overheads: Factor on the time of a frame besides the networks, log-uniform: larger pictures, a
            slower way through ROS 2.
        cameras: Frame rates of cameras, Hz, and how often each is met.
        single: Share of episodes in which one hand is looked for; two in the others.
        budgets: Latency budget as a multiple of a feasible one: what the sparsest level keeps on 99 of 100
            frames with all hands in view, in the worst load state.
        load_pace: Factor by which load states last longer than the device model's; one interval of these
            is chosen, then a value in it (log-uniform).
        load_depth: Exponent on the slow-down of loaded states: 0 = no load, 1 = as the model.
        quiet: Share of episodes in which nothing else runs; in half of them the budget allows for load, in
            the others for none.
        throttling: Share of episodes in which the clock is throttled at times, and by what factor.
        heating: Share of episodes in which the tracker's own heat throttles it.
        heat_limit: Power at which it does: 0 = the cheapest point's, 1 = the densest one's.
        heat_slower: Factor by which it is slower then.
        scene_pace: Factor by which scenes last longer than the device model's; as load_pace.
        capacity_wh: Capacity of the battery; one interval is chosen, then a value in it.
        mains: Share of episodes without a battery.
        charge: State of charge at the beginning.
        base_w: Power of the robot besides the tracker, watts.
        core_w: Power of the tracker while it computes, watts.
        drains: Factor by which the battery drains faster than a real one, so that two minutes show a whole
            day: log-uniform; where nobody says how long it is to last.
        lasting: Share of the episodes with a battery in which it is to last to their end.
        enough: Charge that may be used there: 0 = what the cheapest point needs, 1 = what the densest does.
        blind: Share of episodes in which drift is not measured.
        untold: Share of episodes in which frames do not say what parts of their time the networks took.
        reflex: Share of episodes in which the tracker runs sparser levels on frames that have no time for the
            point's (deadline.reflex).
    """

    speeds: Range = (1.0, 10.0)
    contrasts: Range = (1.0, 2.2)
    overheads: Range = (1.0, 2.0)
    cameras: tuple[tuple[int, float], ...] = ((30, 0.7), (60, 0.2), (120, 0.1))
    single: float = 0.6
    budgets: Range = (1.0, 1.6)
    load_pace: tuple[Range, ...] = ((0.7, 2.0),)
    load_depth: Range = (0.3, 1.0)
    quiet: float = 0.25
    throttling: tuple[float, float, float] = (0.3, 1.1, 1.4)
    heating: float = 0.25
    heat_limit: Range = (0.2, 1.2)
    heat_slower: Range = (1.2, 1.6)
    scene_pace: tuple[Range, ...] = ((0.7, 1.5),)
    capacity_wh: tuple[Range, ...] = ((15.0, 30.0), (45.0, 80.0))
    mains: float = 0.25
    charge: Range = (0.2, 1.0)
    base_w: Range = (2.0, 10.0)
    core_w: Range = (4.0, 10.0)
    drains: Range = (10.0, 90.0)
    lasting: float = 0.5
    enough: Range = (0.2, 2.0)
    blind: float = 0.05
    untold: float = 0.05
    reflex: float = 0.75


TRAINING = EpisodeOptions()
HELD_OUT = EpisodeOptions(
    speeds=(1.0, 14.0),
    overheads=(1.5, 3.0),
    cameras=((30, 0.5), (60, 0.2), (90, 0.3)),
    single=0.4,
    load_pace=((0.4, 0.7), (2.0, 3.5)),
    throttling=(0.4, 1.4, 1.7),
    heating=0.35,
    heat_limit=(0.0, 1.0),
    heat_slower=(1.4, 2.0),
    scene_pace=((0.3, 0.6), (2.0, 4.0)),
    capacity_wh=((30.0, 45.0), (80.0, 120.0)),
    reflex=1.0,
)
"""Devices, cameras, loads, heat, scenes and batteries, in part or altogether outside those trained on."""


@dataclass(frozen=True, slots=True, eq=False)
class Episode:
    """All that happens to a controller; [l, t] is by operating point and step, [l, t, f] by its frame, too.

    Its properties are those of the cool frames.

    Attributes:
        seed: Seed that it was drawn by.
        budget_ms: Latency budget, milliseconds.
        frame_s: Time between two frames, seconds.
        cool: The frames, by the point.
        hot: The same while its own heat throttles the tracker.
        told: Whether frames say these parts.
        heat: How its own heat throttles the tracker, which none of these figures knows; None: it does not.
        expected_time: float64 [l, t]: reward.inference_time expected from the hidden states, without the
            frames' own luck; with the reflex, the frames' own.
        measured_percent: float64 [l, t]: result of a measurement of drift; NaN: none is possible.
        measured_sparser_percent: float64 [t]: the same of level 1, for the dense level.
        hands: int64 [t]: hands in view.
        measured: int64 [l, t, f]: those of them that are measured on each frame.
        presence: float64 [l, t]: presence of the hands, 0 to 1.
        residual_percent: float64 [t]: distance by which smoothing moves the joints, % of palm size.
        input_mean: float64 [t]: mean of the network's input, 0 to 1.
        input_std: float64 [t]: standard deviation of that input, 0 to 1.
        load_state: int64 [t]: hidden load state of the device model.
        tracker_w: float64 [l, t]: power of the tracker, watts.
        energy: float64 [l, t]: the same relative to the dense level's on one hand.
        base_w: Power of the robot besides the tracker, watts.
        capacity_wh: Capacity of the battery; NaN: mains power.
        charge: State of charge at the beginning, 0 to 1.
        drain: Factor by which the battery drains faster than a real one.
        lasts: Whether the battery is to last to the end, its reserve left.
        densest: Number of the densest point that policies should choose.
        sag: Charge by which the gauge shows less for each watt drawn.
    """

    seed: int
    budget_ms: float
    frame_s: float
    cool: EpisodeFrames
    hot: EpisodeFrames
    told: bool
    heat: HeatModel | None
    expected_time: Array
    measured_percent: Array
    measured_sparser_percent: Array
    hands: NDArray[np.int64]
    measured: NDArray[np.int64]
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
    lasts: bool
    densest: int
    sag: float

    @property
    def levels(self) -> int:
        """Number of operating points."""
        return int(self.latency_ms.shape[0])

    @property
    def steps(self) -> int:
        """Number of steps of STEP_S."""
        return int(self.latency_ms.shape[1])

    @property
    def latency_ms(self) -> Array:
        """Return the time of each frame, end to end, float64 [l, t, f], milliseconds."""
        return self.cool.latency_ms

    @property
    def drift_percent(self) -> Array:
        """Return the deviation from the dense level, float64 [l, t], % of palm size; NaN without a hand."""
        return self.cool.drift_percent

    @property
    def accuracy(self) -> Array:
        """Return the normalized accuracy, float64 [l, t]; 1 without a hand, 0 of one that is missed."""
        return self.cool.accuracy

    @property
    def time(self) -> Array:
        """Return the normalized inference time, float64 [l, t]; 0 without a hand."""
        means: Array = self.late().mean(axis=2)
        return means

    def late(self, throttled: Bools | bool = False) -> Bools:
        """Return which frames with a hand are over the budget, bool [l, t, f]; without one none is late.

        Args:
            throttled: Whether its own heat throttles the tracker, or bool [t].
        """
        hot = np.broadcast_to(throttled, self.hands.shape)[:, None]
        latency_ms = np.where(hot, self.hot.latency_ms, self.cool.latency_ms)
        found: Bools = (latency_ms > self.budget_ms) & (self.hands > 0)[:, None]
        return found

    def drained(self) -> Array:
        """Return how much of the battery's charge each step takes, float64 [l, t]; 0 on mains power."""
        watts = self.base_w + self.tracker_w
        used = watts * STEP_S * self.drain / 3600.0 / self.capacity_wh
        return np.zeros_like(watts) if math.isnan(self.capacity_wh) else used
