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

"""The time that is left for an image when it arrives."""

from __future__ import annotations

import math

import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.deadline import Deadline, DeadlineOptions


def deadline(**options: float) -> Deadline:
    return Deadline(DeadlineOptions(**{"ms": 33.0, **options}))  # type: ignore[arg-type]


@pytest.mark.parametrize(("age_ms", "left_ms"), [(0.0, 33.0), (3.0, 30.0), (math.nan, 33.0)])
def test_it_counts_from_the_stamp_or_else_from_the_arrival(age_ms: float, left_ms: float) -> None:
    assert deadline().left_ms(age_ms) == left_ms


def test_an_image_that_is_held_up_once_has_less_time() -> None:
    images = deadline()
    assert images.left_ms(2.0) == 31.0
    assert images.left_ms(28.0) == 5.0
    assert images.left_ms(40.0) == -7.0, "it is late"


def test_a_transport_that_always_takes_most_of_the_time_leaves_half_of_it() -> None:
    images = deadline()
    assert [images.left_ms(age_ms) for age_ms in (30.0, 31.0, 30.0)] == [16.5, 15.5, 16.5]
    assert "30 ms after their stamps" in images.warning()
    images.restart()
    assert images.left_ms(3.0) == 30.0
    assert images.warning() == ""


def test_a_transport_that_has_become_slow_is_noticed_after_some_images() -> None:
    images = deadline()
    images.left_ms(2.0)
    left_ms = [images.left_ms(25.0) for _ in range(70)]
    assert (left_ms[0], left_ms[-1]) == (8.0, 16.5)


def test_without_anything_that_needs_it_a_slow_transport_is_no_matter() -> None:
    images = deadline(predict=False, reflex=False)
    images.left_ms(30.0)
    assert images.warning() == ""


@pytest.mark.parametrize("ms", [0.0, -1.0, math.nan, math.inf, 1e6])
def test_a_deadline_out_of_its_range_is_refused(ms: float) -> None:
    with pytest.raises(ConfigurationError, match="ms"):
        deadline(ms=ms)


def test_the_network_has_what_is_left_but_for_the_publishing() -> None:
    assert 9.0 < deadline().network_ms(100.010, 100.0) < 10.0
    assert deadline(reflex=False).network_ms(100.010, 100.0) == math.inf
