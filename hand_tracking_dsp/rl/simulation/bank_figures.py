"""What bank.json says of a network's time and drift, as a device model needs it."""

from __future__ import annotations

from statistics import fmean, pstdev

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import LatencyProfile, NetworkInfo, files_of
from hand_tracking_dsp.tracking.precision import DEVIATION

PROVIDER = "onnxruntime/CPUExecutionProvider"
"""Whose figures are taken: every bank that was verified has them."""


def fastest(info: NetworkInfo, manifest: Manifest) -> tuple[NetworkInfo, LatencyProfile]:
    """Find a network's file that is fastest on one thread of ONNX Runtime, and its profile.

    Raises:
        ModelError: None was measured.
    """
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


def drift_range(manifest: Manifest) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the least and the greatest deviation from dense among data sets, of each level's fastest file.

    Returns:
        In % of palm size, by level; 0 at level 0, which is the dense one.

    Raises:
        ModelError: A level's deviation was not measured.
    """
    values = [(0.0,), *(tuple(_deviations(level, manifest).values()) for level in manifest.levels[1:])]
    return tuple(map(min, values)), tuple(map(max, values))


def scene_difficulty(manifest: Manifest) -> tuple[float, float]:
    """Return mean and standard deviation of how hard the data sets are, 0 (easiest) to 1 (hardest).

    A data set's difficulty is where its deviation lies between the least and the greatest one, mean over the
    levels that were measured on it.

    Raises:
        ModelError: A level's deviation was not measured.
    """
    shares: dict[str, list[float]] = {}
    for level in manifest.levels[1:]:
        deviations = _deviations(level, manifest)
        low, high = min(deviations.values()), max(deviations.values())
        for data, value in deviations.items():
            shares.setdefault(data, []).append((value - low) / (high - low) if high > low else 0.0)
    means = [fmean(values) for values in shares.values()] or [0.0]
    return fmean(means), pstdev(means)


def _deviations(info: NetworkInfo, manifest: Manifest) -> dict[str, float]:
    """Return a level's deviation by data set."""
    fast, _ = fastest(info, manifest)
    for file in (fast, *files_of(info)):
        found = [one for one in file.accuracy if one.metric == DEVIATION and one.provider in ("", PROVIDER)]
        if found:
            return {one.data: one.value for one in found}
    msg = (
        f"The bank {manifest.folder} has no {DEVIATION} of {info.name}: measure it with 'models verify', "
        f"or take another bank."
    )
    raise ModelError(msg)
