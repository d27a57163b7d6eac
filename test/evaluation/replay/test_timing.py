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

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.evaluation.replay.timing import EveryFrame, NewestFrame
from hand_tracking_dsp.recordings.recording import RecordedFrame

MS = 1_000_000
IMAGE = np.zeros((2, 2, 3), np.uint8)


def arriving(arrivals_ms):
    return (
        RecordedFrame(index, "", round(ms * MS), round(ms * MS), IMAGE)
        for index, ms in enumerate(arrivals_ms)
    )


def played(timing, arrivals_ms, took_ms):
    """Give number, whether dropped, start and latency of every frame, in milliseconds."""
    found = []
    for turn in timing.turns(arriving(arrivals_ms)):
        latency_ms = None
        if not turn.dropped:
            timing.took(took_ms[turn.frame.index])
            latency_ms = timing.latency_ms(turn, took_ms[turn.frame.index])
        found.append((turn.frame.index, turn.dropped, turn.start_s * 1e3, latency_ms))
    return found


def test_frame_by_frame_nothing_waits_however_long_a_frame_takes():
    found = played(EveryFrame(), [0, 33, 66], [100, 100, 100])
    assert [frame[:2] for frame in found] == [(0, False), (1, False), (2, False)]
    assert [frame[3] for frame in found] == [100, 100, 100]


def test_a_busy_tracker_takes_the_newest_frame_when_it_is_done():
    found = played(NewestFrame(), [0, 10, 20, 30, 60], [35, 1, 1, 5, 1])
    assert [(number, dropped) for number, dropped, *_ in found] == [
        (0, False),
        (1, True),
        (2, True),
        (3, False),
        (4, False),
    ]
    assert found[3][2:] == (pytest.approx(35), pytest.approx(10))
    assert found[4][2:] == (pytest.approx(60), pytest.approx(1))


def test_a_fast_tracker_drops_nothing():
    found = played(NewestFrame(), [0, 33, 66, 99], [30] * 4)
    assert not any(dropped for _, dropped, *_ in found)
    assert [latency for *_, latency in found] == pytest.approx([30] * 4)


def test_a_recording_that_begins_anew_does_not_wait_for_the_future():
    found = played(NewestFrame(), [1000, 1033, 0, 33], [5000, 10, 10, 10])
    assert [number for number, dropped, *_ in found if not dropped] == [0, 1, 2, 3]
    assert found[2][2] == pytest.approx(0)


@given(
    gaps_ms=st.lists(st.integers(1, 50), min_size=1, max_size=40),
    data=st.data(),
)
def test_frames_never_overlap_and_what_is_dropped_had_a_newer_one_before_its_turn(gaps_ms, data):
    arrivals = np.cumsum(gaps_ms).tolist()
    took = [data.draw(st.integers(1, 200)) for _ in arrivals]
    found = played(NewestFrame(), arrivals, took)
    assert [number for number, *_ in found] == list(range(len(arrivals)))
    assert not found[-1][1]
    free_ms = 0.0
    for number, dropped, start_ms, latency_ms in found:
        if dropped:
            assert free_ms >= arrivals[number + 1] - 1e-6
            continue
        assert start_ms >= max(free_ms, arrivals[number]) - 1e-6
        assert latency_ms == pytest.approx(start_ms + took[number] - arrivals[number], abs=1e-3)
        free_ms = start_ms + took[number]
