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

"""Candidates make the policies that they describe."""

from __future__ import annotations

import pytest

from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.rl.benchmark.candidates import (
    Candidate,
    without_deadline_shield,
    without_shield,
)


def test_candidates_that_cannot_play_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="no kind of policy 'magic': choose one of fixed"):
        Candidate("one", "magic")
    with pytest.raises(ConfigurationError, match="The learned policy one has no file"):
        Candidate("one", "learned")


def test_shields_are_opened_as_far_as_they_say() -> None:
    options = ControllerOptions()
    late = without_deadline_shield(options)
    assert late.shield.deadline_miss_limit == 1.0
    assert late.goals.battery.reserve == options.goals.battery.reserve
    free = without_shield(options)
    assert free.goals.battery.reserve == 0.0
    assert free.min_dwell_s == options.min_dwell_s
