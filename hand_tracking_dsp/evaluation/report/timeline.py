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

"""Picture of one second of frames: what ran when."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hand_tracking_dsp.evaluation.report.plotting import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    legend_above,
    new_figure,
    save,
    styled,
)
from hand_tracking_dsp.messages.frame_cost import FrameCost

LENGTH_S = 1.0
"""Time that the picture shows, seconds."""

_ROWS = ("image taken", "conversion", "landmark network", "hand held", "palm detector", "hands published")
_HANDS = ("one hand", "one more hand")
_ON_THE_WAY, _BESIDE = "hands wait for it", "beside the hands"


@dataclass(frozen=True, slots=True)
class WorkSpan:
    """Stretch of time in which something ran.

    Attributes:
        row: Name out of the picture's rows.
        kind: Entry of the legend; "" for none.
        start_ms: Its beginning, milliseconds since the first frame.
        ms: Its length, milliseconds; 0: a moment.
    """

    row: str
    kind: str
    start_ms: float
    ms: float = 0.0


def spans_of(costs: Sequence[FrameCost]) -> list[WorkSpan]:
    """Return what ran when, from the costs of consecutive frames.

    The work of a frame is drawn in the order in which it is done: conversion, the landmark network on the
    hands that were followed, the palm detector, the landmark network on hands that it found. A search beside
    the hands begins where it was wanted, on the frame before the one that looked at its palms.
    """
    spans: list[WorkSpan] = []
    wanted_ms = math.nan
    followed = 0
    for cost in costs:
        stamp_ms = (cost.stamp_ns - costs[0].stamp_ns) * 1e-6
        waited_ms = cost.end_to_end_ms - cost.total_ms
        begun_ms = stamp_ms + (waited_ms if waited_ms > 0 else 0.0)
        spans += _frame_spans(cost, followed, stamp_ms, begun_ms)
        followed = cost.hands
        if cost.aside_ms > 0 and not math.isnan(wanted_ms):
            spans.append(WorkSpan("palm detector", _BESIDE, wanted_ms, cost.aside_ms))
        wanted_ms = begun_ms + _known(cost.conversion_ms) + _known(cost.landmarks_ms)
    return spans


def liveliest_second(costs: Sequence[FrameCost]) -> float:
    """Return the start of the second in which most kinds of work are done, the rarest of them most often.

    The start counts from the first frame, in seconds.
    """
    times_s = [(cost.stamp_ns - costs[0].stamp_ns) * 1e-9 for cost in costs]
    best, most, end = 0.0, (-1, 0), 0
    for start, time_s in enumerate(times_s):
        while end < len(costs) and times_s[end] < time_s + LENGTH_S:
            end += 1
        if times_s[-1] - time_s < LENGTH_S and start:
            break
        kinds = Counter(kind for cost in costs[start:end] for kind in _kinds(cost))
        rank = (len(kinds), min(kinds.values(), default=0))
        if rank > most:
            best, most = time_s, rank
    return best


@styled
def save_timeline(
    costs: Sequence[FrameCost], path: Path, start_s: float | None = None, note: str = ""
) -> None:
    """Draw a second of frames.

    Args:
        costs: Costs of consecutive frames, at least one.
        path: Path of the PNG.
        start_s: Start of the second, seconds since the first frame; None: the liveliest one.
        note: Remark on the kind of run.

    Raises:
        OutputError: The file cannot be written.
    """
    start_ms = 1e3 * (liveliest_second(costs) if start_s is None else start_s)
    figure, (axes,) = new_figure(height_in=4.2)
    colours = dict(zip((*_HANDS, _ON_THE_WAY, _BESIDE), (BLUE, SKY, ORANGE, GREEN), strict=True))
    for span in spans_of(costs):
        if not start_ms <= span.start_ms < start_ms + 1e3 * LENGTH_S:
            continue
        y, x = -_ROWS.index(span.row), span.start_ms - start_ms
        if span.ms > 0:
            colour = colours.get(span.kind, GREY)
            # With an edge also what takes a tenth of a millisecond is seen.
            axes.barh(y, span.ms, left=x, height=0.6, color=colour, edgecolor=colour)
        elif span.row == "hand held":
            axes.plot(x, y, "o", color=GREY, ms=5)
        else:
            axes.plot(x, y, "|", color=ORANGE if span.kind == "predicted" else BLACK, ms=12)
    for kind, colour in colours.items():
        place = "landmark network" if kind in _HANDS else "palm detector"
        axes.barh(0, 0, color=colour, label=f"{place}: {kind}")
    if any(cost.at_deadline for cost in costs):
        axes.plot([], [], "|", color=ORANGE, ms=12, label="hands published: predicted, at the deadline")
    axes.set_yticks([-row for row in range(len(_ROWS))], _ROWS)
    axes.set_xlim(0, 1e3 * LENGTH_S)
    axes.set_ylim(-len(_ROWS) + 0.4, 0.6)
    axes.set_xlabel(f"time, ms, from {start_ms / 1e3:.1f} s on{f' - {note}' if note else ''}")
    legend_above(axes, 2)
    save(figure, path)


def _frame_spans(cost: FrameCost, followed: int, stamp_ms: float, begun_ms: float) -> Iterator[WorkSpan]:
    """Yield what ran on a frame before which so many hands were followed; further ones were found on it."""
    yield WorkSpan("image taken", "", stamp_ms)
    conversion_ms = _known(cost.conversion_ms)
    if conversion_ms > 0:
        yield WorkSpan("conversion", "", begun_ms, conversion_ms)
    measured = cost.hands - cost.predicted if cost.landmarks_ms > 0 else 0
    work = [("landmark network", _HANDS[i % 2], cost.landmarks_ms / measured) for i in range(measured)]
    if cost.detection_ms > 0:
        work.insert(max(followed - cost.predicted, 0), ("palm detector", _ON_THE_WAY, cost.detection_ms))
    at_ms = begun_ms + conversion_ms
    for row, kind, ms in work:
        yield WorkSpan(row, kind, at_ms, ms)
        at_ms += ms
    if cost.predicted:
        yield WorkSpan("hand held", "", begun_ms + conversion_ms)
    if not math.isnan(cost.latency_ms):
        yield WorkSpan("hands published", "predicted" if cost.at_deadline else "", stamp_ms + cost.latency_ms)


def _kinds(cost: FrameCost) -> Iterator[str]:
    if cost.hands > cost.predicted:
        yield "measured"
    if cost.predicted:
        yield "held"
    if cost.detection_ms > 0:
        yield "on the way"
    if cost.aside_ms > 0:
        yield "beside"
    if cost.at_deadline:
        yield "at the deadline"


def _known(value: float) -> float:
    return 0.0 if math.isnan(value) else value
