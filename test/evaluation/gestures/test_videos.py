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

from collections import Counter
from pathlib import Path

import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.gestures.videos import VideoEvents, count_events, sum_of, table
from hand_tracking_dsp.tracking.tracker import HandTracker


def test_what_begins_in_a_sequence_is_counted(networks, draw, tmp_path):
    for index in range(30):
        draw(f"frames/{index:02}.png", "victory" if index < 15 else "fist", roll_deg=index * 0.5)
    frames = []
    events = count_events(tmp_path / "frames", HandTracker(*networks), on_frame=lambda: frames.append(None))
    assert len(frames) == 30
    assert events.minutes == pytest.approx(1 / 60)
    assert events.hand_minutes == pytest.approx(1 / 60)
    assert events.begun == {"victory": 1, "count_2": 1, "fist": 1, "count_0": 1}
    assert events.problem == ""


def test_what_is_missing_of_a_sequence_is_told(networks, draw, tmp_path):
    draw("frames/0.png", "fist")
    (tmp_path / "frames" / "1.png").write_bytes(b"no picture")
    assert "1.png" in count_events(tmp_path / "frames", HandTracker(*networks)).problem


def test_rates_are_per_minute_of_all_videos():
    videos = [
        VideoEvents("a", 0.5, 0.25, Counter({"fist": 1, "count_0": 2})),
        VideoEvents("b", 1.5, 1.0, Counter({"fist": 1, "swipe_up": 2})),
    ]
    every = sum_of(videos)
    assert (every.minutes, every.hand_minutes) == (2.0, 1.25)
    assert every.per_minute() == {
        "gestures and movements": 2.0,
        "counts of fingers": 1.0,
        "fist": 1.0,
        "count_0": 1.0,
        "swipe_up": 1.0,
    }
    assert table(videos).splitlines()[-1] == (
        "| all together | 120.0 | 75.0 | 2.0 | 1.0 | count_0 2, fist 2, swipe_up 2 |"
    )


@pytest.mark.parametrize("name", ["none.mp4", "synthetic", "0"])
def test_what_is_no_file_is_refused(networks, name):
    with pytest.raises(SourceError, match=f"no video {name}"):
        count_events(Path(name), HandTracker(*networks))
