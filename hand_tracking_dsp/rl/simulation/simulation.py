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

"""Plays a controller through an episode: the package's own Controller, fed with simulated frames.

Nothing of what runs on a robot is imitated here: window, observation, shield, dwell times and constrained
mode are those of hand_tracking_dsp.control. Decisions come every STEP_S instead of ten times a second.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.controller import Controller, Decision
from hand_tracking_dsp.control.forecast import Forecast, beyond_limit
from hand_tracking_dsp.control.goal_policy import worth
from hand_tracking_dsp.control.goals import GoalOptions, GoalWeights
from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.control.policies import Policy
from hand_tracking_dsp.control.samples import BatterySample, LatencySample
from hand_tracking_dsp.rl.simulation.episode import STEP_S, Episode
from hand_tracking_dsp.rl.simulation.frames import Array, EpisodeFrames
from hand_tracking_dsp.rl.simulation.heat import Warmth
from hand_tracking_dsp.rl.simulation.reward import reward

_START_S = 100.0


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """Outcome of one step.

    Attributes:
        level: Operating point that ran.
        reward: Reward, see rl.simulation.reward.
        mean_reward: Mean of the rewards of all operating points.
        late: Number of frames over the budget.
        frames: Number of frames.
        drift_percent: Drift of the hands in view, % of palm size; NaN without a hand.
        error: 1 - Accuracy of the hands in view; NaN without a hand.
        usable: Share of the hands in view that are found in time and within 10 % of palm size of the dense
            level's; NaN without a hand.
        energy: The tracker's power, relative to the dense level's on one hand.
        tracker_j: Energy that the tracker took, joules.
        charge: State of charge afterwards; NaN: mains power.
        slower: Factor by which computing was slower by the tracker's own heat.
    """

    level: int
    reward: float
    mean_reward: float
    late: int
    frames: int
    drift_percent: float
    error: float
    usable: float
    energy: float
    tracker_j: float
    charge: float
    slower: float


class Simulation:
    """Plays an episode with a policy.

    Args:
        episode: Episode to play.
        policy: Policy that chooses the level.
        options: Options of the controller; budget, and time for the battery, are the episode's.
        weights: GoalWeights of the reward; None: those of each decision's goals, as goal_policy.worth has it.
        figures: What the controller knows of the operating points.
    """

    def __init__(
        self,
        episode: Episode,
        policy: Policy,
        options: ControllerOptions,
        weights: GoalWeights | None,
        figures: PointFigures,
    ) -> None:
        self.episode = episode
        self.weights = weights
        self.level = options.initial_level
        self.step = 0
        self._figures = figures
        options = replace(options, budget_ms=episode.budget_ms, settle_s=0.0, goals=_goals(options, episode))
        self.controller = Controller(figures, policy, options)
        self._charge = math.nan if math.isnan(episode.capacity_wh) else episode.charge
        self._drained = episode.drained()
        self._warmth = Warmth(episode.heat) if episode.heat else None
        self._noise = np.random.default_rng(episode.seed + 1)
        # The controller has received a frame before it first decides.
        self._receive(1)

    @property
    def now_s(self) -> float:
        """Time of the next decision, seconds."""
        return _START_S + self.step * STEP_S

    @property
    def slower(self) -> float:
        """Return the factor by which computing is slower by the tracker's own heat."""
        return self._warmth.slower if self._warmth else 1.0

    def throttled_after(self, seconds: float) -> NDArray[np.bool_]:
        """Return whether its own heat would throttle the tracker after so long at each point, bool [p].

        The power is that of the step to come.
        """
        power_w = self.episode.tracker_w[:, self.step]
        if self._warmth is None:
            return np.zeros(len(power_w), dtype=np.bool_)
        return self._warmth.throttled_after(power_w, seconds)

    @property
    def _frames(self) -> EpisodeFrames:
        """Return the frames at the present state of the clock."""
        return self.episode.hot if self.slower > 1.0 else self.episode.cool

    @property
    def done(self) -> bool:
        """Return whether the episode is over."""
        return self.step >= self.episode.steps

    def observe(self) -> Observation:
        """Return what the policy sees before the next decision."""
        return self.controller.observe(self.now_s)

    def run(self) -> Iterator[tuple[Decision, StepOutcome]]:
        """Play the steps that are left."""
        while not self.done:
            yield self.advance()

    def advance(self) -> tuple[Decision, StepOutcome]:
        """Decide, and play the next step at the level decided."""
        decision = self.controller.decide(self.now_s)
        self.level = decision.point
        level, step, episode = self.level, self.step, self.episode
        frames, slower, seen = self._frames, self.slower, episode.hands[step] > 0
        late_frames = (frames.latency_ms[:, step] > episode.budget_ms) & seen
        rewards = self._rewards(decision.observation, late_frames.mean(axis=1))
        self._charge = max(self._charge - float(self._drained[level, step]), 0.0)
        self._receive(late_frames.shape[1])
        if self._warmth:
            self._warmth.add(float(episode.tracker_w[level, step]), STEP_S)
        self.step += 1
        outcome = StepOutcome(
            level=level,
            reward=float(rewards[level]),
            mean_reward=float(rewards.mean()),
            late=int(late_frames[level].sum()),
            frames=late_frames.shape[1],
            drift_percent=float(frames.drift_percent[level, step]),
            error=1.0 - float(frames.accuracy[level, step]) if seen else math.nan,
            usable=float(frames.usable[level, step]),
            energy=float(episode.energy[level, step]),
            tracker_j=float(episode.tracker_w[level, step]) * STEP_S,
            charge=self._charge,
            slower=slower,
        )
        return decision, outcome

    def _rewards(self, observation: Observation, time: Array) -> Array:
        """Return the rewards of all operating points in this step from their InferenceTime; [p] both."""
        accuracy, energy = self._frames.accuracy[:, self.step], self.episode.energy[:, self.step]
        if self.weights is not None:
            return reward(self.weights, accuracy, time, energy)
        error = beyond_limit(1.0 - accuracy, observation.error_limit_percent)
        return worth(Forecast(time, error, energy), observation.weights, observation.late_free)

    def _receive(self, frames: int) -> None:
        """Pass frames of the present step and a reading of the battery to the controller."""
        episode, level, step = self.episode, self.level, self.step
        common: dict[str, Any] = {
            "sparsity": float(self._figures.sparsity[level]),
            "presence": float(episode.presence[level, step]),
            "input_mean": float(episode.input_mean[step]),
            "input_std": float(episode.input_std[step]),
            "smoothing_residual": float(episode.residual_percent[step]),
        }
        hands = int(episode.hands[step])
        drift = sparser = math.nan
        if step % round(1 / STEP_S) == 0:  # measured once a second
            drift = float(episode.measured_percent[level, step])
            sparser = float(episode.measured_sparser_percent[step]) if level == 0 else math.nan
        played = self._frames
        own, runs = int(self._figures.level[level]), played.level[level, step].tolist()
        commanded_ms, latencies_ms, networks_ms, detections_ms = (
            ms[step, :frames].tolist()
            for ms in (
                played.commanded_ms[level],
                played.latency_ms[level],
                played.network_ms[level],
                played.detection_ms,
            )
        )
        for index, latency_ms in enumerate(latencies_ms):
            stamp_s = self.now_s + index * episode.frame_s
            self.controller.add_latency(
                LatencySample(
                    stamp_s,
                    latency_ms,
                    latency_ms,
                    level,
                    drift=drift if index == 0 else math.nan,
                    drift_sparser=sparser if index == 0 else math.nan,
                    hands=hands,
                    predicted=hands - int(episode.measured[level, step, index]),
                    reflex=runs[index] > own,
                    commanded_ms=commanded_ms[index],
                    landmarks_ms=networks_ms[index] if episode.told else math.nan,
                    detection_ms=detections_ms[index] if episode.told else math.nan,
                    **common,
                )
            )
        if not math.isnan(self._charge):
            self._receive_battery(episode, level, step)

    def _receive_battery(self, episode: Episode, level: int, step: int) -> None:
        power_w = episode.base_w + float(episode.tracker_w[level, step])
        gauge = self._charge - episode.sag * power_w
        self.controller.add_battery(
            BatterySample(
                stamp_s=self.now_s,
                charge=min(max(gauge, 0.0), 1.0),
                power_w=power_w * (1.0 + 0.01 * float(self._noise.standard_normal())),
                discharging=True,
            )
        )


def _goals(options: ControllerOptions, episode: Episode) -> GoalOptions:
    """Return the goals of an episode: that its battery lasts to the end, where it is to."""
    until = f"{episode.steps * STEP_S:g}s" if episode.lasts else ""
    return replace(options.goals, battery=replace(options.goals.battery, until=until))
