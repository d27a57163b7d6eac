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

"""Samples of latency and battery, and sliding windows over them."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

NAN = math.nan

PLAUSIBLE_END_TO_END_MS = 10_000.0
"""An older image stamp is a recording's or another clock's, and says nothing about latency."""


@dataclass(frozen=True, slots=True)
class LatencySample:
    """One frame of hand_tracker_node, from msg/TrackerStats.msg.

    Attributes:
        stamp_s: Time of its receipt, seconds of the clock that Controller.decide is given.
        total_ms: From taking the image to the hands, milliseconds.
        end_to_end_ms: From the image's stamp to the publishing of the hands, milliseconds; NaN: unknown.
        operating_point: Operating point in force.
        sparsity: Share of the dense network's parameters removed at its level, 0 to 1.
        presence: Lowest presence of the hands in view, 0 to 1; NaN: no hand.
        input_mean: Mean of the landmark network's input, 0 to 1; NaN: it did not run.
        input_std: Standard deviation of that input, 0 to 1; NaN: it did not run.
        drift: Distance from the dense level, % of palm size; NaN: not measured on this frame.
        drift_sparser: Drift of the next sparser level, at the dense level; NaN: not measured on this frame.
        smoothing_residual: How far smoothing moved the landmarks, % of palm size; NaN: no hand.
        accelerator_utilization: Busy share of an accelerator, 0 to 1; NaN: not known.
        hands: Hands in view.
        predicted: Hands that were held, not measured.
        reflex: Whether a sparser level than the operating point's ran, for want of time before the deadline.
        commanded_ms: total_ms as it would have been at the level of the operating point; NaN: not known.
        landmarks_ms: Part of total_ms that the landmark network took, milliseconds; NaN: not known.
        detection_ms: Part of total_ms that the palm detector took, milliseconds; NaN: not known.
        input_sharpness: Sharpness of the landmark network's input; NaN: it did not run.
        keep: Where a composed network ran in the place of the level, what it keeps of each block, %.
        keep_time: Time of that network, relative to the dense level's; NaN: none ran.
    """

    stamp_s: float
    total_ms: float
    end_to_end_ms: float
    operating_point: int
    sparsity: float = NAN
    presence: float = NAN
    input_mean: float = NAN
    input_std: float = NAN
    drift: float = NAN
    drift_sparser: float = NAN
    smoothing_residual: float = NAN
    accelerator_utilization: float = NAN
    hands: int = 0
    predicted: int = 0
    reflex: bool = False
    commanded_ms: float = NAN
    landmarks_ms: float = NAN
    detection_ms: float = NAN
    input_sharpness: float = NAN
    keep: tuple[int, ...] = ()
    keep_time: float = NAN

    @property
    def network_ms(self) -> float:
        """Return what the landmark network would take at the level commanded; NaN: not known."""
        return self.landmarks_ms + self.spared_ms

    @property
    def spared_ms(self) -> float:
        """Return what running a sparser level than the one commanded has saved; 0: nothing, or unknown."""
        spared_ms = self.commanded_ms - self.total_ms
        return spared_ms if self.reflex and 0.0 <= spared_ms < math.inf else 0.0

    @property
    def budgeted_ms(self) -> float:
        """Return the latency that is compared with the budget; NaN where the sample has none.

        It is end_to_end_ms, what a user of the hands feels, where that is known and plausible, and
        total_ms where it is not: less than total_ms it can only be by another clock.
        """
        possible = 0.0 <= self.end_to_end_ms <= PLAUSIBLE_END_TO_END_MS
        if possible and not self.end_to_end_ms < self.total_ms:
            return self.end_to_end_ms
        return self.total_ms if 0.0 <= self.total_ms < math.inf else NAN


@dataclass(frozen=True, slots=True)
class BatterySample:
    """One reading of the battery, from sensor_msgs/BatteryState.

    Attributes:
        stamp_s: Time of its receipt, seconds of the clock that Controller.decide is given.
        charge: State of charge, 0 to 1; NaN: unknown.
        power_w: Electric power drawn, watts; NaN: unknown.
        discharging: Whether it is known to be discharging.
        present: Whether there is a battery.
    """

    stamp_s: float
    charge: float
    power_w: float = NAN
    discharging: bool = False
    present: bool = True

    @property
    def known_charge(self) -> float:
        """Return the charge, 0 to 1, or NaN where no battery is in use or it reports none.

        A battery that is neither present nor discharging means mains power, whatever its charge says:
        a message left at its defaults says 0. Gauges that read up to 110 % count as full; anything else
        out of range is no charge.
        """
        in_use = self.present or self.discharging
        return min(self.charge, 1.0) if in_use and 0.0 <= self.charge <= 1.1 else NAN


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """A latency window in figures: percentiles, share of late frames, means of LatencySample's fields.

    NaN: not measured; units and ranges are those of LatencySample.
    """

    p50_ms: float = NAN
    p95_ms: float = NAN
    miss_share: float = NAN
    presence: float = NAN
    input_mean: float = NAN
    input_std: float = NAN
    smoothing_residual: float = NAN
    accelerator_utilization: float = NAN
    input_sharpness: float = NAN


class LatencyWindow:
    """The latest latency samples: by time, and by count where frames are rare.

    Samples older than window_s are left out, but never so many that fewer than min_samples remain:
    a machine so overloaded that it handles two frames a second must still be noticed.

    Args:
        window_s: Age up to which a sample counts, seconds.
        min_samples: Samples needed for p50, p95 and the share of misses.
        max_samples: Samples kept at most.
    """

    def __init__(self, window_s: float, min_samples: int, max_samples: int) -> None:
        self._window_s = window_s
        self._min_samples = min_samples
        self._samples: deque[LatencySample] = deque(maxlen=max_samples)

    def add(self, sample: LatencySample) -> None:
        """Take a sample whose budgeted_ms is a number."""
        self._samples.append(sample)

    def forget_end_to_end(self) -> None:
        """Let total_ms alone count of every sample: end_to_end_ms turned out to be between two clocks."""
        known = [replace(sample, end_to_end_ms=NAN) for sample in self._samples]
        self.clear()
        self._samples.extend(sample for sample in known if not math.isnan(sample.budgeted_ms))

    def clear(self) -> None:
        """Forget every sample."""
        self._samples.clear()

    def summary(self, now_s: float, budget_ms: float) -> LatencySummary:
        """Return the window's figures at the time now_s (seconds) against a budget (milliseconds)."""
        samples = [sample for sample in self._samples if now_s - sample.stamp_s <= self._window_s]
        if len(samples) < self._min_samples:
            samples = list(self._samples)[-self._min_samples :]
        p50_ms = p95_ms = miss_share = NAN
        if len(samples) >= self._min_samples:
            latencies_ms = sorted(sample.budgeted_ms for sample in samples)
            p50_ms, p95_ms = (_quantile(latencies_ms, share) for share in (0.5, 0.95))
            miss_share = (len(latencies_ms) - bisect_right(latencies_ms, budget_ms)) / len(latencies_ms)
        return LatencySummary(p50_ms, p95_ms, miss_share, *_means([_rest(sample) for sample in samples]))


