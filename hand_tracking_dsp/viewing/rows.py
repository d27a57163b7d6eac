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

"""Figures in words: the same lines in the terminal and on the page."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hand_tracking_dsp.evaluation.statistics import percentiles
from hand_tracking_dsp.tracking.operating_point import point_name
from hand_tracking_dsp.viewing.figures import Figures

# Messages that are older say nothing of the present.
_SILENT_S = 3.0
_STEADY = {"stats": "hand_tracker_node", "controller_state": "pruning_controller_node"}


def rows(figures: Figures, now_s: float) -> list[tuple[str, str]]:
    """Put figures into names and values, each one line; what has not been received is left out.

    Args:
        figures: The figures.
        now_s: The present by the clock that they were received by, seconds.
    """
    if not figures.received_s:
        return [("waiting", "nothing has been received yet: are the nodes running, in this ROS domain?")]
    return [
        *_of_silence(figures, now_s),
        *_of_frames(figures),
        *_of_controller(figures),
        *_of_battery(figures),
        *_of_hands(figures),
    ]


def _of_silence(figures: Figures, now_s: float) -> list[tuple[str, str]]:
    """Say who has fallen silent: of all topics together, else of those that always have something to say."""
    silent_s = now_s - max(figures.received_s.values())
    if silent_s > _SILENT_S:
        return [("silent", f"nothing has been received for {silent_s:.0f} s; what follows was true then")]
    return [
        ("silent", f"{node}: nothing has been received for {now_s - figures.received_s[topic]:.0f} s")
        for topic, node in _STEADY.items()
        if now_s - figures.received_s.get(topic, now_s) > _SILENT_S
    ]


def _of_frames(figures: Figures) -> list[tuple[str, str]]:
    cost = figures.cost
    if cost is None:
        return [("frames", "none received: is hand_tracker_node running?")]
    recent = figures.recent()
    in_tracker = percentiles([total_ms for total_ms, _ in recent])
    end_to_end = percentiles([value for _, value in recent])
    budget = "" if math.isnan(figures.budget_ms) else f", budget {figures.budget_ms:g} ms"
    measured = cost.hands - cost.predicted
    drift = f"{figures.drift:.1f} % of palm size" if math.isfinite(figures.drift) else "not measured"
    estimated = ", as the level says itself" if cost.drift_estimated else ""
    found = [
        ("frames", f"{_shown(figures.rate_hz, '.1f')} Hz, {cost.frames_dropped} dropped for a newer one"),
        (
            "in the tracker",
            f"p50 {_shown(in_tracker['p50'], '.1f')}  p99 {_shown(in_tracker['p99'], '.1f')} ms",
        ),
        (
            "end to end",
            f"p50 {_shown(end_to_end['p50'], '.1f')}  p99 {_shown(end_to_end['p99'], '.1f')} ms{budget}",
        ),
        ("level", f"{cost.level} (0 = dense), without {100 * cost.sparsity:.0f} % of the parameters"),
        ("point", point_name(cost.operating_point)),
        ("hands", f"{cost.hands}: {measured} measured, {cost.predicted} predicted"),
        ("drift", f"{drift}{estimated}"),
    ]
    if cost.keep:
        found.append(("composed", " ".join(map(str, cost.keep)) + " % kept, block by block"))
    return found


def _of_controller(figures: Figures) -> list[tuple[str, str]]:
    state = figures.decision
    if state is None:
        return [("controller", "nothing received: is pruning_controller_node running?")]
    weights = (
        f"accuracy {_shown(state.weight_accuracy, '.2f')}, time {_shown(state.weight_time, '.2f')}, "
        f"energy {_shown(state.weight_energy, '.2f')}"
    )
    wanted = "" if state.level == state.level_wanted else f"; it wanted level {state.level_wanted}"
    return [
        ("controller", f"{state.policy}, level {state.level}, {state.switches} switches{wanted}"),
        ("", state.detail),
        ("goals", f"{weights}{f'; sparser for {state.goal}' if state.goal else ''}"),
    ]


def _of_battery(figures: Figures) -> list[tuple[str, str]]:
    if figures.battery is None:
        return []
    power = "" if math.isnan(figures.power_w) else f", {figures.power_w:.1f} W"
    simulated = " (simulated)" if figures.battery_simulated else ""
    return [("battery", f"{_shown(100 * figures.battery.charge, '.0f')} %{power}{simulated}")]


def _of_hands(figures: Figures) -> list[tuple[str, str]]:
    held = [f"hand {track}: {name or 'none'}" for track, name in sorted(figures.gestures.items())]
    return [("gestures", ", ".join(held))] if held else []


def plain_line(lines: Sequence[tuple[str, str]]) -> str:
    """Put names and values into one line, for a stream that is no terminal."""
    return " | ".join(f"{name} {value}".strip() for name, value in lines)


def _shown(value: float, form: str) -> str:
    return "?" if math.isnan(value) else format(value, form)
