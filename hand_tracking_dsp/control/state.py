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

"""Samples that the controller has received, and their summary at the time of a decision."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hand_tracking_dsp.control.clock_offset import ClockOffset
from hand_tracking_dsp.control.hands_watch import HandsWatch
from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.point_figures import Array, PointFigures
from hand_tracking_dsp.control.points_watch import PointsWatch
from hand_tracking_dsp.control.samples import (
    BatterySample,
    DriftWindow,
    LatencySample,
    LatencySummary,
    LatencyWindow,
    PowerWindow,
)

# Frames further apart than this are no sequence.
_LONGEST_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class Situation:
    """The state of things at one decision.

    Attributes:
        now_s: Time of the decision, seconds, monotonic.
        point: Operating point in use.
        points: Number of operating points.
        budget_ms: Latency budget, milliseconds.
        since_switch_s: Seconds since the point changed, or since the start.
        summary: Latency at that point; nothing of it is measured while latency is silent too long.
        frame: The latest frame, at whatever point; None: none received, or silent too long.
        latency_received: Whether any latency has been received.
        latency_silent_s: Seconds since the latest latency, or since the start.
        battery: The latest reading; None: none received, which means mains power.
        battery_silent_s: Seconds since that reading; 0 where there is none.
        battery_stale: Whether that is too long.
        power_trend_w_per_s: Slope of the power drawn, watts a second; NaN: not measured.
        drift_percent: Mean drift at that point, % of palm size; NaN: not measured lately.
        drift_sparser_percent: Drift of the next sparser level, at the dense level; NaN: not measured lately.
        drift_missing_s: Seconds for which hands were in view and drift, which was received before, was not;
            0 where it never was.
        of_hands: Entries of the observation that HandsWatch has, by name.
        by_point: What is expected at each point, float64 [points] by the names of POINT_OBSERVATION.
        densest: Number of the densest point that policies should choose.
        frames: Frames with a hand that was measured so far, at whatever point.
        late: Those of them that were over the budget.
        unavoidable: Frames that would have been over it at every point.
        keep: What a composed network that ran on the latest frame keeps of each block, %; (): none ran.
        keep_drift_percent: Mean drift of it, % of palm size; NaN: not measured lately.
        reflex: Share of the frames without time for their point that the tracker's reflex brings in time.
    """

    now_s: float
    point: int
    points: int
    budget_ms: float
    since_switch_s: float
    summary: LatencySummary
    frame: LatencySample | None
    latency_received: bool
    latency_silent_s: float
    battery: BatterySample | None
    battery_silent_s: float
    battery_stale: bool
    power_trend_w_per_s: float
    drift_percent: float = math.nan
    drift_sparser_percent: float = math.nan
    drift_missing_s: float = 0.0
    of_hands: Mapping[str, float] = field(default_factory=dict)
    by_point: Mapping[str, Array] = field(default_factory=dict)
    densest: int = 0
    frames: int = 0
    late: int = 0
    unavoidable: int = 0
    reflex: float = 0.0
    keep: tuple[int, ...] = ()
    keep_drift_percent: float = math.nan

    @property
    def sparsest(self) -> int:
        """Return the last point of the bank."""
        return self.points - 1

    @property
    def charge(self) -> float:
        """Return the battery's charge last received, 0 to 1; NaN: mains power, or not reported."""
        return self.battery.known_charge if self.battery else math.nan

    def observation(self, battery_lasts: float = math.nan) -> Observation:
        """Return the observation of it for a policy.

        Args:
            battery_lasts: Time that it lasts, relative to that for which it is to last; NaN: unknown.
        """
        frame, summary = self.frame, self.summary
        values = {
            **self.of_hands,
            "battery_lasts": battery_lasts,
            "operating_point": self.point,
            "latency_p50_budgets": summary.p50_ms / self.budget_ms,
            "latency_p95_budgets": summary.p95_ms / self.budget_ms,
            "deadline_miss_share": summary.miss_share,
            "power_trend_w_per_s": self.power_trend_w_per_s,
            "presence": summary.presence,
            "drift_percent": self.drift_percent,
            "drift_sparser_percent": self.drift_sparser_percent,
            "smoothing_residual_percent": summary.smoothing_residual,
            "accelerator_utilization": summary.accelerator_utilization,
            "input_mean": summary.input_mean,
            "input_std": summary.input_std,
            "time_since_switch_s": self.since_switch_s,
        }
        if frame is not None:
            values["hands"] = frame.hands
            at_point = frame.operating_point == self.point and not frame.reflex
            values["sparsity"] = frame.sparsity if at_point else math.nan
        if self.battery is not None and not self.battery_stale:
            values["battery_charge"] = self.charge
            values["power_w"] = self.battery.power_w
        built = Observation.build(self.now_s, self.points, values, self.by_point, self.densest)
        drift = self.keep_drift_percent
        return replace(built, sharpness=summary.input_sharpness, keep=self.keep, keep_drift_percent=drift)


