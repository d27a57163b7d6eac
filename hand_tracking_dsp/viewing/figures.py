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

"""Figures of a running graph or of a bag: the newest of each, and what a message adds to the curves."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hand_tracking_dsp.control.samples import BatterySample
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.messages.samples import POWER_TOPIC, BatteryReader, frame_cost
from hand_tracking_dsp.tracking.operating_point import NO_POINT

# Frames and seconds that the rate and the latency shown are of.
_RECENT_FRAMES, _RECENT_S = 300, 3.0
_EVENTS = 5
_KINDS = ("started", "held", "ended", "moved")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        at_s: When it was received, seconds.
        text: What it was.
    """

    at_s: float
    text: str


class Figures:
    """Takes messages as they come, of ROS 2 or out of a bag, and keeps the newest figures.

    Attributes:
        received_s: Time of the newest message of each topic that one has come of, seconds.
        cost: Cost of the newest frame; None: none has come.
        decision: The newest ControllerState; None likewise.
        budget_ms: Latency budget of its controller, milliseconds; NaN: none has come, or it was an older
            version's, which does not say it.
        battery: Newest reading of the battery; None likewise.
        battery_simulated: Whether power_node says that nobody measured it.
        power_w: Power last received, watts; NaN: none.
        drift: Drift when it was last known at the present level, % of palm size; NaN: it is not.
        gestures: Gesture held by each hand, by track_id; "": none.
        events: The last things that happened, oldest first.
    """

    def __init__(self) -> None:
        self.received_s: dict[str, float] = {}
        self.cost: FrameCost | None = None
        self.decision: Message | None = None
        self.battery: BatterySample | None = None
        self.battery_simulated = False
        self.budget_ms = self.power_w = self.drift = math.nan
        self.gestures: dict[int, str] = {}
        self.events: deque[Event] = deque(maxlen=_EVENTS)
        self._reader = BatteryReader()
        self._recent: deque[tuple[float, float, float]] = deque(maxlen=_RECENT_FRAMES)
        self._takers: Mapping[str, Callable[[Message, float], dict[str, float]]] = {
            "stats": self._on_stats,
            "controller_state": self._on_decision,
            "battery_state": self._on_battery,
            POWER_TOPIC: self._on_power,
            "gestures": self._on_gestures,
            "gesture_events": self._on_event,
        }

    def add(self, topic: str, message: Message, now_s: float) -> dict[str, float]:
        """Take a message; one of another version of this package adds what it has.

        Args:
            topic: Name of the topic in topics.FIGURES.
            message: The message.
            now_s: Time when it was received, seconds.

        Returns:
            What it adds to the curves, by the names in curves.CURVES; NaN where that is not known.
        """
        self.received_s[topic] = now_s
        try:
            return self._takers[topic](message, now_s)
        except (AttributeError, TypeError):
            return {}

    def recent(self) -> list[tuple[float, float]]:
        """List the times in the tracker and end to end of the last seconds' frames, milliseconds."""
        return [(total_ms, end_to_end_ms) for _, total_ms, end_to_end_ms in self._recent]

    @property
    def rate_hz(self) -> float:
        """Frames a second over the last seconds; NaN where there are too few."""
        if len(self._recent) < 2:
            return math.nan
        span_s = self._recent[-1][0] - self._recent[0][0]
        return (len(self._recent) - 1) / span_s if span_s > 0 else math.nan

    def _on_stats(self, message: Message, now_s: float) -> dict[str, float]:
        before, self.cost = self.cost, frame_cost(message)
        cost = self.cost
        if before is not None and cost.frame < before.frame:
            self._recent.clear()  # the tracker was started again
        self._recent.append((now_s, cost.total_ms, cost.end_to_end_ms))
        while now_s - self._recent[0][0] > _RECENT_S:
            self._recent.popleft()
        if before is None or cost.level != before.level or not math.isnan(cost.drift):
            self.drift = cost.drift
        return {
            "latency/tracker": cost.total_ms,
            "latency/end_to_end": cost.end_to_end_ms,
            "level/applied": cost.level,
            "level/commanded": message.requested_level,
            "point/applied": _number(cost.operating_point),
            "point/commanded": _number(cost.requested_point),
            "hands/measured": cost.hands - cost.predicted,
            "hands/predicted": cost.predicted,
            "drift/measured": math.nan if cost.drift_estimated else cost.drift,
            "drift/estimated": cost.drift if cost.drift_estimated else math.nan,
            "drift/sparser": cost.drift_sparser,
        }

    def _on_decision(self, message: Message, now_s: float) -> dict[str, float]:
        before, self.decision = self.decision, message
        self.budget_ms = float(getattr(message, "budget_ms", math.nan))
        # Not whenever the reason changes: it has numbers in it, which are others ten times a second.
        if before is None or _commanded(before) != _commanded(message):
            self.events.append(Event(now_s, f"level {message.level}: {message.detail}"))
        seen = dict(zip(message.observation_names, message.observation, strict=False))
        point = message.operating_point
        forecasts = {
            name: float(values[point]) if point < len(values) else math.nan
            for name, values in (
                ("forecast/late", message.forecast_late),
                ("forecast/error", message.forecast_error),
                ("forecast/energy", message.forecast_energy),
            )
        }
        return {
            "latency/budget": self.budget_ms,
            "budget/p50": float(seen.get("latency_p50_budgets", math.nan)),
            "budget/p95": float(seen.get("latency_p95_budgets", math.nan)),
            "budget/missed": float(seen.get("deadline_miss_share", math.nan)),
            "level/wanted": message.level_wanted,
            "point/wanted": _number(message.operating_point_wanted),
            "goals/accuracy": message.weight_accuracy,
            "goals/time": message.weight_time,
            "goals/energy": message.weight_energy,
            **forecasts,
        }

    def _on_battery(self, message: Message, now_s: float) -> dict[str, float]:
        self.battery = self._reader.sample(message, now_s)
        # As power_node names its source there.
        self.battery_simulated = message.location.startswith("simulated")
        self.power_w = self.battery.power_w
        return {"battery/charge": 100 * self.battery.charge, "power/power": self.power_w}

    def _on_power(self, message: Message, now_s: float) -> dict[str, float]:
        self._reader.add_power(message, now_s)
        self.power_w = float(message.data)
        return {"power/power": self.power_w}

    def _on_gestures(self, message: Message, _now_s: float) -> dict[str, float]:
        self.gestures = {one.track_id: one.held for one in message.gestures}
        return {}

    def _on_event(self, message: Message, now_s: float) -> dict[str, float]:
        kind = _KINDS[message.kind] if message.kind < len(_KINDS) else "?"
        if kind != "held":  # it is said again and again
            self.events.append(Event(now_s, f"hand {message.track_id}: {message.name} {kind}"))
        return {}


def _commanded(state: Message) -> tuple[int, int]:
    return state.level, state.operating_point


def _number(point: int) -> float:
    """Return the number of an operating point for a curve; NaN where it is none of the list."""
    return math.nan if point == NO_POINT else float(point)
