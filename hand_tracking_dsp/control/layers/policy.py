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

"""The policy akperl: between two operating points it has a network composed for the scene and the goals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hand_tracking_dsp.control.forecast import Forecast, Forecaster, Forecasting, IndexForecaster
from hand_tracking_dsp.control.goal_policy import worth
from hand_tracking_dsp.control.layers.agent import LAYER_INTERVAL_S, LayerAgent, LayerChoice
from hand_tracking_dsp.control.layers.scene import SceneWatch, scene_of
from hand_tracking_dsp.control.layers.state import LayerContext
from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.control.policies import Composition, Policy
from hand_tracking_dsp.options import check_options, option
from hand_tracking_dsp.tracking.composition.keep import keep_of
from hand_tracking_dsp.tracking.composition.surrogate import SCENES, Doubles

# Where between two levels' times networks are composed.
_PLACES = (0.25, 0.5, 0.75, 0.95)
# Statistics of the input count as the same to within this.
_INPUT_STEP = 0.05
# A network that does not run so long after its command, with a hand in view, was refused; for some time it is
# not asked for again.
_REFUSED_S, _AGAIN_S = 8.0, 60.0
# What one measurement of the drift teaches, and how far estimates may be off at most (logarithm).
_LEARNED, _MOST = 0.3, math.log(2.5)
_LEAST_PERCENT = 0.3
# Choices that are remembered; there are more contexts than a robot meets.
_MOST_CHOICES = 256


@dataclass(frozen=True, slots=True)
class LayerPolicyOptions:
    """Settings of the policy akperl."""

    interval_s: float = option(
        LAYER_INTERVAL_S,
        "Least time from one composed network to the next in the same context.",
        "s",
        1,
        3600,
    )
    advantage: float = option(
        0.005, "How much better than an operating point a composed network must be.", "wrong hands", 0, 1
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


class LayerPolicy:
    """Lets another policy choose the point, and composes a network where one between two levels is better.

    What was decided holds for `interval_s`, or until the context changes: scene, price of energy, mains or
    battery. Only a sparser point than that of the network is taken at once.

    Better is what has the greater R of the forecasts, between the two points in proportion to the time of the
    network; its error is that of the point, as much more or less as the network deviates more or less than
    the level in such scenes. What the tracker measures of networks that ran corrects the estimates.

    Args:
        inner: Policy that chooses the point at every decision.
        agent: Agent that composes.
        figures: Figures of the points.
        options: Settings.
    """

    name: ClassVar[str] = "akperl"

    def __init__(
        self,
        inner: Policy,
        agent: LayerAgent,
        figures: PointFigures,
        options: LayerPolicyOptions | None = None,
    ) -> None:
        self._inner, self._agent, self._figures = inner, agent, figures
        self._options = options or LayerPolicyOptions()
        self._scenes = SceneWatch()
        self._choices: dict[tuple[float, ...], LayerChoice] = {}
        self._refused_s: dict[tuple[int, ...], float] = {}
        # Logarithm of how much more compositions deviate than estimated, by scene.
        self._correction = np.zeros(len(SCENES))
        self._measured: float = math.nan
        self._considered: tuple[float, ...] = ()
        self._considered_s = self._commanded_s = -math.inf
        self._composition: Composition | None = None

    @property
    def composition(self) -> Composition | None:
        """Return what is to run since the last decision; None: the point's own level."""
        return self._composition

    @property
    def forecaster(self) -> Forecaster:
        """Return what foretells for the policy that chooses the point."""
        return self._inner.forecaster if isinstance(self._inner, Forecasting) else IndexForecaster()

    def decide(self, observation: Observation) -> int:
        """Return the point wanted; `composition` says what is to run in the place of its level."""
        wanted, now_s = self._inner.decide(observation), observation.stamp_s
        self._scenes.add(now_s, _scene(observation), seen=observation["presence"] > 0.0)
        self._follow(observation)
        if self._composition is not None and wanted > self._composition.point:
            self._composition = None
        context = self._context(observation)
        if context != self._considered or now_s - self._considered_s >= self._options.interval_s:
            places = self._places(observation, wanted)
            missing = [place for place in places if self._key(observation, place) not in self._choices]
            if missing:  # one at each decision: composing takes longer than deciding
                self._compose(observation, missing[0])
            else:
                self._considered, self._considered_s = context, now_s
                self._take(self._best(observation, wanted, places), now_s)
        return wanted if self._composition is None else self._composition.point

    def _take(self, found: Composition | None, now_s: float) -> None:
        if found is not None and (self._composition is None or found.keep != self._composition.keep):
            self._commanded_s = now_s
        self._composition = found

    def _context(self, observation: Observation) -> tuple[float, ...]:
        """Return what a network is composed for; where it changes another one may come at once."""
        weights = observation.weights
        price = round(math.log2(1.0 + 100.0 * weights.gamma / max(weights.alpha, 1e-9)))
        return (self._scenes.scene, price, math.isnan(observation["battery_charge"]))

    def _follow(self, observation: Observation) -> None:
        """Learn from the drift of what runs, and give up what does not come to run."""
        running = self._composition
        if running is None:
            return
        if observation.keep != running.keep:
            waited = observation.stamp_s - self._commanded_s > _REFUSED_S
            if waited and observation["hands"] > 0:
                self._refused_s[running.keep] = observation.stamp_s
                self._composition, self._considered = None, ()
            return
        measured = observation.keep_drift_percent
        if measured >= 0.0 and measured != self._measured:
            self._measured = measured
            expected = max(running.deviation_percent, _LEAST_PERCENT)
            found = math.log(max(measured, _LEAST_PERCENT) / expected)
            missing = min(max(found, -_MOST), _MOST) - self._correction[running.scene]
            self._correction[running.scene] += _LEARNED * missing

    def _places(self, observation: Observation, wanted: int) -> list[tuple[int, int, float]]:
        """Return where networks may run: a point, that of the next denser level, and a time between them."""
        times, levels = observation.of_points("level_time"), self._figures.level
        found = []
        for point in range(max(wanted, 1), observation.points):
            denser = next((one for one in range(point - 1, -1, -1) if levels[one] < levels[point]), -1)
            if denser < observation.densest or wanted not in (denser, point):
                continue
            span = float(times[denser] - times[point])
            limits = (float(times[point]) + place * span for place in _PLACES)
            found += [(point, denser, round(limit, 2)) for limit in limits if span > 0.0]
        return found

    def _key(self, observation: Observation, place: tuple[int, int, float]) -> tuple[float, ...]:
        """Return what the agent's choice depends on."""
        values = (observation["input_mean"], observation["input_std"])
        steps = (0.0 if math.isnan(one) else _INPUT_STEP * round(one / _INPUT_STEP) for one in values)
        return (self._scenes.scene, place[2], *steps)

    def _compose(self, observation: Observation, place: tuple[int, int, float]) -> None:
        key = self._key(observation, place)
        scene, limit, mean, std = key
        if len(self._choices) >= _MOST_CHOICES:
            self._choices.clear()
        self._choices[key] = self._agent.compose(LayerContext(limit, 1.0, int(scene), mean, std))

    def _best(
        self, observation: Observation, wanted: int, places: list[tuple[int, int, float]]
    ) -> Composition | None:
        """Return the composition that is worth more than all points; None where there is none."""
        forecast = self.forecaster.forecast(observation)
        weights, free = observation.weights, observation.late_free
        points = worth(forecast, weights, free)
        best, least = None, float(points[wanted]) + weights.alpha * self._options.advantage
        for place in places:
            layers = self._choices[self._key(observation, place)]
            made = Composition(
                place[0],
                place[1],
                keep_of(layers.choice),
                self._scenes.scene,
                layers.deviation_percent,
                layers.time,
            )
            refused_s = self._refused_s.get(made.keep, -math.inf)
            expected = self._forecast(observation, forecast, made)
            value = float(worth(expected, weights, free)[0])
            if value > least and observation.stamp_s - refused_s > _AGAIN_S:
                best, least = made, value
        return best

    def _forecast(self, observation: Observation, forecast: Forecast, made: Composition) -> Forecast:
        """Return the forecast of a composition, between those of its two points."""
        point, denser = made.point, made.denser
        times = observation.of_points("level_time")
        share = float((made.time - times[point]) / (times[denser] - times[point]))
        share = min(max(share, 0.0), 1.0)

        def between(values: Doubles) -> Doubles:
            return np.array([values[point] + share * (values[denser] - values[point])])

        figures, correction = self._figures, math.exp(self._correction[made.scene])
        level = max(float(self._agent.profile.levels[figures.level[point], made.scene]), _LEAST_PERCENT)
        ratio = made.deviation_percent * correction / level
        own, held = float(figures.level_percent[point]) ** 2, float(figures.held_percent[point]) ** 2
        # Errors grow with the square of the drift.
        more = (held + own * ratio**2) / max(held + own, _LEAST_PERCENT**2)
        error = np.array([min(float(forecast.error[point]) * more, 1.0)])
        return Forecast(between(forecast.late), error, between(forecast.energy))


def _scene(observation: Observation) -> int:
    return scene_of(observation["input_mean"], observation["input_std"], observation.sharpness)
