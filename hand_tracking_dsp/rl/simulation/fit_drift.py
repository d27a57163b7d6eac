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

"""Fits drift by level and the difficulty of scenes to traces that measured drift."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.recordings.trace import Trace
from hand_tracking_dsp.rl.simulation.device import DeviceModel

# What fewer measurements say of a level, or of scenes, is an accident.
_LEAST_OF_LEVEL, _LEAST_OF_SCENES = 20, 40
# Of the measurements of a level; beyond lie single frames in which a hand was lost.
_EASY, _HARD = 0.05, 0.95

Doubles = NDArray[np.float64]


def fit_drift(traces: Sequence[Trace], prior: DeviceModel) -> tuple[DeviceModel, list[int]]:
    """Estimate drift and scenes where traces measured them often enough.

    Args:
        traces: Traces of the device.
        prior: Model whose figures stay where the traces say too little.

    Returns:
        The prior with what was estimated, and the levels whose drift was.
    """
    samples = [_samples(trace) for trace in traces]
    levels = np.concatenate([one[1] for one in samples])
    drifts = np.concatenate([one[2] for one in samples])
    easy, hard = list(prior.easy_percent), list(prior.hard_percent)
    measured = []
    for level in range(1, prior.levels):
        here = drifts[levels == level]
        if len(here) >= _LEAST_OF_LEVEL:
            easy[level], hard[level] = np.quantile(here, (_EASY, _HARD)).tolist()
            measured.append(level)
    fitted = replace(prior, easy_percent=tuple(easy), hard_percent=tuple(hard))
    ranges = np.array([easy, hard])
    scenes = [(stamps, _difficulty(levels, drift, ranges)) for stamps, levels, drift in samples]
    all_scenes = np.concatenate([difficulty for _, difficulty in scenes])
    if len(all_scenes) < _LEAST_OF_SCENES:
        return fitted, measured
    fitted = replace(
        fitted,
        difficulty_mean=float(all_scenes.mean()),
        difficulty_std=float(all_scenes.std()),
        difficulty_mean_s=_scene_length_s(scenes, prior.difficulty_mean_s),
    )
    return fitted, measured


def _samples(trace: Trace) -> tuple[Doubles, NDArray[np.int64], Doubles]:
    """Return stamp, level and drift of what was measured; at the dense level, of the next sparser one."""
    levels = trace.column("level")
    dense = levels == 0
    drift = np.where(dense, trace.column("drift_sparser"), trace.column("drift"))
    known = np.isfinite(drift)
    return trace.column("stamp_s")[known], np.where(dense, 1, levels)[known].astype(np.int64), drift[known]


def _difficulty(levels: NDArray[np.int64], drift: Doubles, ranges: Doubles) -> Doubles:
    easy, hard = ranges[:, levels]
    spread = np.maximum(hard - easy, 1e-9)
    difficulty: Doubles = np.clip((drift - easy) / spread, 0.0, 1.0)
    return difficulty


def _scene_length_s(scenes: Sequence[tuple[Doubles, Doubles]], unknown_s: float) -> float:
    """Return the time in which the difficulty's autocorrelation falls to 1/e.

    For scenes of exponential length, each of its own difficulty, that is their mean length. Noise within a
    scene makes the first step a drop, so that the fall is counted from the first lag on.
    """
    spacings_s = np.concatenate([np.diff(stamps) for stamps, _ in scenes])
    if not len(spacings_s):
        return unknown_s
    spacing_s = float(np.median(spacings_s))
    mean = np.concatenate([values for _, values in scenes]).mean()
    first = math.nan
    longest = max(len(values) for _, values in scenes)
    for lag in range(1, longest // 2):
        pairs = [(values[lag:] - mean) * (values[:-lag] - mean) for _, values in scenes if len(values) > lag]
        correlation = float(np.concatenate(pairs).mean())
        if lag == 1:
            first = correlation
        if first <= 0:
            return spacing_s
        if correlation < first / math.e:
            return max(lag - 1, 1) * spacing_s
    return unknown_s
