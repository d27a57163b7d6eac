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

"""Plot of the curves of a joint training."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.ticker import FormatStrFormatter

from hand_tracking_dsp.evaluation.report.plotting import colours_of, legend_above, new_figure, save, styled

_ROW_IN = 2.2
_PLAIN = FormatStrFormatter("%g")


@styled
def save_curves(curve: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw, by batches, the deviation on each set of hands and the share of each other set accepted.

    A row a set, a line a level. Axes of deviations are logarithmic: a straight fall at the end says that more
    training would help.

    Args:
        curve: Entries of training.json.
        path: PNG to write.

    Raises:
        OutputError: The file cannot be written.
    """
    sets = [name for name, found in curve[0].items() if isinstance(found, dict)]
    sets.sort(key=lambda name: "mean" not in curve[0][name])
    levels = list(dict.fromkeys(entry["student"] for entry in curve))
    figure, all_axes = new_figure(len(sets), height_in=1 + _ROW_IN * len(sets))
    for axes, name in zip(all_axes, sets, strict=True):
        figures = "mean" if "mean" in curve[0][name] else "accepted"
        for level, colour in colours_of(levels).items():
            entries = [entry for entry in curve if entry["student"] == level]
            # The dense network agrees with itself: nothing to be seen, but its name in the legend.
            values = [entry[name][figures] or (math.nan if figures == "mean" else 0) for entry in entries]
            axes.plot([entry["step"] for entry in entries], values, color=colour, label=level)
        if figures == "mean":
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(_PLAIN)
            axes.yaxis.set_minor_formatter(_PLAIN)
        axes.set_title(name, loc="right")
        axes.set_ylabel("deviation, % of palm" if figures == "mean" else "accepted, %")
    legend_above(all_axes[0], columns=3)
    all_axes[-1].set_xlabel("batches")
    save(figure, path)
