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

"""Which runs and which frames belong together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.evaluation.comparison.pairing import pair_frames, pair_runs
from hand_tracking_dsp.evaluation.measures.frame_row import DROPPED
from hand_tracking_dsp.evaluation.measures.frames import Frames, joined
from hand_tracking_dsp.evaluation.statistics import Resampling


@pytest.mark.parametrize(
    ("a", "b", "wishes", "pairs"),
    [
        (
            ["level 0", "level 1"],
            ["level 1", "level 0"],
            (),
            [("level 0", "level 0"), ("level 1", "level 1")],
        ),
        (["level 0", "level 1"], ["level 1", "level 2"], (), [("level 1", "level 1")]),
        (["level 0"], ["policy"], (), [("level 0", "policy")]),
        (["level 0", "level 1"], ["level 0", "level 1"], ("level 1", "level 1"), [("level 1", "level 1")]),
        (["level 0", "level 1"], ["level 0", "level 1"], ("level 0", "level 1"), [("level 0", "level 1")]),
        (["level 0", "level 1"], ["policy"], ("level 1", ""), [("level 1", "policy")]),
    ],
)
def test_runs_are_paired(
    a: list[str], b: list[str], wishes: tuple[str, ...], pairs: list[tuple[str, str]]
) -> None:
    assert pair_runs(a, b, *wishes) == pairs


def test_runs_that_nothing_pairs_are_asked_for() -> None:
    with pytest.raises(ConfigurationError, match=r"'level 0', 'level 1'.*--run-a and --run-b"):
        pair_runs(["level 0", "level 1"], ["policy a", "policy b"])
    with pytest.raises(ConfigurationError, match="B has no run 'level 9': choose one of 'level 0'"):
        pair_runs(["level 9"], ["level 0"], "level 9", "level 9")


def test_frames_are_paired_whatever_their_order(made_run: Callable[..., Frames]) -> None:
    a = joined([made_run(bag=bag, seconds=4, seed=i) for i, bag in enumerate(("first", "second"))])
    b = a.take(np.random.default_rng(0).permutation(len(a)))
    found = pair_frames(a, b, Resampling())
    assert len(found.a) == len(a)
    for column in ("bag", "frame", "latency_ms"):
        assert (found.a[column] == found.b[column]).all()
    assert (found.only_a, found.only_b, found.unlike, found.count) == (0, 0, 0, 8)


def test_frames_of_one_side_alone_are_left_out_and_counted(made_run: Callable[..., Frames]) -> None:
    whole = made_run(seconds=4)
    other = made_run(bag="another", seconds=1)
    a, b = whole.take(np.arange(50)), joined([whole.take(np.arange(10, 60)), other])
    found = pair_frames(a, b, Resampling())
    assert found.a["frame"].tolist() == found.b["frame"].tolist() == list(range(10, 50))
    assert (found.only_a, found.only_b) == (10, 25)


def test_dropped_frames_are_counted_as_not_handled(made_run: Callable[..., Frames]) -> None:
    a = made_run(seconds=2)
    columns = {name: a[name] for name in a._columns}
    columns["outcome"] = np.where(np.arange(30) < 12, DROPPED, a["outcome"])
    assert pair_frames(a, Frames(columns), Resampling()).handled == (30, 18)


def test_other_stamps_are_noticed(made_run: Callable[..., Frames]) -> None:
    found = pair_frames(made_run(seconds=2), made_run(seconds=3, rate_hz=10), Resampling())
    assert found.unlike == 29


def test_nothing_in_common_and_frames_that_stand_twice_are_refused(made_run: Callable[..., Frames]) -> None:
    a, b = made_run(bag="first", seconds=2), made_run(bag="second", seconds=2)
    with pytest.raises(SourceError, match=r"'first'.*'second'.*no frame in common"):
        pair_frames(a, b, Resampling())
    with pytest.raises(SourceError, match="Frame 0 of the recording 'first' stands twice"):
        pair_frames(joined([a, a]), a, Resampling())
