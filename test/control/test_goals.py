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

"""Goals as a user states them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from hand_tracking_dsp.control.goals import seconds_until
from hand_tracking_dsp.errors import ConfigurationError

NOW = datetime(2026, 3, 1, 17, 30, 15, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0),
        ("90min", 5400),
        (" 4 h ", 14400),
        ("1.5h", 5400),
        ("45s", 45),
        ("18:30", 3585),
        ("17:30", 86385),
        ("7:05", 48885),
    ],
)
def test_a_duration_or_a_time_of_day(text: str, seconds: float) -> None:
    assert seconds_until(text, NOW) == seconds


@pytest.mark.parametrize("text", ["soon", "24:00", "12:60", "4", "4 days", "-1h", "nan h"])
def test_anything_else_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ConfigurationError, match="set a duration, as 30s, 90min or 4h, or a time of day"):
        seconds_until(text, NOW)


@pytest.mark.parametrize("text", ["9000h", "5" * 400 + "h"])
def test_a_duration_of_more_than_a_year_is_refused_in_a_short_sentence(text: str) -> None:
    with pytest.raises(ConfigurationError, match="a year at most") as refused:
        seconds_until(text, NOW)
    assert len(str(refused.value)) < 150
