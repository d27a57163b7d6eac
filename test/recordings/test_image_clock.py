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

"""Clocks of cameras and recorders that differ, jump or stand still."""

from __future__ import annotations

from itertools import pairwise

import pytest

from hand_tracking_dsp.recordings.image_clock import ImageClock

S = 10**9
START = 1_700_000_000 * S
STEPS = [0, 33, 66, 133, 140, 200, 233, 266]  # milliseconds: the rate varies


def images(offset_s: float = 0.0, delays_ms: tuple[int, ...] = (20, 5, 90)) -> list[tuple[int, int]]:
    """Give stamps and arrivals of images whose camera's clock is behind the recorder's."""
    return [
        (START + ms * 10**6 - round(offset_s * S), START + (ms + delays_ms[n % len(delays_ms)]) * 10**6)
        for n, ms in enumerate(STEPS)
    ]


def run(first: list[tuple[int, int]]) -> tuple[list[int], list[int], set[str]]:
    clock = ImageClock(first)
    given = [clock.times(*one) for one in first]
    return [one[0] for one in given], [one[1] for one in given], {clock.problem, *(one[2] for one in given)}


@pytest.mark.parametrize("offset_s", [0.0, 0.2])
def test_stamps_of_the_recorders_clock_stay_as_they_are(offset_s: float) -> None:
    """A delay of 0.2 s is what a camera behind a network may have."""
    given = images(offset_s)
    assert run(given) == ([stamp for stamp, _ in given], [at for _, at in given], {""})


@pytest.mark.parametrize(
    ("offset_s", "said"),
    [(5.0, "5 s behind"), (0.8, "0.805 s behind"), (-3.0, "3 s ahead of"), (1e9, "1e+09")],
)
def test_stamps_of_another_clock_are_moved_and_keep_their_intervals(offset_s: float, said: str) -> None:
    given = images(offset_s)
    stamps, arrivals, problems = run(given)
    assert [two - one for one, two in pairwise(stamps)] == [
        two - one for (one, _), (two, _) in pairwise(given)
    ]
    # None is from the future, and the one that arrived fastest has no age.
    assert min(at - stamp for stamp, at in zip(stamps, arrivals, strict=True)) == 0
    assert any(said in problem for problem in problems)


def test_stamps_that_stand_still_give_way_to_the_arrivals() -> None:
    arrivals = [at for _, at in images()]
    stamps, given, problems = run([(START - 7 * S, at) for at in arrivals])
    assert stamps == given == arrivals
    assert any("stand still" in problem for problem in problems)


def test_stamps_that_stop_later_give_way_after_some_images() -> None:
    clock = ImageClock(images())
    last_ns = images()[-1][0]
    for number in range(6):
        at_ns = START + (300 + 33 * number) * 10**6
        stamp_ns, _, problem = clock.times(last_ns, at_ns)
        assert stamp_ns == (last_ns if number < 3 else at_ns)
        assert bool(problem) is (number >= 3)


def test_arrivals_that_stand_still_give_way_to_the_stamps() -> None:
    """As converters of data sets write them."""
    given = [(stamp, 0) for stamp, _ in images()]
    stamps, arrivals, problems = run(given)
    assert stamps == arrivals == [stamp for stamp, _ in given]
    assert any("times of arrival stand still" in problem for problem in problems)


def test_a_stamp_that_jumps_or_is_missing_is_replaced_alone() -> None:
    clock = ImageClock(images(5.0))
    assert clock.times(0, START)[:2] == (START, START)
    assert clock.times(START - 60 * S, START)[:2] == (START, START)
    assert clock.times(START - 5 * S, START + 10**7)[0] == START + 5_000_000
