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

"""The device model for people without traces: what bank.json says of times and drift, the rest invented."""

from __future__ import annotations

from statistics import NormalDist, fmean, pstdev

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.rl.simulation.device import QUANTILES, DeviceModel, LoadState
from hand_tracking_dsp.tracking.losses import DEVIATION
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import LatencyProfile, NetworkInfo, files_of

PROVIDER = "onnxruntime/CPUExecutionProvider"
"""Provider whose figures are taken: every bank that was verified has them."""

OVERHEAD_MS = 4.1 + 1.8
"""Time of a frame besides the networks where no trace says it: the way of image and hands through ROS 2
(docs/measurements.md: end to end less inference, 4.1 ms at the median), and converting, cropping and
bookkeeping (1.8 ms on the same machine)."""

# Invented: what cores taken by others, or a lowered clock, do to a frame. Name,
# mean seconds, times slower at the median and in the far tail, probabilities of what comes next.
_QUIET_S, _AFTER_QUIET = 20.0, (0.0, 0.6, 0.3, 0.1)
_LOADED = (
    ("one core taken", 8.0, 1.3, 2.5, (0.5, 0.0, 0.4, 0.1)),
    ("all cores taken", 6.0, 2.0, 5.0, (0.5, 0.4, 0.0, 0.1)),
    ("throttled", 60.0, 1.6, 2.0, (0.7, 0.2, 0.1, 0.0)),
)
_SCENE_S = 25.0
# The slowest frame is taken to be one of a thousand: beyond the 99th percentile a profile says nothing.
_SLOWEST = 0.999


def default_device(manifest: Manifest) -> DeviceModel:
    """Make a device model from a bank's manifest alone, for people without traces.

    A level's time is the median of its fastest file on one thread of ONNX Runtime; the quiet machine's
    spread is that of these profiles, which say nothing below the median; easy and hard drift are the
    least and greatest deviation among data sets, and scenes are as hard as these sets are. The overhead is a
    stated figure; loaded states and the length of scenes are invented.

    Raises:
        ModelError: A network of the bank has no profile, or a sparser level no deviation.
    """
    profiles = [_fastest(level, manifest)[1] for level in manifest.levels]
    deviations = [_deviations(level, manifest) for level in manifest.levels[1:]]
    difficulties = _difficulties(deviations)
    device = profiles[0].device
    return DeviceModel(
        name=f"{device}, bank {manifest.name}",
        source=(
            f"bank.json of {manifest.name} ({PROVIDER}, one thread, on {device}); overhead as stated, "
            f"{OVERHEAD_MS:g} ms; loaded states and the length of scenes invented, not measured"
        ),
        overhead_ms=OVERHEAD_MS,
        detector_ms=_fastest(manifest.detector(""), manifest)[1].p50_ms,
        level_ms=tuple(profile.p50_ms for profile in profiles),
        states=_invented_states(profiles),
        easy_percent=(0.0, *(min(of_level.values()) for of_level in deviations)),
        hard_percent=(0.0, *(max(of_level.values()) for of_level in deviations)),
        difficulty_mean=fmean(difficulties),
        difficulty_std=pstdev(difficulties),
        difficulty_mean_s=_SCENE_S,
        bank_points=manifest.operating_points or (),
    )


def _invented_states(profiles: list[LatencyProfile]) -> tuple[LoadState, ...]:
    p95 = fmean(profile.p95_ms / profile.p50_ms for profile in profiles)
    p99 = fmean(profile.p99_ms / profile.p50_ms for profile in profiles)
    # Above the median, along the quantiles of a normal distribution, the last piece going on.
    z95, z99, slowest = (NormalDist().inv_cdf(share) for share in (0.95, 0.99, _SLOWEST))
    steps = [NormalDist().inv_cdf(min(max(share, 0.5), _SLOWEST)) for share in QUANTILES]
    quiet = [
        1 + (p95 - 1) * z / z95 if z <= z95 else p95 + (p99 - p95) * (z - z95) / (z99 - z95) for z in steps
    ]
    states = [LoadState("quiet", _QUIET_S, _AFTER_QUIET, tuple(quiet))]
    for name, mean_s, median, tail, after in _LOADED:
        slower = (
            value * (median + (tail - median) * z / slowest) for value, z in zip(quiet, steps, strict=True)
        )
        states.append(LoadState(name, mean_s, after, tuple(slower)))
    return tuple(states)


def _fastest(info: NetworkInfo, manifest: Manifest) -> tuple[NetworkInfo, LatencyProfile]:
    """Find a network's file that is fastest on one thread of ONNX Runtime, and its profile."""
    found = [
        (file, profile)
        for file in files_of(info)
        for profile in file.latency
        if profile.provider == PROVIDER and profile.threads == 1
    ]
    if not found:
        msg = (
            f"The bank {manifest.folder} has no time of {info.name} on one thread of {PROVIDER}: "
            f"measure it with 'models verify', or take another bank."
        )
        raise ModelError(msg)
    return min(found, key=lambda pair: pair[1].p50_ms)


def _deviations(info: NetworkInfo, manifest: Manifest) -> dict[str, float]:
    """Return the deviation from dense of a level's fastest file by data set, % of palm size."""
    fast, _ = _fastest(info, manifest)
    for file in (fast, *files_of(info)):
        found = [one for one in file.accuracy if one.metric == DEVIATION and one.provider in ("", PROVIDER)]
        if found:
            return {one.data: one.value for one in found}
    msg = (
        f"The bank {manifest.folder} has no {DEVIATION} of {info.name}: measure it with 'models verify', "
        f"or take another bank."
    )
    raise ModelError(msg)


def _difficulties(levels: list[dict[str, float]]) -> list[float]:
    """Return how hard each data set is, 0 (easiest) to 1 (hardest).

    A data set's difficulty is where its deviation lies between the least and the greatest one, mean over the
    levels that were measured on it.
    """
    shares: dict[str, list[float]] = {}
    for deviations in levels:
        low, high = min(deviations.values()), max(deviations.values())
        for data, value in deviations.items():
            shares.setdefault(data, []).append((value - low) / (high - low) if high > low else 0.0)
    return [fmean(values) for values in shares.values()] or [0.0]
