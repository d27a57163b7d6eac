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

"""Catalogue of all measures of an evaluation: unit, formula, and value over any set of frames."""

from __future__ import annotations

from functools import partial

from hand_tracking_dsp.evaluation.measures.aggregates import (
    Percentile,
    mean,
    ratio,
    share_of,
    weighted_mean,
)
from hand_tracking_dsp.evaluation.measures.frame_row import DROPPED, REJECTED
from hand_tracking_dsp.evaluation.measures.frames import Frames
from hand_tracking_dsp.evaluation.measures.metric import Metric, RunMetric
from hand_tracking_dsp.evaluation.measures.run_catalogue import RUN_METRICS
from hand_tracking_dsp.evaluation.measures.space_catalogue import (
    RECORDED_AGREEMENT,
    RECORDED_ERRORS,
    SPACE_METRICS,
)
from hand_tracking_dsp.evaluation.measures.workload_catalogue import WORKLOAD_METRICS

_JOINTS = "true joints: a bag with a topic truth, or --truth with joints"
_BOXES = "true boxes or joints: a bag with a topic truth, or --truth"
_WORLD = "true joints in metres: a bag with a topic truth of a synthetic source"
_FRAMES = "a frame that was handled"

_accuracy = partial(Metric, group="accuracy")
_stability = partial(Metric, group="stability")
_agreement = partial(Metric, group="agreement")
_time = partial(Metric, group="time and frames")
_levels = partial(Metric, group="levels")

