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

"""Plot of the share of frames by threshold, as the benchmarks publish it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import PoseBenchmark
from hand_tracking_dsp.evaluation.pose_benchmark.comparison import PoseErrors
from hand_tracking_dsp.evaluation.pose_benchmark.metrics import THRESHOLDS_MM
from hand_tracking_dsp.evaluation.report.plotting import COLOURS, new_figure, save, styled

_LEAST_HEIGHT_IN = 4.5
_ROW_IN = 0.22
_DASHES = ("-", "--", ":", "-.")


@styled
def plot_shares(benchmark: PoseBenchmark, methods: Sequence[PoseErrors], path: Path) -> None:
    """Plot the share of frames in which all joints are within a threshold, a line a method, the best first.

    Raises:
        OutputError: The file cannot be written.
    """
    figure, (axes,) = new_figure(height_in=max(_LEAST_HEIGHT_IN, 1 + _ROW_IN * len(methods)))
    for number, method in enumerate(sorted(methods, key=lambda method: method.mean_mm)):
        turn, colour = divmod(number, len(COLOURS))
        axes.plot(
            THRESHOLDS_MM,
            100 * method.within(),
            color=COLOURS[colour],
            ls=_DASHES[turn % len(_DASHES)],
            lw=1.4,
            # Matplotlib reads what stands between dollar signs as a formula.
            label=f"{method.mean_mm:.2f} mm {method.name}".replace("$", r"\$"),
        )
    axes.set_xlim(THRESHOLDS_MM[0], THRESHOLDS_MM[-1])
    axes.set_ylim(0, 100)
    axes.set_xlabel("largest error of a joint, mm")
    axes.set_ylabel("frames, %")
    axes.set_title(f"{benchmark.title}, {len(benchmark.joints)} joints", loc="left")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), title="mean error")
    save(figure, path)
