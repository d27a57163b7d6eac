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

"""hand-tracking-dsp depth benchmark: evaluate hand poses on NYU, ICVL or MSRA by the data set's rules."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from hand_tracking_dsp.commands.output import make_console, make_table, require_writable, write_json
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import BENCHMARKS, PoseBenchmark
from hand_tracking_dsp.evaluation.pose_benchmark.comparison import PoseErrors, method_names, read_errors
from hand_tracking_dsp.evaluation.pose_benchmark.joint_file import (
    COORDINATES,
    FrameJoints,
    joined,
    placed_by_pixels,
    read_joints,
)
from hand_tracking_dsp.evaluation.pose_benchmark.metrics import THRESHOLDS_MM
from hand_tracking_dsp.evaluation.pose_benchmark.nyu import read_nyu_joints

_SHOWN_MM = (10, 20, 30, 40)
_JSON, _PLOT = "benchmark.json", "benchmark.png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--dataset", required=True, choices=tuple(BENCHMARKS), help="data set of all files")
    parser.add_argument(
        "--truth",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="joints of the test frames, as the data set has them (u, v, d), in several files where they lie "
        "in several; of NYU joint_data.mat, too",
    )
    parser.add_argument(
        "--results",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="joints that methods found in the same frames, a file a method, a line a frame",
    )
    parser.add_argument(
        "--coordinates",
        choices=COORDINATES,
        default="uvd",
        help="numbers of a joint in results; uvd: column, row, depth in mm; xyz: mm, y down",
    )
    parser.add_argument("--joints", action="store_true", help="print the mean error of every joint, too")
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"folder of {_JSON} and {_PLOT}")


def run(options: argparse.Namespace) -> int:
    """Evaluate, print, write.

    Raises:
        SourceError: A file cannot be used.
        OutputError: The results cannot be written.
    """
    require_writable(options.out, _JSON, _PLOT)
    benchmark = BENCHMARKS[options.dataset]
    truth = joined([_read_truth(path, benchmark) for path in options.truth])
    names = method_names(options.results)
    methods = [
        read_errors(path, names[path], benchmark, truth, options.coordinates) for path in options.results
    ]
    _show(benchmark, len(truth.joints_m), methods, joints=options.joints)
    if options.out:
        _write(options.out, benchmark, len(truth.joints_m), methods)
    return 0


def _read_truth(path: Path, benchmark: PoseBenchmark) -> FrameJoints:
    if benchmark.name == "nyu" and path.suffix == ".mat":
        return placed_by_pixels(read_nyu_joints(path), benchmark)
    return read_joints(path, benchmark)


def _show(benchmark: PoseBenchmark, frames: int, methods: Sequence[PoseErrors], *, joints: bool) -> None:
    console = make_console()
    title = f"{benchmark.title}: {frames} frames, {len(benchmark.joints)} joints"
    headings = ["method", "mean error, mm", "largest, mm", *(f"within {mm} mm, %" for mm in _SHOWN_MM)]
    rows = [
        (
            method.name,
            f"{method.mean_mm:.3f}",
            f"{method.largest_mm:.1f}",
            *(f"{100 * share:.2f}" for share in method.within(_SHOWN_MM)),
        )
        for method in methods
    ]
    console.print(make_table(title, headings, rows))
    if joints:
        means = [method.joint_means(benchmark) for method in methods]
        rows = [(joint, *(f"{mean[joint]:.3f}" for mean in means)) for joint in benchmark.joints]
        console.print(make_table("Mean error, mm", ["joint", *(one.name for one in methods)], rows))
    console.print("Within: frames in which no joint is further away from the truth.", highlight=False)


def _write(out: Path, benchmark: PoseBenchmark, frames: int, methods: Sequence[PoseErrors]) -> None:
    # Matplotlib takes a second to import.
    from hand_tracking_dsp.evaluation.pose_benchmark.plot import plot_shares

    camera = benchmark.camera
    value = {
        "dataset": benchmark.name,
        "frames": frames,
        "camera": {"fx": camera.fx, "fy": camera.fy, "cx": camera.cx, "cy": camera.cy},
        "joints": benchmark.joints,
        "thresholds_mm": THRESHOLDS_MM,
        "methods": [method.value(benchmark) for method in methods],
    }
    write_json(out / _JSON, value)
    plot_shares(benchmark, methods, out / _PLOT)
    print(f"Written: {out / _JSON} and {out / _PLOT}")
