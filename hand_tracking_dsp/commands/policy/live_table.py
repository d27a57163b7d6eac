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

"""Tables of policies in the running graph, which policy live prints and policy report takes over."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from hand_tracking_dsp.evaluation.live_comparison import LiveScore
from hand_tracking_dsp.evaluation.live_front import mean_of_rounds
from hand_tracking_dsp.evaluation.statistics import Interval

_HEADINGS = (
    "policy",
    "late",
    "usable",
    "off dense",
    "drift",
    "CPU, s",
    "tracker's",
    "energy, J",
    "switches",
    "late, dropped, lost",
    "p50, p95 ms",
    "predicted, error",
    "reflex",
    "levels",
    "front",
)
_NOTE = (
    "mean over rounds (95 % interval) of: late frames with a hand; usable, the dense level's hands that were "
    "published in time and within 10 % of palm of it, and how far off it all were, % of palm size (agreement "
    "with the dense level, seen afterwards, not accuracy); drift, as the tracker measured or estimated it; "
    "processor time of camera, tracker and controller, and the tracker's of that; energy ({energy}); changes "
    "of the point. Over all rounds: late, dropped and lost frames; hands predicted in time and their error, "
    "% of palm size; frames that ran sparser than commanded. Front: no other policy is as good in late, "
    "usable and {cost} and better in one"
)

# The rest of a row is not shown on a terminal, which is too narrow for it.
_SHOWN = (*_HEADINGS[:9], "p50, p95 ms", "front")

COSTS: Mapping[str, str] = {"processor_s": "CPU", "energy_j": "energy"}
"""Names of what is the price in the comparison, by the figure."""


def score_table(
    scores: Sequence[LiveScore],
    rounds: Mapping[str, Sequence[LiveScore]],
    front: Collection[str],
    words: Mapping[str, str],
) -> dict[str, Any]:
    """Return a table with a row a policy: about (the case), note (what the columns mean), headings and rows.

    Args:
        scores: Figures of each policy, all rounds taken together.
        rounds: Figures of each round, by policy.
        front: Names of the policies that no other one beats.
        words: What the case is (about), where the energy comes from (energy), the price (cost), and a
            further sentence (remark).
    """
    note = f"{words['about']}; {explanation(words)}"
    if words["remark"]:
        note = f"{note}. {words['remark']}"
    return {
        "about": words["about"],
        "note": note,
        "headings": _HEADINGS,
        "rows": [_row(one, mean_of_rounds(rounds[one.policy]), one.policy in front) for one in scores],
    }


def explanation(words: Mapping[str, str]) -> str:
    """Return what the columns mean; words as score_table takes them."""
    return _NOTE.format(**words)


def shown_part(table: Mapping[str, Any]) -> tuple[tuple[str, ...], list[list[str]]]:
    """Return headings and rows of those columns of a table that a terminal has room for."""
    places = [list(table["headings"]).index(name) for name in _SHOWN]
    return _SHOWN, [[row[place] for place in places] for row in table["rows"]]


def joined_table(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the tables of several cases as one, with a first column for the case; a single one as it is."""
    if len(tables) == 1:
        return dict(next(iter(tables.values())))
    return {
        "note": " ".join(f"{name}: {table['note']}." for name, table in tables.items()),
        "about": "; ".join(tables),
        "headings": ("case", *_HEADINGS),
        "rows": [[name, *row] for name, table in tables.items() for row in table["rows"]],
    }


def _row(one: LiveScore, means: Mapping[str, Interval], on_front: bool) -> list[str]:
    """Write a policy's score as the cells of a row."""
    levels = ", ".join(f"{n}: {100 * count / one.frames:.0f} %" for n, count in one.frames_by_level.items())
    return [
        one.policy,
        _span(means["late_share"], 100, 2, " %"),
        _span(means["usable_share"], 100, 1, " %"),
        _span(means["deviation_percent"], 1, 1),
        _span(means["drift_percent"], 1, 1),
        _span(means["processor_s"], 1, 1),
        _span(means["tracker_s"], 1, 1),
        _span(means["energy_j"], 1, 0),
        _span(means["switches"], 1, 1),
        f"{100 * one.missed_share:.1f} % ({one.frames_dropped} dropped, {one.frames_lost} lost)",
        f"{one.p50_ms:.1f}, {one.p95_ms:.1f}",
        _predicted(one),
        f"{100 * one.reflex_share:.1f} %",
        levels,
        "yes" if on_front else "",
    ]


def _predicted(one: LiveScore) -> str:
    return f"{100 * one.predicted_share:.1f} %, {one.prediction_error:.1f}" if one.predicted else "0"


def _span(mean: Interval, scale: float, digits: int, unit: str = "") -> str:
    """Write a mean with its interval, where there is one; no figure is negative, and no share above 100 %."""
    if math.isnan(mean.value):
        return "-"
    text = f"{scale * mean.value:.{digits}f}{unit}"
    if not mean.low < mean.high:
        return text
    low = max(scale * mean.low, 0.0)
    high = min(scale * mean.high, 100.0 if unit else math.inf)
    return f"{text} ({low:.{digits}f} to {high:.{digits}f})"
