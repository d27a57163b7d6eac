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

"""Plot of the architectures that searches found: measured deviation against measured time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hand_tracking_dsp.compression.composition.architecture_search import ArchitectureSearch
from hand_tracking_dsp.compression.search.front import front_of
from hand_tracking_dsp.evaluation.report.plotting import colours_of, legend_above, new_figure, save, styled

_MARKERS = "osD^"


@styled
def save_architectures(searches: Sequence[ArchitectureSearch], path: Path, reference: str) -> None:
    """Draw what each search found, joined where no other of its own dominates it.

    Args:
        searches: The searches.
        path: PNG to write.
        reference: Name of the network that times are relative to.

    Raises:
        OutputError: The file cannot be written.
    """
    series = {label(search): [(one.time, one.deviation) for one in search.found] for search in searches}
    figure, (axes,) = new_figure(height_in=5.5)
    colours = colours_of(series)
    for (name, points), marker in zip(series.items(), _MARKERS, strict=False):
        front = sorted({point for point, best in zip(points, front_of(points), strict=True) if best})
        if not points:
            continue
        axes.plot(*zip(*points, strict=True), marker, color=colours[name], ms=4, alpha=0.4)
        axes.plot(*zip(*front, strict=True), f"{marker}-", color=colours[name], ms=5, label=name)
    # The dense network in fp32 deviates by 0, which a logarithm alone would lose.
    axes.set_yscale("symlog", linthresh=1.0)
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel(f"time of one run, relative to {reference}, one thread, measured")
    axes.set_ylabel("deviation from the dense network in fp32,\n% of palm size, measured")
    legend_above(axes, columns=1)
    save(figure, path)


def label(search: ArchitectureSearch) -> str:
    """Name a search with the evaluations that it took."""
    counts = {
        "{:,} training steps": search.steps,
        "{:,} estimates": search.estimates,
        "fitted to {:,} measured networks": search.fitted,
        "{:,} networks measured to decide": search.measured,
    }
    return f"{search.method}: {', '.join(text.format(count) for text, count in counts.items() if count)}"