class StateBuffer:
    """Buffers latency and battery samples and summarises them for a decision.

    They may come in any order and with any content.

    Only frames at the point to be judged on which a hand was measured count, and only since it was chosen:
    what the former point took says nothing about the present one.

    Attributes:
        clocks: Offset of the clock that stamps images; while the clocks differ, total_ms counts alone.
    """

    INBOX = 4096

    def __init__(self, options: ControllerOptions, figures: PointFigures) -> None:
        self._figures = figures
        self._points = PointsWatch(figures)
        self._hands = HandsWatch()
        self.clocks = ClockOffset()
        self._inbox: deque[LatencySample | BatterySample] = deque(maxlen=self.INBOX)
        self._frame: LatencySample | None = None
        self._battery: BatterySample | None = None
        self._started_s: float | None = None
        self._received_s = -math.inf
        self._resumed_s = -math.inf
        self._drift_received = False
        self._drift_missing_s = 0.0
        self._keep: tuple[int, ...] = ()
        self.set_options(options)

    def set_options(self, options: ControllerOptions) -> None:
        """Take other options; the windows start again."""
        self._options = options
        self._window = LatencyWindow(options.window_s, options.min_samples, options.max_samples)
        self._power = PowerWindow(options.power_window_s)
        self._drift = DriftWindow(options.drift_window_s)
        self._drift_sparser = DriftWindow(options.drift_window_s)
        self._drift_composed = DriftWindow(options.drift_window_s)

    def add(self, sample: LatencySample | BatterySample) -> None:
        """Take a sample, to be read at the next decision."""
        self._inbox.append(sample)

    @property
    def unread(self) -> bool:
        """True while samples wait for the next decision."""
        return bool(self._inbox)

    def forget_latency(self) -> None:
        """Empty the windows of latency and drift, because the point changes."""
        self._window.clear()
        self._drift.clear()
        self._drift_sparser.clear()

    def situation(self, now_s: float, point: int, switched_s: float) -> Situation:
        """Return the situation at the time now_s (seconds, not before the last one asked for).

        Args:
            now_s: Time of the decision, seconds.
            point: Operating point in use.
            switched_s: When the point last changed, seconds; -inf: never.
        """
        if self._started_s is None:
            self._started_s = now_s
        self._open_inbox(now_s, point)
        options, battery = self._options, self._battery
        latency_silent_s = now_s - max(self._received_s, self._started_s)
        battery_silent_s = now_s - battery.stamp_s if battery else 0.0
        fresh = latency_silent_s <= options.shield.stale_latency_s
        return Situation(
            now_s=now_s,
            point=point,
            points=self._figures.count,
            budget_ms=options.budget_ms,
            since_switch_s=now_s - max(switched_s, self._started_s),
            summary=self._window.summary(now_s, options.budget_ms) if fresh else LatencySummary(),
            frame=self._frame if fresh else None,
            latency_received=self._received_s > -math.inf,
            latency_silent_s=latency_silent_s,
            battery=battery,
            battery_silent_s=battery_silent_s,
            battery_stale=battery_silent_s > options.shield.stale_battery_s,
            power_trend_w_per_s=self._power.trend_w_per_s(now_s),
            drift_percent=self._drift.mean(now_s),
            drift_sparser_percent=self._drift_sparser.mean(now_s),
            drift_missing_s=self._drift_missing_s,
            of_hands=self._hands.values(now_s, options.budget_ms) if fresh else {},
            by_point=self._points.by_point(now_s, options.budget_ms),
            densest=self._figures.densest,
            frames=self._points.frames,
            late=self._points.late,
            unavoidable=self._points.unavoidable,
            reflex=self._points.reflex,
            keep=self._keep,
            keep_drift_percent=self._drift_composed.mean(now_s),
        )

    def _open_inbox(self, now_s: float, point: int) -> None:
        """Read the inbox; a stamp ahead of the clock counts as now, a sample without a stamp is dropped."""
        while self._inbox:
            sample = self._inbox.popleft()
            if not math.isfinite(sample.stamp_s):
                continue
            if sample.stamp_s > now_s:
                sample = replace(sample, stamp_s=now_s)
            if isinstance(sample, LatencySample):
                self._take_frame(sample, point)
            else:
                self._take_battery(sample)

    def _take_frame(self, sample: LatencySample, point: int) -> None:
        differed = self.clocks.differ
        self.clocks.add(sample.stamp_s, sample.total_ms, sample.end_to_end_ms)
        if self.clocks.differ:
            if not differed:
                self._window.forget_end_to_end()
                self._points.forget_latency()
            sample = replace(sample, end_to_end_ms=math.nan)
        self._watch_drift(sample)
        if self._frame is None or sample.stamp_s >= self._frame.stamp_s:
            self._frame = sample
        if math.isnan(sample.budgeted_ms):
            return
        if sample.stamp_s - self._received_s > self._options.shield.stale_latency_s:
            self._window.clear()
            self._resumed_s = sample.stamp_s
        self._received_s = max(self._received_s, sample.stamp_s)
        if sample.stamp_s - self._resumed_s >= self._options.settle_s:
            self._take_settled(sample, point)

    def _take_settled(self, sample: LatencySample, point: int) -> None:
        """Take a frame whose latency counts."""
        self._hands.add(sample)
        if not sample.hands:
            return
        self._points.add(sample, self._options.budget_ms)
        if sample.operating_point == point:
            # Where no hand is measured the landmark network does not run: no point makes such a frame faster,
            # and hands that come to rest would make the present one look fast.
            if sample.hands > sample.predicted:
                self._window.add(sample)
            if sample.keep != self._keep:
                self._keep = sample.keep
                self._drift_composed.clear()
            if sample.keep:
                self._drift_composed.add(sample.stamp_s, sample.drift)
            if sample.reflex or sample.keep:  # its drift is another network's
                return
            self._drift.add(sample.stamp_s, sample.drift)
            self._drift_sparser.add(sample.stamp_s, sample.drift_sparser)

    def _watch_drift(self, sample: LatencySample) -> None:
        """Count the time with hands in view since drift was last measured, at whatever point."""
        if 0.0 <= sample.drift < math.inf:
            self._drift_received, self._drift_missing_s = True, 0.0
        elif self._drift_received and sample.hands and self._frame is not None:
            # A gap between two frames is not time in which drift could have been measured.
            pause_s = sample.stamp_s - self._frame.stamp_s
            self._drift_missing_s += min(max(pause_s, 0.0), _LONGEST_PAUSE_S)

    def _take_battery(self, sample: BatterySample) -> None:
        self._power.add(sample.stamp_s, sample.power_w)
        if self._battery is None or sample.stamp_s >= self._battery.stamp_s:
            self._battery = sample
