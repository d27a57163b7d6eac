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

"""Table of policies in the running graph, which policy live prints and policy report takes over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hand_tracking_dsp.evaluation.live_comparison import LiveScore

_HEADINGS = (
    "policy",
    "frames",
    "without hand",
    "late",
    "late, dropped, lost",
    "predicted in time, error",
    "reflex",
    "p50, p95 ms",
    "drift",
    "energy",
    "levels",
    "switches",
    "most a minute",
)


def score_table(scores: Sequence[LiveScore], budget_ms: float) -> dict[str, Any]:
    """Return a table with a row a policy: note (what the columns mean), headings and rows."""
    note = (
        f"Frames with a hand against {budget_ms:g} ms; drift: from the dense level, % of palm size; "
        f"energy: the tracker's, by the simulated battery; predicted in time: hands published at the "
        f"deadline before they were measured, and how far from that, % of palm size; reflex: frames that ran "
        f"sparser than commanded, for want of time"
    )
    return {"note": note, "headings": _HEADINGS, "rows": _rows(scores)}


def _rows(scores: Sequence[LiveScore]) -> list[list[str]]:
    """Write each policy's score as the cells of a row."""
    rows = []
    for one in scores:
        levels = ", ".join(
            f"{n}: {100 * count / one.frames:.0f} %" for n, count in one.frames_by_level.items()
        )
        rows.append(
            [
                one.policy,
                str(one.frames),
                f"{one.frames - one.frames_with_hands} ({one.late_without_hands} late)",
                f"{100 * one.late_share:.1f} %",
                f"{100 * one.missed_share:.1f} % ({one.frames_dropped} dropped, {one.frames_lost} lost)",
                f"{100 * one.predicted_share:.1f} %, {one.prediction_error:.1f}",
                f"{100 * one.reflex_share:.1f} %",
                f"{one.p50_ms:.1f}, {one.p95_ms:.1f}",
                f"{one.drift_percent:.1f}",
                f"{one.energy_j:.0f} J, {one.tracker_w:.2f} W",
                levels,
                str(one.switches),
                str(one.switches_per_min),
            ]
        )
    return rows
