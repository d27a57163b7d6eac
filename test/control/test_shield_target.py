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

"""Late frames that the shield keeps to what the goals accept."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hand_tracking_dsp.control.goals import BatteryGoal
from hand_tracking_dsp.control.options import ShieldOptions
from hand_tracking_dsp.control.reasons import Reason
from hand_tracking_dsp.control.samples import LatencySummary
from hand_tracking_dsp.control.shield import Answer, Shield
from hand_tracking_dsp.control.state import Situation

ACCEPTED = 0.01


def reviewed(lately: list[float], late: float, reflex: float = 0.0, **options: float) -> tuple[int, Reason]:
    """Return the verdict on point 0, wanted after a minute in which a share of the frames was late."""
    situation = Situation(
        now_s=60.0,
        point=0,
        points=len(lately),
        budget_ms=33.0,
        since_switch_s=60.0,
        summary=LatencySummary(),
        frame=None,
        latency_received=True,
        latency_silent_s=0.0,
        battery=None,
        battery_silent_s=0.0,
        battery_stale=False,
        power_trend_w_per_s=math.nan,
        by_point={"late_0.5s": np.array(lately)},
        reflex=reflex,
    )
    shield = Shield(ShieldOptions(**options), BatteryGoal())
    verdict = shield.review(Answer(0, ""), situation, late, ACCEPTED)
    return verdict.point, verdict.reason


@pytest.mark.parametrize(
    ("lately", "late", "point"),
    [
        ([0.2, 0.1, 0.0], 0.004, 0),  # few in the minute
        ([0.2, 0.1, 0.0], 0.006, 2),
        ([0.2, 0.005, 0.0], 0.006, 1),
        ([0.2, 0.1, 0.08], 0.006, 2),  # the least of what there is
        ([0.2, 0.2, 0.2], 0.006, 0),  # none is better
        ([0.005, 0.0, 0.0], 0.02, 0),
        ([math.nan, 0.0, 0.0], 0.02, 0),
    ],
)
def test_points_at_which_too_many_frames_would_be_late_are_refused_in_a_late_minute(
    lately: list[float], late: float, point: int
) -> None:
    assert reviewed(lately, late) == (point, Reason.SHIELD_DEADLINE if point else Reason.POLICY)


def test_with_a_reflex_that_works_single_late_frames_refuse_nothing() -> None:
    assert reviewed([0.015, 0.0, 0.0], 0.006, reflex=0.4)[0] == 1
    assert reviewed([0.015, 0.0, 0.0], 0.006, reflex=0.9)[0] == 0
    assert reviewed([0.03, 0.0, 0.0], 0.006, reflex=0.9)[0] == 1


def test_a_shield_that_is_off_refuses_nothing() -> None:
    assert reviewed([0.9, 0.0, 0.0], 0.5, deadline_miss_limit=1.0) == (0, Reason.POLICY)
