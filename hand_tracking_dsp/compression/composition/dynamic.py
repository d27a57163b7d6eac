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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import Predictions, deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.composition.meter import MOST_PERCENT, CompositionMeter
from hand_tracking_dsp.compression.composition.recording import Places, SceneRecording
from hand_tracking_dsp.compression.composition.search import (
    by_dynamic_programming,
    by_local_search,
    time_left,
)
from hand_tracking_dsp.control.layers.agent import LayerAgent, LayerChoice
from hand_tracking_dsp.control.layers.scene import OCCLUDED, PLAIN, TOLD, scene_of
from hand_tracking_dsp.control.layers.state import LayerContext
from hand_tracking_dsp.evaluation.statistics import Array, paired_p_values
from hand_tracking_dsp.tracking.composition.block_set import BlockSet
from hand_tracking_dsp.tracking.composition.compose import compose
from hand_tracking_dsp.tracking.composition.surrogate import SCENES, Surrogate
from hand_tracking_dsp.tracking.crop_statistics import CropStatistics

ENERGIES = (0.95, 0.9, 0.85, 0.8, 0.7)
"""Mean times of a run, which stand for energy, relative to the dense network's."""

NEAR_PERCENT = 10.0
"""Deviation up to which a hand is near the dense network's, % of palm size."""

EACH_SCENE = tuple((scene,) for scene in range(len(SCENES)))
"""Every scene by itself."""

# What cannot be told is taken for plain.
_TOLD_ALIKE = tuple((scene, OCCLUDED) if scene == PLAIN else (scene,) for scene in TOLD)
_TIMES = tuple(np.round(np.arange(0.5, 1.001, 0.05), 2))
_ROUNDING = 1e-9

Choice = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DynamicFigures:
    """One energy: a composition for each scene, against one for all.

    Attributes:
        energy: One of ENERGIES.
        time: Mean time of both, relative to the dense network's.
        single: Mean deviation of the best single composition over all hands, % of palm size, measured.
        dynamic: The same of the compositions that change.
        single_near: Share of hands within NEAR_PERCENT of the dense network's.
        dynamic_near: The same of the compositions that change.
        p: P value of the paired t-test between both, over hands in all scenes or over segments.
    """

    energy: float
    time: float
    single: float
    dynamic: float
    single_near: float
    dynamic_near: float
    p: float

    @classmethod
    def of(cls, energy: float, time: float, single: Array, dynamic: Array, groups: Places) -> DynamicFigures:
        """Sum up deviations of hands, float64 [n] each, that belong to groups, int64 [n]."""
        means = np.array(
            [[values[groups == group].mean() for group in np.unique(groups)] for values in (single, dynamic)]
        )
        alone, changing = (float((values <= NEAR_PERCENT).mean()) for values in (single, dynamic))
        p = paired_p_values(means[1], means[0])[0]
        return cls(energy, time, float(single.mean()), float(dynamic.mean()), alone, changing, p)


def told_as(scene: int) -> int:
    """Return the kind of scene that a kind is told as where it is told right, one of TOLD."""
    return next(scenes[0] for scenes in _TOLD_ALIKE if scene in scenes)


def by_scene(
    agent: LayerAgent,
    inputs: Sequence[tuple[float, float]],
    energy: float,
    alike: Sequence[Sequence[int]] = EACH_SCENE,
) -> list[LayerChoice]:
    """Choose compositions that take an energy on average over the scenes and deviate least, as estimated.

    Args:
        agent: The agent.
        inputs: Mean and standard deviation of the input in each kind of scene.
        energy: Mean time over all scenes, as often each.
        alike: Scenes that get the same composition, each of SCENES once; it is composed for the first.

    Returns:
        A composition for each of `alike`.
    """
    estimate = agent.profile.surrogate
    options: list[list[tuple[LayerChoice, float, float]]] = []
    for scenes in alike:
        contexts = [LayerContext(float(limit), 1.0, scenes[0], *inputs[scenes[0]]) for limit in _TIMES]
        composed = [agent.compose(one) for one in contexts]
        deviations = estimate.deviation_percent([one.choice for one in composed])[:, list(scenes)].sum(axis=1)
        times = [one.time * len(scenes) for one in composed]
        options.append(list(zip(composed, times, map(float, deviations), strict=True)))
    affordable = [
        chosen
        for chosen in product(*options)
        if sum(time for _, time, _ in chosen) <= energy * len(SCENES) + _ROUNDING
    ]
    best = min(affordable, key=lambda chosen: sum(deviation for *_, deviation in chosen))
    return [one for one, *_ in best]


