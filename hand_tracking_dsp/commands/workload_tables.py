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

"""Tables of the work of trackers over clips, and their figures for JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hand_tracking_dsp.commands.output import markdown_table
from hand_tracking_dsp.evaluation.workload.run import ClipRun
from hand_tracking_dsp.evaluation.workload.tally import (
    MOVING_PERCENT,
    NEAR_PERCENT,
    TrackerTally,
    ratios,
    tally_clip,
)

DENSE = "dense, every hand on every frame"
"""Name of the reference in tables."""

MEDIAPIPE = "MediaPipe"
"""Name of MediaPipe in tables."""

_Figures = Mapping[str, Any]


def report(runs: Sequence[ClipRun], repeats: int, settings: Sequence[str]) -> dict[str, Any]:
    """Print the tables.

    Args:
        runs: Runs of all clips, in their order, as often as they were repeated.
        repeats: Number of repetitions.
        settings: Names of the settings that are compared; DENSE took part beside them, MEDIAPIPE perhaps.

    Returns:
        Their figures, for JSON.
    """
    tallies = {name: [_tally(run, name) for run in runs] for name in runs[0].replies}
    figures = {name: sum(found, TrackerTally()).figures() for name, found in tallies.items()}
    once = [run.clip for run in runs[: len(runs) // repeats]]
    clips = {
        name: {clip: tally.figures() for clip, tally in zip(once, found, strict=False)}
        for name, found in tallies.items()
    }
    print(_found_table(figures, settings), "\n", flush=True)
    print(_time_table(figures), "\n", flush=True)
    print(_clip_table(clips, settings))
    references = [name for name in (DENSE, MEDIAPIPE) if name in figures]
    return {
        "repeats": repeats,
        "trackers": figures,
        "ratios": {
            name: {f"of {other}": ratios(figures[name], figures[other]) for other in references}
            for name in settings
        },
        "clips": clips,
    }


def _tally(run: ClipRun, name: str) -> TrackerTally:
    if name == MEDIAPIPE:
        return tally_clip(run.stamps_s, run.replies[name])
    return tally_clip(run.stamps_s, run.replies[name], run.replies.get(MEDIAPIPE), run.replies[DENSE])


def _found_table(figures: Mapping[str, _Figures], settings: Sequence[str]) -> str:
    headings = (
        "setting",
        "hand-frames",
        "of MediaPipe's number",
        "found of MediaPipe's",
        "palm detector on",
        "ids",
        "id changes per 1,000 hand-frames",
        "per 675 frames",
        f"within {NEAR_PERCENT:g} % of palm of dense",
        "missed of dense",
        "error (1 - Accuracy)",
        "held",
        f"moving {MOVING_PERCENT:g} % a frame, held longer than one",
        "longest hold of such, of any, frames",
    )
    rows = []
    for name in settings:
        found = figures[name]
        rows.append(
            (
                name,
                str(found["hand_frames"]),
                _number(found["of_mediapipes_hand_frames"], ".3f"),
                _number(found["found_of_mediapipes"], ".3f"),
                _number(found["search_share"], ".1%"),
                str(found["ids"]),
                _number(found["id_changes_per_1000_hand_frames"], ".1f"),
                _number(found["id_changes_per_675_frames"], ".1f"),
                _number(found["near_dense_share"], ".1%"),
                _number(found["missed_of_dense_share"], ".1%"),
                _number(found["error"], ".3f"),
                _number(found["held_share"], ".1%"),
                str(found["moving_held_hand_frames"]),
                f"{found['longest_moving_hold_frames']}, {found['longest_hold_frames']}",
            )
        )
    return markdown_table(headings, rows)


def _time_table(figures: Mapping[str, _Figures]) -> str:
    headings = (
        "frame time",
        "p50 ms",
        "p95, p99 of p50",
        "one hand: p95, p99 of p50",
        "of dense's p50",
        "p50, p99 of MediaPipe's",
        "networks of dense",
        "processor ms",
        "of dense",
    )
    rows = []
    for name, found in figures.items():
        dense = ratios(found, figures[DENSE])
        mediapipe = ratios(found, figures[MEDIAPIPE]) if MEDIAPIPE in figures else None
        rows.append(
            (
                name,
                f"{found['frame_ms']['p50']:.2f}",
                f"{found['p95_of_p50']:.2f}, {found['p99_of_p50']:.2f}",
                f"{found['one_hand_p95_of_p50']:.2f}, {found['one_hand_p99_of_p50']:.2f}",
                f"{dense['one_hand_p95_of_p50']:.2f}, {dense['one_hand_p99_of_p50']:.2f}",
                f"{mediapipe['p50']:.2f}, {mediapipe['p99']:.2f}" if mediapipe else "-",
                "-" if name == MEDIAPIPE else f"{dense['network']:.2f}",
                _number(found["cpu_ms"], ".2f"),
                f"{dense['cpu']:.2f}",
            )
        )
    return markdown_table(headings, rows)


def _clip_table(clips: Mapping[str, Mapping[str, _Figures]], settings: Sequence[str]) -> str:
    headings = (
        "clip",
        "setting",
        "frames",
        "hand-frames",
        "found of MediaPipe's",
        "ids",
        "id changes",
        "palm detector on",
    )
    rows = [
        (
            clip,
            name,
            str(found["frames"]),
            str(found["hand_frames"]),
            _number(found["found_of_mediapipes"], ".3f"),
            str(found["ids"]),
            str(found["id_changes"]),
            _number(found["search_share"], ".1%"),
        )
        for name in settings
        for clip, found in clips[name].items()
    ]
    return markdown_table(headings, rows, left=2)


def _number(value: float, form: str) -> str:
    return "-" if math.isnan(value) else f"{value:{form}}"
