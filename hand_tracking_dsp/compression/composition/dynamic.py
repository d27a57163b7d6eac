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

"""Compositions that change with the scene, against the best single one of the same energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.composition.meter import MOST_PERCENT, CompositionMeter
from hand_tracking_dsp.compression.composition.search import by_local_search, time_left
from hand_tracking_dsp.control.layers.agent import LayerAgent, LayerChoice
from hand_tracking_dsp.control.layers.scene import scene_of
from hand_tracking_dsp.control.layers.state import LayerContext
from hand_tracking_dsp.evaluation.statistics import Array
from hand_tracking_dsp.tracking.composition.compose import compose
from hand_tracking_dsp.tracking.composition.surrogate import SCENES, Surrogate
from hand_tracking_dsp.tracking.crop_statistics import CropStatistics

ENERGIES = (0.95, 0.9, 0.85, 0.8, 0.7)
"""Mean times of a run, which stand for energy, relative to the dense network's."""

NEAR_PERCENT = 10.0
"""Deviation up to which a hand is near the dense network's, % of palm size."""

_TIMES = tuple(np.round(np.arange(0.5, 1.001, 0.05), 2))

Choice = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DynamicFigures:
    """One energy: a composition for each scene, against one for all.

    Attributes:
        energy: One of ENERGIES.
        times: Time of the composition for each scene, relative to the dense network's.
        single: Mean deviation of the best single composition over all scenes, % of palm size, measured.
        dynamic: The same of the compositions that change, the scene being known.
        recognized: The same, the scene being told by each hand's own picture.
        single_near: Share of hands within NEAR_PERCENT of the dense network's.
        dynamic_near: The same of the compositions that change, the scene being known.
    """

    energy: float
    times: tuple[float, ...]
    single: float
    dynamic: float
    recognized: float
    single_near: float
    dynamic_near: float


def by_scene(agent: LayerAgent, inputs: Sequence[tuple[float, float]], energy: float) -> list[LayerChoice]:
    """Choose a composition for each scene, so that they take an energy on average and deviate least."""
    options = [
        [agent.compose(LayerContext(float(limit), 1.0, scene, *inputs[scene])) for limit in _TIMES]
        for scene in range(len(SCENES))
    ]
    best: tuple[float, tuple[LayerChoice, ...]] = (float("inf"), ())
    for chosen in product(*options):
        if np.mean([one.time for one in chosen]) <= energy:
            deviation = float(np.mean([one.deviation_percent for one in chosen]))
            if deviation < best[0]:
                best = deviation, chosen
    return list(best[1])


def for_all_scenes(agent: LayerAgent, energy: float) -> Choice:
    """Choose the composition of an energy that deviates least on average over the scenes, as estimated.

    Begun with the best of all that were measured, and improved step by step.
    """
    profile, estimate = agent.profile, _mean_of_scenes(agent.profile.surrogate)
    drawn = profile.surrogate.centres.astype(np.int64)
    within = drawn[time_left(profile.time, drawn) <= energy]
    start = within[estimate.deviation_percent(within)[:, 0].argmin()]
    return tuple(by_local_search(estimate, profile.time, 0, energy, [int(one) for one in start]))


def compare_dynamic(
    agent: LayerAgent, inputs: Sequence[tuple[float, float]], meter: CompositionMeter
) -> list[DynamicFigures]:
    """Compare both at each of ENERGIES on hands of which each is shown in every scene."""
    seen = recognized_scenes(meter)
    known: dict[Choice, Array] = {}

    def measured(choice: Choice) -> Array:
        """Measure each hand in each scene, [scenes, n]."""
        if choice not in known:
            session = open_exact(compose(meter.blocks, choice))
            found = [
                deviation_palm_percent(predict(session, images), meter.expected[name])
                for name, images in meter.scenes.items()
            ]
            known[choice] = np.minimum(np.nan_to_num(np.array(found), nan=MOST_PERCENT), MOST_PERCENT)
        return known[choice]

    rows = []
    for energy in ENERGIES:
        single = measured(for_all_scenes(agent, energy))
        chosen = by_scene(agent, inputs, energy)
        each = np.array([measured(one.choice) for one in chosen])
        scenes = np.arange(len(SCENES))
        changing = each[scenes, scenes]
        told = np.take_along_axis(each, seen[None], axis=0)[0]
        rows.append(
            DynamicFigures(
                energy,
                tuple(one.time for one in chosen),
                float(single.mean()),
                float(changing.mean()),
                float(told.mean()),
                float((single <= NEAR_PERCENT).mean()),
                float((changing <= NEAR_PERCENT).mean()),
            )
        )
    return rows


def recognized_scenes(meter: CompositionMeter) -> NDArray[np.int64]:
    """Tell the scene of each hand by what the tracker measures of it, [scenes, n]."""
    statistics = CropStatistics()
    found = []
    for name, images in meter.scenes.items():
        presence = meter.expected[name].presence
        seen = [statistics.of(image[..., ::-1]) for image in images]
        found.append([scene_of(*one, float(p)) for one, p in zip(seen, presence, strict=True)])
    return np.array(found)


def _mean_of_scenes(surrogate: Surrogate) -> Surrogate:
    """Return an estimate whose only scene is the mean, geometric, of all."""
    return Surrogate(
        surrogate.offset.mean(keepdims=True),
        surrogate.linear.mean(axis=1, keepdims=True),
        surrogate.scales,
        surrogate.centres,
        surrogate.coefficients.mean(axis=1, keepdims=True),
    )