class SingleComposition:
    """Finds the best single composition for all scenes.

    Candidates are what the agent composes for each scene, what dynamic programming plans over the mean of the
    scenes, and what a local search finds on the mean of the estimate, begun with the best of the compositions
    that it was fitted to; the one that deviates least on hands that nothing else is measured on is taken.

    Args:
        agent: The agent.
        inputs: Mean and standard deviation of the input in each kind of scene.
        singles: single_deviations of `meter`.
        meter: Hands to choose on.
    """

    def __init__(
        self,
        agent: LayerAgent,
        inputs: Sequence[tuple[float, float]],
        singles: Array,
        meter: CompositionMeter,
    ) -> None:
        self._agent, self._inputs, self._meter = agent, inputs, meter
        self._squares = (singles**2).mean(axis=2)
        self._estimate = _mean_of_scenes(agent.profile.surrogate)

    def of(self, energy: float) -> Choice:
        """Return the composition that takes at most such a time, relative to the dense network's."""
        candidates = sorted(set(self._candidates(energy)))
        deviations = [float(self._meter.measure(one).mean()) for one in candidates]
        return candidates[int(np.argmin(deviations))]

    def _candidates(self, energy: float) -> Iterator[Choice]:
        profile, estimate = self._agent.profile, self._estimate
        for scene, statistics in enumerate(self._inputs):
            composed = self._agent.compose(LayerContext(energy, 1.0, scene, *statistics))
            if composed.time <= energy + _ROUNDING:
                yield composed.choice
        if (planned := by_dynamic_programming(self._squares, profile.time, energy)) is not None:
            yield tuple(planned)
        drawn = profile.surrogate.centres.astype(np.int64)
        within = drawn[time_left(profile.time, drawn) <= energy]
        start = within[estimate.deviation_percent(within)[:, 0].argmin()]
        yield tuple(by_local_search(estimate, profile.time, 0, energy, [int(one) for one in start]))


def compare_dynamic(
    agent: LayerAgent,
    inputs: Sequence[tuple[float, float]],
    best: SingleComposition,
    meter: CompositionMeter,
) -> list[DynamicFigures]:
    """Compare both at each of ENERGIES on hands of which each is shown in every scene, which is known."""
    groups = np.tile(np.arange(len(next(iter(meter.scenes.values())))), len(SCENES))
    rows = []
    for energy in ENERGIES:
        chosen = by_scene(agent, inputs, energy)
        changing = [
            _deviations(meter.blocks, one.choice, meter.scenes[name], meter.expected[name])
            for one, name in zip(chosen, SCENES, strict=True)
        ]
        time = float(np.mean([one.time for one in chosen]))
        single = best.of(time)
        alone = [
            _deviations(meter.blocks, single, meter.scenes[name], meter.expected[name]) for name in SCENES
        ]
        rows.append(DynamicFigures.of(energy, time, np.concatenate(alone), np.concatenate(changing), groups))
    return rows


def compare_on_recording(
    agent: LayerAgent,
    inputs: Sequence[tuple[float, float]],
    best: SingleComposition,
    blocks: BlockSet,
    recording: SceneRecording,
) -> list[DynamicFigures]:
    """Compare both at each of ENERGIES on hands that follow one another; scenes are told as on a robot.

    The single composition gets the mean time that the others took, so that the energy is the same.
    """
    images, expected = recording.images, recording.expected
    rows = []
    for energy in ENERGIES:
        chosen = dict(zip(TOLD, by_scene(agent, inputs, energy, _TOLD_ALIKE), strict=True))
        changing = np.empty(len(images))
        for scene, one in chosen.items():
            places = np.flatnonzero(recording.told == scene)
            changing[places] = _deviations(blocks, one.choice, images[places], expected.subset(places))
        time = float(np.mean([chosen[int(scene)].time for scene in recording.told]))
        alone = _deviations(blocks, best.of(time), images, expected)
        rows.append(DynamicFigures.of(energy, time, alone, changing, recording.segments))
    return rows


def _deviations(blocks: BlockSet, choice: Choice, images: NDArray[np.uint8], expected: Predictions) -> Array:
    """Measure a composition on hands, % of palm size, [n]; lost is lost."""
    found = deviation_palm_percent(predict(open_exact(compose(blocks, choice)), images), expected)
    return np.minimum(np.nan_to_num(found, nan=MOST_PERCENT), MOST_PERCENT)


def recognized_scenes(meter: CompositionMeter) -> Places:
    """Tell the scene of each hand by what the tracker measures of its picture alone, [scenes, n]."""
    statistics = CropStatistics()
    return np.array(
        [[scene_of(*statistics.of(image[..., ::-1])) for image in images] for images in meter.scenes.values()]
    )


def _mean_of_scenes(surrogate: Surrogate) -> Surrogate:
    """Return an estimate whose only scene is the mean, geometric, of all."""
    return Surrogate(
        surrogate.offset.mean(keepdims=True),
        surrogate.linear.mean(axis=1, keepdims=True),
        surrogate.scales,
        surrogate.centres,
        surrogate.coefficients.mean(axis=1, keepdims=True),
    )
