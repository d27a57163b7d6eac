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

from pathlib import Path

import pytest

from hand_tracking_dsp.evaluation.workload.clips import Clip
from hand_tracking_dsp.evaluation.workload.run import BLOCK, Contender, run_clips
from hand_tracking_dsp.tracking.operating_point import OperatingPoint

FRAMES = 2 * BLOCK + 3


class StandInWorker:
    """A worker that keeps what it is given, in a list that several share."""

    def __init__(self, name: str, calls: list, answer) -> None:
        self._name = name
        self._calls = calls
        self._answer = answer

    def process(self, _image, stamp_s, point, *, reset):
        self._calls.append((self._name, stamp_s, point, reset))
        return self._answer


@pytest.fixture
def calls() -> list:
    return []


@pytest.fixture
def contenders(calls, make_reply) -> dict[str, Contender]:
    return {
        name: Contender(StandInWorker(name, calls, make_reply()), OperatingPoint(level))
        for name, level in (("a", 0), ("b", 3))
    }


@pytest.fixture
def clip() -> Clip:
    return Clip("synthetic", None, FRAMES)


def test_all_work_on_every_frame_in_turn(clip, contenders, calls) -> None:
    (run,) = run_clips([clip], contenders)
    assert len(run.stamps_s) == len(run.replies["a"]) == len(run.replies["b"]) == FRAMES
    # Behind the warming up: blocks in changing order.
    turns = [name for name, *_ in calls[2 * BLOCK :]]
    assert turns == ["a"] * BLOCK + ["b"] * 2 * BLOCK + ["a"] * BLOCK + ["a"] * 3 + ["b"] * 3
    assert {point for name, _, point, _ in calls if name == "b"} == {OperatingPoint(3)}


def test_each_begins_a_clip_without_hands(clip, contenders, calls) -> None:
    runs = run_clips([clip], contenders, repeats=2)
    assert [run.clip for run in runs] == ["synthetic"] * 2
    resets = [(name, stamp_s) for name, stamp_s, _, reset in calls if reset]
    assert sorted(resets) == [("a", 0.0)] * 3 + [("b", 0.0)] * 3


def test_progress_counts_the_clips(clip, contenders) -> None:
    seen = []
    run_clips([clip], contenders, repeats=2, on_clip=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_paced_frames_are_handed_over_at_the_rate_of_the_clip(clip, contenders, monkeypatch) -> None:
    now_s = 100.0

    def sleep(seconds: float) -> None:
        nonlocal now_s
        now_s += seconds

    module = "hand_tracking_dsp.evaluation.workload.run.time"
    monkeypatch.setattr(f"{module}.sleep", sleep)
    monkeypatch.setattr(f"{module}.monotonic", lambda: now_s)
    run_clips([clip], contenders, paced=True)
    # The trackers take turns: each waits from the first to the last frame of its blocks.
    assert now_s - 100.0 == pytest.approx(2 * (FRAMES - 3) / 30)


def test_an_empty_clip_is_named(tmp_path: Path, contenders) -> None:
    with pytest.raises(Exception, match="empty"):
        run_clips([Clip("empty", tmp_path / "empty.avi")], contenders)
