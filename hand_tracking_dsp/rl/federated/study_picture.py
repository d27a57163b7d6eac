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

"""Picture of what ways of learning trade: late frames and usable hands against energy, a point a way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hand_tracking_dsp.evaluation.report.plotting import colours_of, new_figure, save, styled
from hand_tracking_dsp.rl.federated.study_scores import FleetFigures

# Measure and name of an axis; both are shares.
_PANELS = (("late", "late frames, %"), ("usable", "usable hands, %"))
_MARKERS = "osD^vP*X"


@styled
def plot_fleet(figures: Mapping[str, FleetFigures], title: str, path: Path) -> None:
    """Draw the figures of each way of learning.

    Args:
        figures: Means over the missions of robots never seen, by way.
        title: Line above.
        path: PNG to write.

    Raises:
        OutputError: It cannot be written.
    """
    figure, panels = new_figure(len(_PANELS), height_in=9.0)
    colours = colours_of(figures)
    for axes, (measure, name) in zip(panels, _PANELS, strict=True):
        for number, (way, one) in enumerate(figures.items()):
            axes.plot(
                one.energy_j,
                100 * getattr(one, measure),
                color=colours[way],
                # No two have colour and marker in common: colours come again after eight.
                marker=_MARKERS[(number + number // len(_MARKERS)) % len(_MARKERS)],
                ms=9,
                ls="none",
                label=way,
            )
        axes.set_ylabel(name)
        axes.margins(0.12)
    panels[-1].set_xlabel("energy of the tracker, J a mission (simulated)")
    panels[0].legend(loc="lower left", bbox_to_anchor=(0, 1), ncol=2)
    figure.suptitle(title)
    save(figure, path)