class DriftWindow:
    """The latest values of drift: measured now and then, or estimated on every frame."""

    MAX_MEASUREMENTS = 256

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._values: deque[tuple[float, float]] = deque(maxlen=self.MAX_MEASUREMENTS)

    def add(self, stamp_s: float, percent: float) -> None:
        """Take a measurement, % of palm size at a time in seconds; NaN is none."""
        if 0.0 <= percent < math.inf:
            self._values.append((stamp_s, percent))

    def clear(self) -> None:
        """Forget every measurement."""
        self._values.clear()

    def mean(self, now_s: float) -> float:
        """Return the mean of what is not too old, % of palm size; NaN where there is nothing."""
        return _mean(percent for stamp_s, percent in self._values if now_s - stamp_s <= self._window_s)


class PowerWindow:
    """The latest power readings, for their trend."""

    MAX_READINGS = 256
    PLAUSIBLE_W = 1e6

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._readings: deque[tuple[float, float]] = deque(maxlen=self.MAX_READINGS)

    def add(self, stamp_s: float, power_w: float) -> None:
        """Take a reading, watts at a time in seconds; one that no robot draws is left out."""
        if abs(power_w) <= self.PLAUSIBLE_W:
            self._readings.append((stamp_s, power_w))

    def trend_w_per_s(self, now_s: float) -> float:
        """Return the least-squares slope, watts a second; NaN with fewer than three readings."""
        readings = [reading for reading in self._readings if now_s - reading[0] <= self._window_s]
        if len(readings) < 3:
            return NAN
        times_s, powers_w = np.array(readings).T
        times_s -= times_s.mean()
        spread = float(times_s @ times_s)
        return float(times_s @ (powers_w - powers_w.mean())) / spread if spread > 0.0 else NAN


def _quantile(ordered: list[float], share: float) -> float:
    """Return a quantile of ordered values, interpolated; numpy takes ten times as long for so few."""
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])


def _rest(sample: LatencySample) -> tuple[float, ...]:
    """Return what LatencySummary holds the mean of, in its order."""
    return (
        sample.presence,
        sample.input_mean,
        sample.input_std,
        sample.smoothing_residual,
        sample.accelerator_utilization,
        sample.input_sharpness,
    )


def _means(rows: list[tuple[float, ...]]) -> list[float]:
    """Return the mean of each column's finite values, NaN where there are none."""
    if not rows:
        return [NAN] * 6
    values = np.array(rows)
    finite = np.isfinite(values)
    counts = finite.sum(axis=0)
    sums = np.where(finite, values, 0.0).sum(axis=0)
    means: list[float] = np.where(counts, sums / np.maximum(counts, 1), NAN).tolist()
    return means


def _mean(values: Iterable[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else NAN
