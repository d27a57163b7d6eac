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

"""Plot of candidates for levels: deviation against latency."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hand_tracking_dsp.compression.search.front import CandidateFigures
from hand_tracking_dsp.evaluation.report.plotting import GREY, ORANGE, new_figure, save, styled


@styled
def save_front(figures: Sequence[CandidateFigures], path: Path, precision: str) -> None:
    """Draw every candidate that is not far worse than the front, and the front, joined and numbered.

    Raises:
        OutputError: The file cannot be written.
    """
    figure, (axes,) = new_figure(height_in=7)
    front = sorted((one for one in figures if one.on_front), key=lambda one: -one.latency)
    axes.plot([one.latency for one in figures], [one.overall for one in figures], "o", color=GREY, ms=4)
    axes.plot([one.latency for one in front], [one.overall for one in front], "o-", color=ORANGE)
    for number, one in enumerate(front, 1):
        place = (one.latency, one.overall)
        axes.annotate(str(number), place, xytext=(4, 5), textcoords="offset points", color=ORANGE)
    names = "\n".join(f"{number} {one.name}" for number, one in enumerate(front, 1))
    axes.text(0.98, 0.97, names, transform=axes.transAxes, ha="right", va="top", color=ORANGE)
    axes.set_xlim(0, 1.1 * max(one.latency for one in figures))
    axes.set_ylim(0, 1.15 * max(one.overall for one in front))
    axes.set_xlabel(f"latency in {precision.upper()}, relative to the dense network in fp32, one thread")
    axes.set_ylabel("deviation in closed form, % of palm\n(geometric mean over the sets)")
    axes.set_title("Candidates for levels before training")
    save(figure, path)
