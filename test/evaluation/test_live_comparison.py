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

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from hand_tracking_dsp.evaluation.live_comparison import (
    LiveRun,
    mean_drift,
    most_switches_per_min,
    rolling_p95_ms,
    score_runs,
)
from hand_tracking_dsp.evaluation.usable import UsableHands
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.run import ObservedRun

BUDGET_MS = 20.0


def frames(made: SimpleNamespace, ms: list[float], **changes: int) -> list[FrameCost]:
    """Frames with these end-to-end latencies."""
    return [replace(made.cost(i, **changes), end_to_end_ms=value) for i, value in enumerate(ms)]


def test_a_frame_is_late_over_the_budget_with_a_hand_and_counted_apart_without(made: SimpleNamespace) -> None:
    costs = frames(made, [10.0, 20.0, 20.1, 50.0, 60.0, math.nan])
    costs[4] = replace(costs[4], hands=0)
    found = score_runs([LiveRun("fixed", ObservedRun(costs=costs))], BUDGET_MS)
    assert (found.frames, found.frames_with_hands) == (6, 5)
    assert (found.late, found.late_without_hands) == (2, 1)
    assert found.late_share == pytest.approx(2 / 5)
    assert found.missed_share == found.late_share
    assert found.p50_ms == pytest.approx(20.05), "of frames with a hand and a latency"


def test_hands_predicted_in_time_are_not_late_and_their_share_and_error_stand_beside(
    made: SimpleNamespace,
) -> None:
    costs = frames(made, [10.0, 50.0, 50.0, 60.0])
    for index, error in ((1, 4.0), (2, math.nan)):
        costs[index] = replace(costs[index], at_deadline=True, published_ms=19.0, prediction_error=error)
    costs[3] = replace(costs[3], level=2, reflex=True)
    found = score_runs([LiveRun("fixed", ObservedRun(costs=costs))], BUDGET_MS)
    assert (found.late, found.predicted) == (1, 2)
    assert (found.late_share, found.predicted_share, found.reflex_share) == (0.25, 0.5, 0.25)
    assert found.prediction_error == 4.0
    assert found.switches == 0, "the level commanded stays"
    assert found.frames_by_level == {0: 3, 2: 1}


def test_dropped_and_lost_frames_are_missed(made: SimpleNamespace) -> None:
    costs = frames(made, [10.0, 30.0, 10.0, 10.0])
    costs[-1] = replace(costs[-1], frames_dropped=1)
    recording = ObservedRun(costs=costs, published={cost.stamp_ns for cost in costs})
    recording.published |= {costs[-1].stamp_ns - 1, costs[-1].stamp_ns - 2, costs[-1].stamp_ns - 3}
    found = score_runs([LiveRun("fixed", recording)], BUDGET_MS)
    assert (found.late, found.frames_dropped, found.frames_lost) == (1, 1, 2)
    assert found.late_share == pytest.approx(1 / 4)
    assert found.missed_share == pytest.approx(4 / 7)


def test_runs_are_taken_together_frame_by_frame(made: SimpleNamespace) -> None:
    short = ObservedRun(costs=frames(made, [30.0, 10.0]))
    long = ObservedRun(costs=frames(made, [10.0] * 8, level=3))
    found = score_runs([LiveRun("learned", short), LiveRun("learned", long)], BUDGET_MS)
    assert (found.policy, found.runs) == ("learned", 2)
    assert found.late_share == pytest.approx(0.1)
    assert found.frames_by_level == {0: 2, 3: 8}
    assert found.switches == 0, "between two runs there is none"
    assert found.duration_s == pytest.approx(8 * made.frame_ns * 1e-9)


def test_without_any_hand_or_battery_shares_are_unknown(made: SimpleNamespace) -> None:
    found = score_runs([LiveRun("fixed", ObservedRun(costs=[made.cost(0, hands=0)]))], BUDGET_MS)
    unknown = (found.late_share, found.p95_ms, found.drift_percent, found.energy_j, found.charge_end)
    assert all(map(math.isnan, unknown))


def test_drift_counts_every_frame_with_what_was_measured_at_its_level(made: SimpleNamespace) -> None:
    costs = [replace(made.cost(0, level=2), drift=4.0), replace(made.cost(1, level=2), drift=6.0)]
    costs += [made.cost(i, level=2) for i in range(2, 5)] + [made.cost(i) for i in range(5, 10)]
    assert mean_drift(costs) == (pytest.approx(2.5), 1.0)


def test_levels_without_a_measurement_are_left_out_of_drift_and_told(made: SimpleNamespace) -> None:
    costs = [made.cost(0), replace(made.cost(1, level=1), drift=3.0), made.cost(2, level=5), made.cost(3)]
    assert mean_drift(costs) == (pytest.approx(1.0), 0.75)
    drift, known = mean_drift([made.cost(0, level=5)])
    assert math.isnan(drift)
    assert known == 0.0


def test_processor_time_energy_and_usable_hands_are_summed_over_runs(made: SimpleNamespace) -> None:
    processor_s = {"camera_node": 1.0, "hand_tracker_node": 2.0}
    first = LiveRun("fixed", made.run(9), processor_s, 15.0, UsableHands(9, 10, 9, 8, 9, 18.0))
    second = LiveRun("fixed", made.run(9), processor_s, 17.0, UsableHands(9, 10, 5, 2, 6, 12.0), 2)
    found = score_runs([first, second], BUDGET_MS)
    assert (found.processor_s, found.tracker_s, found.energy_j) == (6.0, 4.0, 32.0)
    assert (found.usable_share, found.near_share, found.usable_frames) == (0.5, 0.7, 18)
    assert found.deviation_percent == pytest.approx(2.0)


def test_what_was_not_measured_is_unknown(made: SimpleNamespace) -> None:
    found = score_runs([LiveRun("fixed", made.run(9))], BUDGET_MS)
    unknown = (found.processor_s, found.tracker_s, found.energy_j, found.usable_share, found.near_share)
    assert all(map(math.isnan, unknown))


def test_most_switches_are_those_of_any_60_seconds(made: SimpleNamespace) -> None:
    switches_s = [10, 50, 69.9, 70, 100, 200]
    levels = [(0.0, 0), *((at, 1 - i % 2) for i, at in enumerate(switches_s))]
    costs = [replace(made.cost(0, level=level), stamp_ns=int(at * 1e9)) for at, level in levels]
    assert most_switches_per_min(costs) == 4, "50 to 100 s; 10 to 70 s is a minute apart"
    assert most_switches_per_min(costs[:1]) == 0


def test_the_rolling_percentile_forgets_old_frames_and_skips_frames_without_hands(
    made: SimpleNamespace,
) -> None:
    costs = frames(made, [100.0] * 30 + [10.0] * 120)
    costs += [replace(made.cost(150 + i, hands=0), end_to_end_ms=500.0) for i in range(120)]
    times, values = rolling_p95_ms(ObservedRun(costs=costs))
    assert np.diff(times) == pytest.approx(0.25)
    assert values[times == 0.5] == pytest.approx(100.0)
    assert values[times == 4.0] == pytest.approx(10.0)
    assert math.isnan(values[-1]), "no frame with a hand for two seconds"
