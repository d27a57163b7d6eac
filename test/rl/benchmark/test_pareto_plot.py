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

"""Pictures of what policies trade."""

from __future__ import annotations

import itertools
from dataclasses import replace

import cv2
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from hand_tracking_dsp.rl.benchmark import pareto_plot as module
from hand_tracking_dsp.rl.benchmark.pareto_plot import pareto_front, plot_pareto

POINTS = [(1.0, 5.0), (2.0, 6.0), (3.0, 2.0), (3.0, 3.0), (0.5, 9.0)]


def test_the_front_is_of_what_no_other_is_as_good_as_on_both_axes() -> None:
    assert pareto_front(POINTS) == [(0.5, 9.0), (1.0, 5.0), (3.0, 2.0)]
    assert pareto_front(POINTS, more_is_better=True) == [(0.5, 9.0)]
    assert pareto_front([(2.0, 1.0), (1.0, 0.5)], more_is_better=True) == [(1.0, 0.5), (2.0, 1.0)]
    assert pareto_front([(1.0, 1.0), (1.0, 1.0)]) == [(1.0, 1.0)]


@pytest.fixture
def figure(results, tmp_path, monkeypatch) -> Figure:
    """Give the picture as it is saved."""
    saved: list[Figure] = []
    monkeypatch.setattr(module, "save", lambda figure, _path: saved.append(figure))
    plot_pareto(results, tmp_path / "pareto.png")
    return saved[0]


def names_in(axes: Axes) -> dict[str, Text]:
    return {text.get_text(): text for text in axes.texts}


def test_every_policy_is_named_in_each_panel(figure, results) -> None:
    assert len(figure.axes) == 3
    wanted = {name.replace("fixed ", "") for name in results.scores}
    for axes in figure.axes:
        assert set(names_in(axes)) == wanted


def test_no_name_covers_another(figure) -> None:
    for axes in figure.axes:
        boxes = [Text.get_window_extent(text) for text in names_in(axes).values()]
        assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_a_policy_that_is_never_late_is_drawn_where_the_axis_ends(results, tmp_path) -> None:
    never = {name: [replace(one, miss_share=0.0) for one in found] for name, found in results.scores.items()}
    plot_pareto(replace(results, scores=never), tmp_path / "pareto.png")
    assert cv2.imread(str(tmp_path / "pareto.png")).std() > 0
