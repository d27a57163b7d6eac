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

"""Watch over all operating points: what the latest frames say of each, whichever of them ran."""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.control.difficulty import Difficulty
from hand_tracking_dsp.control.frame_history import DECAYS_S, FrameHistory
from hand_tracking_dsp.control.level_times import LevelTimes
from hand_tracking_dsp.control.point_figures import Array, PointFigures
from hand_tracking_dsp.control.reflex_watch import ReflexWatch
from hand_tracking_dsp.control.samples import LatencySample

_OF_THE_BANK = ("cost", "near", "found", "measured")


class PointsWatch:
    """Puts together what frames, drift and the bank say of the points.

    With the tracker's reflex a point brings what it commands where there is time, and sparser levels where
    not: late is what even those do not bring in time, and drift is that of all levels that run.

    Attributes:
        frames: Number of frames so far on which a hand was measured.
        late: Number of those that were over the budget.
        unavoidable: Number of frames that would have been at every point.
    """

    def __init__(self, figures: PointFigures) -> None:
        self._figures = figures
        self._history = FrameHistory()
        self._difficulty = Difficulty(figures)
        self._times = LevelTimes(figures)
        self._reflex = ReflexWatch()
        self.frames = self.late = self.unavoidable = 0

    def add(self, sample: LatencySample, budget_ms: float) -> None:
        """Take a frame with hands whose budgeted_ms is a number; one at no point of the list says nothing."""
        if sample.operating_point >= self._figures.count:
            return
        if sample.hands > sample.predicted:
            self.frames += 1
            self.late += sample.budgeted_ms > budget_ms
            times = self._times.of_points()
            own = sample.keep_time if sample.keep_time > 0.0 else float(times[sample.operating_point])
            self._history.add(sample, own)
            self._watch_reflex(sample, budget_ms, times, own)
        if not (sample.reflex or sample.keep):  # its drift and its network's time are another network's
            self._difficulty.add(sample)
            self._times.add(sample, int(self._figures.level[sample.operating_point]))

    @property
    def reflex(self) -> float:
        """Return the share of frames without time for their point that the reflex brings in time, 0 to 1."""
        return self._reflex.share

    def forget_latency(self) -> None:
        """Forget what frames took."""
        self._history.clear()

    def by_point(self, now_s: float, budget_ms: float) -> dict[str, Array]:
        """Return what is expected at each point, float64 [p] by the names of POINT_OBSERVATION."""
        figures, times = self._figures, self._times.of_points()
        recent = self._history.recent(now_s, budget_ms, times)
        saved = self._reflex.share
        late = recent.late - saved * (recent.late - recent.late_at_best)
        shares = {"late": late, "tight": recent.tight, "latency": recent.mean}
        values = {
            f"{name}_{decay_s:g}s": of_points
            for name, by_decay in shares.items()
            for decay_s, of_points in zip(DECAYS_S, by_decay, strict=True)
        }
        values |= {"latency_p90": recent.p90, "latency_p99": recent.p99}
        values |= {name: getattr(figures, name) for name in _OF_THE_BANK}
        # What is wrong grows with the square of the drift.
        squares = self._difficulty.drift_percent(now_s) ** 2
        drift = np.sqrt(squares + saved * (recent.in_time @ squares - squares))
        return values | {"level_time": times, "drift_percent": drift}

    def _watch_reflex(self, sample: LatencySample, budget_ms: float, times: Array, own: float) -> None:
        """Look whether a frame that only a sparser level brings in time was, and whether any level does."""
        commanded_ms = sample.budgeted_ms + sample.spared_ms
        network_ms = sample.network_ms
        if not 0.0 <= network_ms <= commanded_ms:
            return  # what other points would have brought is not known
        rest_ms = commanded_ms - network_ms
        self.unavoidable += rest_ms + network_ms * float(times.min()) / own > budget_ms
        best_ms = rest_ms + network_ms * float(times[sample.operating_point :].min()) / own
        if commanded_ms > budget_ms >= best_ms:
            self._reflex.add(sample.budgeted_ms <= budget_ms)
