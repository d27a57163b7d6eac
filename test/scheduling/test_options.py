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

import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.scheduling.options import SchedulingOptions


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", set()),
        ("  ", set()),
        ("0", {0}),
        ("0,2-3", {0, 2, 3}),
        (" 1 - 2 , 4 ", {1, 2, 4}),
        ("8191", {8191}),
    ],
)
def test_processors_are_numbers_and_ranges(text: str, numbers: set[int]) -> None:
    assert SchedulingOptions(cpus=text).processors == numbers


@pytest.mark.parametrize(
    "text", ["x", ",", "1,", "3-1", "-1", "0x1", "1.5", "8192", "1-99999", "0;1", "1-2-3", "٣"]
)
def test_what_names_no_processors_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Parameter cpus is .*0,2-3"):
        SchedulingOptions(cpus=text)


def test_another_scheduling_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="auto, normal, nice, realtime"):
        SchedulingOptions(scheduling="idle")
