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

"""The report's pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.evaluation.measures.frames import Frames, joined
from hand_tracking_dsp.evaluation.report.plots import draw_plots


@pytest.mark.parametrize("frames", [1, 2, 300])
def test_pictures_have_content_even_of_the_shortest_run(
    made_run: Callable[..., Frames], made_report: Callable[..., dict[str, Any]], frames: int
) -> None:
    found = joined([made_run(run).take(np.arange(frames)) for run in ("level 0", "level 1")])
    plots = draw_plots(made_report(found), found)
    titles = [plot.title for plot in plots]
    assert titles == ["Error against latency", "Over time: first", "Latency", "PCK", "Jitter at rest"]
    for plot in plots:
        image = cv2.imdecode(np.frombuffer(plot.png, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        assert image.std() > 5
        assert plot.caption.endswith(".")


def test_only_the_worst_of_many_recordings_are_drawn_over_time(
    made_run: Callable[..., Frames], made_report: Callable[..., dict[str, Any]]
) -> None:
    frames = joined([made_run(bag=f"bag {i}", seconds=3, error_px=i) for i in range(7)])
    plots = [plot for plot in draw_plots(made_report(frames), frames) if plot.title.startswith("Over time")]
    assert [plot.title for plot in plots] == [f"Over time: bag {i}" for i in (6, 5, 4, 3)]
    assert "of 7" in plots[0].caption