METRICS: tuple[Metric, ...] = (
    _accuracy(
        "mde_px",
        "px",
        "lower",
        "Mean distance error: mean over joints, hands found and frames of |p - t| in x and y.",
        _JOINTS,
        weighted_mean("error_px", "found"),
    ),
    _accuracy(
        "mde_palm_percent",
        "% of palm",
        "lower",
        "The same, each hand's distance divided by its true palm size |wrist - middle MCP|, times 100.",
        _JOINTS,
        weighted_mean("error_palm_percent", "found"),
    ),
    *(
        _accuracy(
            f"pck_{round(100 * share):03}",
            "share",
            "higher",
            f"PCK@{share:g}: share of all true joints of which the tracked joint lies within {share:g} times "
            "the longer side of the true joints' box; joints of hands not found count as missed.",
            _JOINTS,
            weighted_mean(f"pck_{round(100 * share):03}", "true_hands"),
        )
        for share in (0.05, 0.1, 0.2)
    ),
    _accuracy(
        "world_mm",
        "mm",
        "lower",
        "Mean over joints, hands and frames of |w - t| of world landmarks, both moved to their mean.",
        _WORLD,
        weighted_mean("world_mm", "true_worlds"),
    ),
    _accuracy(
        "world_aligned_mm",
        "mm",
        "lower",
        "The same after Procrustes alignment: the similarity (move, turn, scale) of least squares, for each "
        "hand and frame.",
        _WORLD,
        weighted_mean("world_aligned_mm", "true_worlds"),
    ),
    _accuracy(
        "detection_recall",
        "share",
        "higher",
        "True boxes that a tracked hand's box meets, over all true boxes. Boxes meet at an intersection over "
        "union of 0.5; the best pairs first, each box once. Against boxes that a person drew, a tracked "
        "hand's box is that of its joints, 0.12 palm sizes wider on every side.",
        _BOXES,
        ratio("boxes_hit", "true_boxes"),
    ),
    _accuracy(
        "detection_precision",
        "share",
        "higher",
        "The same pairs over all boxes of tracked hands.",
        _BOXES,
        ratio("boxes_hit", "boxes"),
    ),
    _accuracy(
        "handedness_accuracy",
        "share",
        "higher",
        "Hands found whose side was right, over those whose side is known.",
        _JOINTS,
        ratio("sides_right", "true_sides"),
    ),
    *SPACE_METRICS,
    *RECORDED_ERRORS,
    _stability(
        "jitter_px",
        "px",
        "lower",
        "Second difference from frame to frame while the hand rests: mean over joints of "
        "|p(t) - 2 p(t-1) + p(t-2)|. A hand rests where the middle of its joints kept within 0.05 palm "
        "sizes for 0.5 s, by the true joints where they are known.",
        "a hand that rests for half a second",
        weighted_mean("jitter_px", "resting"),
    ),
    _stability(
        "jitter_palm_percent",
        "% of palm",
        "lower",
        "The same, in % of the palm size.",
        "a hand that rests for half a second",
        weighted_mean("jitter_palm_percent", "resting"),
    ),
    _stability(
        "reacquisition_s",
        "s",
        "lower",
        "Mean time from the first frame that shows a hand that is not tracked (new or lost) to the first on "
        "which all hands in view are; 0 where a new hand is tracked at once. Times that end by the last hand "
        "leaving do not count.",
        _JOINTS,
        mean("reacquired_s"),
    ),
    _stability(
        "reacquisition_max_s",
        "s",
        "lower",
        "The longest of these times.",
        _JOINTS,
        Percentile("reacquired_s", 100),
    ),
    _agreement(
        "drift_palm_percent",
        "% of palm",
        "lower",
        "Mean over frames of the landmarks' mean distance from the dense level's on the same regions: "
        "agreement with the dense network, not accuracy.",
        "--agreement",
        mean("drift"),
        note="agreement, not accuracy",
    ),
    _agreement(
        "expected_error_palm_percent",
        "% of palm",
        "lower",
        "Mean over frames of what the levels themselves expect their landmarks to be off.",
        "a bank whose levels say it",
        mean("expected_error"),
        note="said by the networks",
    ),
    _agreement(
        "recorded_same",
        "share",
        "neither",
        "Frames with as many hands as the bag's own topic hands holds of the same image, near them.",
        "a bag with a topic hands",
        mean("recorded_same"),
    ),
    _agreement(
        "recorded_px",
        "px",
        "neither",
        "Mean over those frames of the largest distance of a joint from the bag's hands.",
        "a bag with a topic hands",
        mean("recorded_px"),
        note="agreement",
    ),
    *RECORDED_AGREEMENT,
    *(
        _time(
            f"latency_{name}_ms",
            "ms",
            "lower",
            f"{words} of the frames' latency. Frame by frame: from the message to the hands, conversion and "
            "tracking. With --realtime: from the image's stamp, with the wait for the frame before.",
            _FRAMES,
            Percentile("latency_ms", share),
        )
        for name, share, words in (
            ("p50", 50, "Median"),
            ("p95", 95, "95th percentile"),
            ("p99", 99, "99th percentile"),
            ("max", 100, "Maximum"),
        )
    ),
    _time(
        "latency_jitter_ms",
        "ms",
        "lower",
        "Mean of |latency(t) - latency(t-1)| over frames handled one after the other.",
        "two frames that were handled",
        mean("latency_step_ms"),
    ),
    _time(
        "deadline_misses",
        "share",
        "lower",
        "Frames handled whose latency is above the budget (--budget), over all handled.",
        _FRAMES,
        mean("late"),
    ),
    _time(
        "frames_dropped",
        "share",
        "lower",
        "Frames replaced by a newer one before their turn, over all; 0 unless --realtime.",
        "a frame",
        share_of(DROPPED),
    ),
    _time(
        "frames_rejected",
        "share",
        "lower",
        "Messages that are not images, over all.",
        "a frame",
        share_of(REJECTED),
    ),
    *WORKLOAD_METRICS,
    _levels(
        "level",
        "",
        "neither",
        "Mean sparsity level of the frames handled; the histogram stands beside it.",
        _FRAMES,
        mean("level"),
    ),
    _levels(
        "sparsity",
        "share",
        "neither",
        "Mean share of the dense network's parameters removed.",
        _FRAMES,
        mean("sparsity"),
    ),
    _levels(
        "switches_per_min",
        "1/min",
        "lower",
        "Changes of level from one frame handled to the next, per minute of the recording.",
        "two frames that were handled",
        ratio("switched", "interval_s", 60),
    ),
    Metric(
        "energy_mj",
        "mJ a frame",
        "lower",
        "Energy of the networks, ESTIMATED: multiply-accumulates that ran, times --picojoules-per-mac.",
        _FRAMES,
        mean("energy_mj"),
        group="energy and machine",
        note="estimated",
    ),
)
"""All measures that are functions of frames, in the order of the report."""

ALL_METRICS: tuple[RunMetric, ...] = (*METRICS, *RUN_METRICS)
"""All measures, in the order of the report."""


def measured(frames: Frames) -> dict[str, float]:
    """Return the value of every metric of METRICS over some frames."""
    return {metric.name: metric.value(frames) for metric in METRICS}


def measure_names() -> list[str]:
    """Return the names of all measures, in the order of the report."""
    return [metric.name for metric in ALL_METRICS]


def metrics_table() -> str:
    """Return all measures as a Markdown table."""
    escaped = r"\|"
    rows = ["| measure | unit | better | definition | needs |", "|---|---|---|---|---|"]
    rows += [
        f"| `{m.name}` | {m.unit or '-'} | {m.better} | {m.formula.replace('|', escaped)} | {m.needs} |"
        for m in ALL_METRICS
    ]
    return "\n".join(rows) + "\n"
