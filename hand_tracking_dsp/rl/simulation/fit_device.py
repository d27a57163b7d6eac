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

"""Fits a device model to recorded traces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.trace import Trace
from hand_tracking_dsp.rl.simulation.default_device import default_device
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.fit_drift import fit_drift
from hand_tracking_dsp.rl.simulation.fit_load import Windows, cut_windows, fit_states, label_windows
from hand_tracking_dsp.tracking.manifest import Manifest

BLOCK_S = 10.0
"""Length of the blocks that a trace is split into, where none is held out."""

# The quietest frames, before it is known which those are.
_QUIET_SHARE = 0.1
_LEAST_FRAMES = 20
_ROUNDS = 3

Doubles = NDArray[np.float64]


def split_blocks(trace: Trace) -> tuple[list[Trace], list[Trace]]:
    """Split a trace into blocks of BLOCK_S, in turn to fit to and to hold out."""
    blocks: dict[int, list[FrameCost]] = {}
    first_s = trace.frames[0].stamp_s
    for frame in trace.frames:
        blocks.setdefault(int((frame.stamp_s - first_s) / BLOCK_S), []).append(frame)
    parts: tuple[list[Trace], list[Trace]] = ([], [])
    for number, frames in blocks.items():
        parts[number % 2].append(Trace(tuple(frames)))
    return parts


def fit_device(
    traces: Sequence[Trace], manifest: Manifest, name: str, source: str, *, scenes: bool = False
) -> DeviceModel:
    """Fit a device model to traces.

    Times are medians of the frames of the quiet state, which is the one with the least slow-down; which
    frames those are and what they take is found in turn. A level that the traces do not show, or hardly,
    takes what the bank says, scaled as the other levels are.

    Args:
        traces: Traces, each without a gap in time.
        manifest: Manifest of the bank whose levels the traces show.
        name: Name of the model.
        source: Description of the traces, for people.
        scenes: Whether drift and scenes are the traces' too; else they are those of the bank's data sets.

    Raises:
        SourceError: There are too few frames to fit to.
        ConfigurationError: The traces show levels that the bank does not have.
        ModelError: The bank lacks the measurements that a level without frames needs.
    """
    prior = default_device(manifest)
    usable = [trace for trace in map(_usable, traces) if trace.frames]
    frames = Trace(tuple(frame for trace in usable for frame in trace.frames))
    count = len(frames.frames)
    if count < _LEAST_FRAMES:
        msg = f"The traces have {count} frames to fit to, {_LEAST_FRAMES} are needed: record longer."
        raise SourceError(msg)
    most = max(frame.level for frame in frames.frames)
    if most >= prior.levels:
        msg = (
            f"The traces show level {most}, and the bank {manifest.folder} has {prior.levels} levels: give "
            f"the bank they were recorded with by --bank."
        )
        raise ConfigurationError(msg)
    windows = cut_windows([trace.column("stamp_s") for trace in usable])
    model, labels = _times_and_labels(frames, windows, prior)
    drift_source = f"drift and scenes as the bank {manifest.name} says"
    if scenes:
        model, measured_levels = fit_drift(usable, model)
        measured = ", ".join(map(str, measured_levels)) or "none"
        drift_source = (
            f"drift measured at levels: {measured} (others and, where there is none, scenes: as the bank "
            f"{manifest.name} says)"
        )
    return replace(
        model,
        name=name,
        source=f"{source}; {count} frames; {drift_source}",
        states=fit_states(windows, labels, frames.latency_ms / quiet_ms_of(model, frames)),
    )


def quiet_ms_of(model: DeviceModel, trace: Trace) -> Doubles:
    """Return what each frame of a trace takes on a quiet machine: [frames], milliseconds."""
    measured = trace.column("hands") - trace.column("predicted")
    return model.quiet_ms(trace.column("level").astype(int), measured, trace.column("detection_ms") > 0)


def _usable(trace: Trace) -> Trace:
    """Leave out frames whose latency or parts of it are unknown."""
    known = np.isfinite(trace.column("detection_ms") + trace.column("landmarks_ms")) & (trace.latency_ms > 0)
    return Trace(tuple(frame for frame, good in zip(trace.frames, known, strict=True) if good))


def _times_and_labels(
    frames: Trace, windows: Windows, prior: DeviceModel
) -> tuple[DeviceModel, NDArray[np.int64]]:
    """Return the prior with estimated times, and the load state of each window."""
    model = _with_times(prior, frames, np.ones(len(frames.frames), dtype=bool), _QUIET_SHARE)
    labels = np.zeros(windows.count, dtype=np.int64)
    for _ in range(_ROUNDS):
        labels = label_windows(windows, frames.latency_ms / quiet_ms_of(model, frames))
        model = _with_times(prior, frames, labels[windows.frames] == 0, 0.5)
    return model, labels


def _with_times(prior: DeviceModel, frames: Trace, chosen: NDArray[np.bool_], share: float) -> DeviceModel:
    """Estimate times as a quantile (share) of chosen frames; what they hardly show, from the prior."""
    levels, measured = frames.column("level"), frames.column("hands") - frames.column("predicted")
    detection_ms, landmarks_ms = frames.column("detection_ms"), frames.column("landmarks_ms")
    per_hand = landmarks_ms / np.maximum(measured, 1)
    known = np.array(prior.level_ms)
    level_ms = np.full(prior.levels, math.nan)
    for level in range(prior.levels):
        here = chosen & (levels == level) & (measured > 0)
        if here.sum() >= _LEAST_FRAMES:
            level_ms[level] = np.quantile(per_hand[here], share)
    seen = np.isfinite(level_ms)
    ratio = float(np.median(level_ms[seen] / known[seen])) if seen.any() else 1.0
    detector_ms = prior.detector_ms * ratio
    detected = chosen & (detection_ms > 0)
    if detected.sum() >= _LEAST_FRAMES:
        detector_ms = float(np.quantile(detection_ms[detected], share))
    overhead_ms = np.quantile((frames.latency_ms - detection_ms - landmarks_ms)[chosen], share)
    return replace(
        prior,
        overhead_ms=max(float(overhead_ms), 0.0),
        detector_ms=detector_ms,
        level_ms=tuple(np.where(seen, level_ms, known * ratio).tolist()),
    )
