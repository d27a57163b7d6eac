"""Rules to compare with: PI control of the latency, and the search for the best settings of a rule."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.control.policies import Policy


@dataclass(frozen=True, slots=True)
class PiOptions:
    """Proportional-integral control of the 95th percentile of the latency.

    Attributes:
        setpoint: Latency to hold, in budgets.
        proportional: Levels for an error of one budget.
        integral: Levels a second for an error of one budget.
    """

    setpoint: float = 0.8
    proportional: float = 4.0
    integral: float = 0.5


class PiPolicy:
    """Sparser in proportion to latency over the setpoint and to its integral; anti-windup by clamping.

    Åström and Murray, Feedback Systems, 2008, chapter 10.

    Args:
        options: Setpoint and gains.
    """

    name: ClassVar[str] = "pi"

    def __init__(self, options: PiOptions | None = None) -> None:
        self._options = options or PiOptions()
        self._integral = 0.0
        self._last_s = math.nan

    def decide(self, observation: Observation) -> int:
        """Return the level wanted; the level in use while latency is not measured."""
        options, error = self._options, observation["latency_p95_budgets"] - self._options.setpoint
        elapsed_s, self._last_s = observation.stamp_s - self._last_s, observation.stamp_s
        if math.isnan(error):
            return observation.level
        if elapsed_s > 0:
            self._integral += options.integral * error * elapsed_s
        sparsest = observation.levels - 1
        self._integral = min(max(self._integral, 0.0), float(sparsest))
        return min(max(round(self._integral + options.proportional * error), 0), sparsest)


def grid(choices: Mapping[str, Iterable[Any]]) -> Iterator[dict[str, Any]]:
    """Yield every combination of settings."""
    for values in itertools.product(*choices.values()):
        yield dict(zip(choices, values, strict=True))


THRESHOLD_STAGES: tuple[dict[str, tuple[Any, ...]], ...] = (
    {"upper": (0.7, 0.8, 0.9, 1.0), "lower": (0.4, 0.5, 0.6, 0.69), "hold_s": (1.0, 3.0)},
    {"miss_limit": (0.02, 0.05, 1.0), "retry_s": (10.0, 60.0, 300.0)},
    {"battery_saving_charge": (0.0, 0.5, 0.8, 1.0), "battery_saving_level": (1, 2, 3)},
    {"battery_low_charge": (0.0, 0.25, 0.5), "battery_low_level": (3, 4, 5)},
)
"""The grids searched for the threshold rule, one after the other, each from the best of the one before."""

PI_STAGES: tuple[dict[str, tuple[Any, ...]], ...] = (
    {
        "setpoint": (0.6, 0.7, 0.8, 0.9),
        "proportional": (0.0, 2.0, 5.0, 10.0),
        "integral": (0.0, 0.2, 0.5, 1.0, 2.0),
    },
)


def search(
    make: Callable[[dict[str, Any]], Policy],
    stages: Iterable[Mapping[str, Iterable[Any]]],
    value: Callable[[list[Callable[[], Policy]]], list[float]],
) -> tuple[dict[str, Any], float]:
    """Search grids one after the other for the settings of the greatest value.

    Args:
        make: From settings to a fresh policy.
        stages: Grids.
        value: Judges fresh policies, several at once.

    Returns:
        The best settings, and their value.
    """
    best: dict[str, Any] = {}
    reached = -math.inf
    for stage in stages:
        settings = [{**best, **chosen} for chosen in grid(stage)]
        values = value([lambda chosen=chosen: make(chosen) for chosen in settings])  # type: ignore[misc]
        top = max(range(len(settings)), key=values.__getitem__)
        if values[top] > reached:
            best, reached = settings[top], values[top]
    return best, reached
