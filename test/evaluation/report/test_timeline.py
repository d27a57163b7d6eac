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
from pathlib import Path

import cv2
import pytest

from hand_tracking_dsp.evaluation.report.timeline import WorkSpan, liveliest_second, save_timeline, spans_of
from hand_tracking_dsp.messages.frame_cost import FrameCost

MS = 1_000_000


def cost(stamp_ms: int, **values: float) -> FrameCost:
    """Costs of a frame that begins 2 ms after its stamp and takes 10 ms."""
    given = {"level": 0, "hands": 1, "conversion_ms": 1.0, "landmarks_ms": 4.0, "detection_ms": 0.0}
    return FrameCost(stamp_ns=stamp_ms * MS, total_ms=10.0, end_to_end_ms=12.0, **{**given, **values})


def of_row(spans: list[WorkSpan], row: str) -> list[tuple[str, float, float]]:
    return [(span.kind, span.start_ms, span.ms) for span in spans if span.row == row]


def test_a_frame_is_drawn_from_its_stamp_to_its_hands_in_the_order_of_its_work() -> None:
    spans = spans_of([cost(5_000, hands=2)])
    assert of_row(spans, "image taken") == [("", 0.0, 0.0)]
    assert of_row(spans, "conversion") == [("", 2.0, 1.0)]
    assert of_row(spans, "landmark network") == [("one hand", 3.0, 2.0), ("one more hand", 5.0, 2.0)]
    assert of_row(spans, "palm detector") == of_row(spans, "hand held") == []
    assert of_row(spans, "hands published") == [("", 12.0, 0.0)]


def test_a_hand_that_the_detector_found_comes_behind_it() -> None:
    spans = spans_of([cost(0), cost(100, hands=2, detection_ms=3.0)])
    assert of_row(spans, "palm detector") == [("hands wait for it", 105.0, 3.0)]
    assert [start_ms for _, start_ms, _ in of_row(spans, "landmark network")] == [3.0, 103.0, 108.0]
    spans = spans_of([cost(0, hands=0, landmarks_ms=0.0, detection_ms=3.0)])
    assert of_row(spans, "palm detector") == [("hands wait for it", 3.0, 3.0)]


def test_a_held_hand_takes_no_network() -> None:
    spans = spans_of([cost(0, predicted=1, landmarks_ms=0.0)])
    assert of_row(spans, "hand held") == [("", 3.0, 0.0)]
    assert of_row(spans, "landmark network") == []


def test_a_search_beside_the_hands_begins_on_the_frame_before() -> None:
    spans = spans_of([cost(0), cost(33, aside_ms=9.0)])
    assert of_row(spans, "palm detector") == [("beside the hands", 7.0, 9.0)]


def test_hands_at_the_deadline_are_published_then() -> None:
    spans = spans_of([cost(0, at_deadline=True, published_ms=8.0)])
    assert of_row(spans, "hands published") == [("predicted", 8.0, 0.0)]


def test_times_that_are_not_known_are_left_out() -> None:
    unknown = FrameCost(stamp_ns=0, hands=0, level=0, detection_ms=0.0, landmarks_ms=0.0, total_ms=math.nan)
    assert [span.row for span in spans_of([unknown])] == ["image taken"]


def test_the_second_shown_is_the_one_with_most_different_things() -> None:
    quiet = [cost(i * 100) for i in range(30)]
    lively = [cost(3_000), cost(3_100, predicted=1), cost(3_200, aside_ms=5.0)]
    later = [cost(3_300 + i * 100) for i in range(20)]
    start_s = liveliest_second([*quiet, *lively, *later])
    assert 2.2 < start_s <= 3.0
    assert liveliest_second(quiet[:3]) == 0.0


def test_hands_at_the_deadline_are_in_the_legend_where_there_are_some(tmp_path: Path) -> None:
    save_timeline([cost(0)], tmp_path / "none.png")
    save_timeline([cost(0, at_deadline=True, published_ms=8.0)], tmp_path / "one.png")
    none, one = (cv2.imread(str(tmp_path / f"{name}.png")) for name in ("none", "one"))
    assert (none[:70] != one[:70]).any()


@pytest.mark.parametrize("start_s", [None, 0.0])
def test_leaves_a_picture(tmp_path: Path, start_s: float | None) -> None:
    costs = [
        cost(i * 33, predicted=i % 2, landmarks_ms=4.0 * (1 - i % 2), aside_ms=5.0 * (i == 7))
        for i in range(90)
    ]
    save_timeline(costs, tmp_path / "timeline.png", start_s, "synthetic picture")
    picture = cv2.imread(str(tmp_path / "timeline.png"))
    assert picture.shape[1] > 900
    assert picture.std() > 10
