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

"""Plot of granularities by area: deviation against time."""

from __future__ import annotations

from pathlib import Path

from matplotlib.ticker import FixedLocator, NullFormatter, ScalarFormatter

from hand_tracking_dsp.compression.granularity.study import GranularTables
from hand_tracking_dsp.compression.granularity.variants import AREAS, GRANULARITIES
from hand_tracking_dsp.evaluation.report.plotting import colours_of, new_figure, save, styled

_COLUMNS = 2
_MARKERS = dict(zip(AREAS, "ovs^D", strict=True))


@styled
def save_granularities(tables: GranularTables, path: Path) -> None:
    """Draw each area pruned in each granularity alone, one picture for each runtime.

    Raises:
        OutputError: The file cannot be written.
    """
    runtimes = list(tables.noise)
    columns = min(len(runtimes), _COLUMNS)
    rows = -(-len(runtimes) // columns)
    figure, axes = new_figure(rows, columns, height_in=1.2 + 3.4 * rows, share_x=False)
    colours = colours_of(GRANULARITIES[1:])
    for place, one in enumerate(axes):
        if place >= len(runtimes):
            one.set_visible(False)
            continue
        runtime, noise = runtimes[place], tables.noise[runtimes[place]]
        one.axvspan(1 - noise, 1 + noise, color="0.9", lw=0)
        for row in tables.rows:
            point = (row.ratios[runtime], row.deviation)
            one.plot(*point, _MARKERS[row.area], color=colours[row.granularity])
        one.set_yscale("log")
        one.yaxis.set_major_locator(FixedLocator((1, 2, 5, 10, 20, 50)))
        one.yaxis.set_major_formatter(ScalarFormatter())
        one.yaxis.set_minor_formatter(NullFormatter())
        one.set_xlabel(f"time on {runtime}, relative to dense")
        if place % columns == 0:
            one.set_ylabel("deviation from dense,\n% of palm size")
    for name, marker in _MARKERS.items():
        axes[0].plot([], [], marker, color="black", label=name)
    for name, colour in colours.items():
        axes[0].plot([], [], "s", color=colour, label=name)
    figure.legend(loc="outside upper left", ncol=5, columnspacing=1.2, handletextpad=0.5)
    save(figure, path)
