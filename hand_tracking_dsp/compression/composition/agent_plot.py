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

"""Plot of what agents and searches compose: deviation against time, by scene."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hand_tracking_dsp.compression.composition.agent_comparison import SEARCHES, ComparedComposition
from hand_tracking_dsp.evaluation.report.plotting import colours_of, new_figure, save, styled
from hand_tracking_dsp.tracking.composition.surrogate import SCENES


@styled
def save_comparison(found: Sequence[ComparedComposition], agents: Sequence[str], path: Path) -> None:
    """Draw a panel for each kind of scene: each seed's compositions as points, searches as lines.

    Raises:
        OutputError: It cannot be written.
    """
    figure, panels = new_figure(2, 2, height_in=7)
    colours = colours_of(["agent", *SEARCHES])
    for scene, axes in enumerate(panels):
        for name in SEARCHES:
            one = sorted((c.time, c.deviation) for c in found if (c.method, c.scene) == (name, scene))
            axes.plot(*zip(*one, strict=True), "o-", ms=3, lw=1.2, color=colours[name], label=name)
        points = [(c.time, c.deviation) for c in found if c.method in agents and c.scene == scene]
        label = f"agent, {len(agents)} seeds"
        axes.plot(*zip(*points, strict=True), "x", ms=5, color=colours["agent"], label=label)
        axes.set_title(SCENES[scene], loc="right")
        axes.set_ylim(bottom=0)
        if scene % 2 == 0:
            axes.set_ylabel("deviation from the dense network,\n% of palm size")
        if scene >= 2:
            axes.set_xlabel("time, relative to the dense network's")
    # Above all panels: a legend of one would leave it no width.
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    save(figure, path)
