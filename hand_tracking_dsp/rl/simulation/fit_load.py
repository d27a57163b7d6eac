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

"""Fits the hidden load states of a device to how much slower its frames were than on a quiet machine."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

from hand_tracking_dsp.rl.simulation.device import QUANTILES, LoadState

WINDOW_S = 0.5
"""Length of the windows whose median slow-down decides the state."""

NAMES = ("quiet", "loaded", "heavily loaded")
"""Names of the states, by rising slow-down; no more are distinguished."""

# Two states are two only where one is slower than the other by so much, and neither is an accident.
_LEAST_RATIO = 1.25
_LEAST_SHARE, _LEAST_WINDOWS = 0.03, 4
_ROUNDS = 100
_UNSEEN, _TINY = 0.1, 1e-9

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of some traces.

    Attributes:
        frames: [n] Index of the window that each frame is in.
        follows: [windows - 1] Whether window i + 1 directly follows window i in the same trace.
        count: Number of windows.
    """

    frames: Indices
    follows: NDArray[np.bool_]
    count: int


def cut_windows(stamps_s: Sequence[Doubles]) -> Windows:
    """Cut traces into windows of WINDOW_S; one without a frame is left out.

    Args:
        stamps_s: Stamps of each trace's frames, seconds, nondecreasing.
    """
    frames: list[Indices] = []
    places: list[tuple[int, int]] = []
    for trace, stamps in enumerate(stamps_s):
        numbers = np.floor((stamps - stamps[0]) / WINDOW_S).astype(np.int64)
        kinds, inverse = np.unique(numbers, return_inverse=True)
        frames.append(inverse.reshape(-1) + len(places))
        places += [(trace, int(number)) for number in kinds]
    order = np.array(places)
    steps = np.diff(order, axis=0)
    return Windows(np.concatenate(frames), (steps[:, 0] == 0) & (steps[:, 1] == 1), len(places))


def label_windows(windows: Windows, slowdown: Doubles) -> Indices:
    """Find the state of each window by its median slow-down.

    Windows are clustered on a logarithmic scale into the most states that can be told apart, and a single
    window between two of one other state belongs to that one.

    Args:
        windows: Windows of the frames.
        slowdown: [n] Slow-down of each frame, above 0.

    Returns:
        [windows] Index of the state, rising with the slow-down.
    """
    order = np.argsort(windows.frames, kind="stable")
    edges = np.searchsorted(windows.frames[order], np.arange(1, windows.count))
    values = np.array([np.median(part) for part in np.split(np.log(slowdown)[order], edges)])
    labels = _cluster(values)
    smooth = labels.copy()
    inner = np.flatnonzero(windows.follows[:-1] & windows.follows[1:]) + 1
    alone = (labels[inner - 1] == labels[inner + 1]) & (labels[inner] != labels[inner - 1])
    smooth[inner[alone]] = labels[inner[alone] - 1]
    # A state of single windows alone is gone then.
    return np.unique(smooth, return_inverse=True)[1].reshape(-1).astype(np.int64)


def fit_states(windows: Windows, labels: Indices, slowdown: Doubles) -> tuple[LoadState, ...]:
    """Estimate the states: how long they last, what comes next, and how slow their frames are.

    Args:
        windows: Windows of the frames.
        labels: [windows] State of each, of label_windows.
        slowdown: [n] Slow-down of each frame, above 0.
    """
    count = int(labels.max()) + 1
    shares = np.bincount(labels, minlength=count) / len(labels)
    changes = np.zeros((count, count))
    np.add.at(changes, (labels[:-1][windows.follows], labels[1:][windows.follows]), 1)
    np.fill_diagonal(changes, 0)
    exits = max(float(changes.sum()), 1.0)
    # A trace that ends in a state does not say what comes next.
    changes += _UNSEEN * shares
    np.fill_diagonal(changes, 0)
    steps = changes / np.maximum(changes.sum(axis=1, keepdims=True), _TINY)
    # As long as the time spent in each state, and the changes in all, ask for. Times and exits of a state
    # alone would be unfair where traces are short: they are cut off at their ends.
    mean_s = shares / np.maximum(visits(steps), _TINY) * windows.count * WINDOW_S / exits
    return tuple(
        LoadState(
            name=NAMES[index],
            mean_s=float(mean_s[index]),
            next=tuple(steps[index].tolist()),
            multipliers=tuple(np.quantile(slowdown[labels[windows.frames] == index], QUANTILES).tolist()),
        )
        for index in range(count)
    )


def visits(steps: Doubles) -> Doubles:
    """Return how often each state is visited in the long run: [states], their sum is 1.

    Args:
        steps: [states, states] Probability of the next state (column) after each (row).
    """
    count = len(steps)
    if count == 1:
        return np.ones(1)
    system = np.vstack([steps.T - np.eye(count), np.ones(count)])
    found: Doubles = np.linalg.lstsq(system, np.append(np.zeros(count), 1.0), rcond=None)[0].clip(0.0)
    found /= found.sum()
    return found


def _cluster(values: Doubles) -> Indices:
    """Cluster values into the most that can be told apart, by k-means from even centres."""
    low, high = np.quantile(values, (0.02, 0.98))
    for count in range(len(NAMES), 1, -1):
        start = low + (high - low) * (np.arange(count) + 0.5) / count
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an empty cluster, which is refused below
            centres, labels = kmeans2(values, start, iter=_ROUNDS, minit="matrix")
        sizes = np.bincount(labels, minlength=count)
        apart = np.diff(centres).min() >= math.log(_LEAST_RATIO)
        if apart and sizes.min() >= max(_LEAST_SHARE * len(values), _LEAST_WINDOWS):
            found: Indices = labels.astype(np.int64)
            return found
    return np.zeros(len(values), dtype=np.int64)
