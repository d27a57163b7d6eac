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

"""Limits that a change must keep, as a user writes them: mde_px>+2%."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.comparison.findings import Finding
from hand_tracking_dsp.evaluation.measures.catalogue import measure_names
from hand_tracking_dsp.evaluation.measures.wording import number, with_interval
from hand_tracking_dsp.evaluation.statistics import Interval

_GRAMMAR = re.compile(r"\s*(\w+)\s*([<>])\s*([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)\s*(%?)\s*")


@dataclass(frozen=True, slots=True)
class MetricLimit:
    """Condition that must not hold of a measure of B.

    Attributes:
        text: MetricLimit as the user wrote it.
        metric: Name of the measure.
        above: True for >, False for <.
        limit: The number.
        of: Figure that it limits: B's value, the difference B - A, or the change (B - A) / A in %.
    """

    text: str
    metric: str
    above: bool
    limit: float
    of: Literal["value", "difference", "change"]

    def breach(self, finding: Finding, *, confident: bool = False) -> str:
        """Describe how the limit is broken, or why it cannot be checked; "" where it is kept.

        The sentence goes on from the limit's text. With confidence it is broken only where the whole interval
        of its measure lies beyond it, not the value alone.
        """
        name, unit = finding.metric.label, finding.metric.unit
        figure = self._figure(finding)
        if math.isnan(figure.value):
            sides = [side for side, one in (("A", finding.a), ("B", finding.b)) if math.isnan(one.value)]
            return (
                f"cannot be checked: {name} was not measured in {' and '.join(sides)}; it needs "
                f"{finding.metric.needs}."
            )
        if confident and math.isnan(figure.low):
            reason = finding.reason or "A is 0"
            return f"cannot be checked with --confident: {name} has no interval ({reason})."
        if not self._holds(figure, confident=confident):
            return ""
        said = f"holds: {name} was {number(finding.a.value)} and is {number(finding.b.value)} {unit}".rstrip()
        if self.of != "value":
            said += f", {self.of} {with_interval(figure, '%' if self.of == 'change' else unit, sign=True)}"
        return f"{said}."

    def _figure(self, finding: Finding) -> Interval:
        if self.of == "value":
            return finding.b
        if self.of == "difference":
            return finding.difference
        if finding.a.value == 0 and abs(finding.difference.value) > 0:
            # Any change from nothing is beyond every percentage.
            return Interval(math.copysign(math.inf, finding.difference.value))
        return finding.change

    def _holds(self, figure: Interval, *, confident: bool) -> bool:
        if self.above:
            return (figure.low if confident else figure.value) > self.limit
        return (figure.high if confident else figure.value) < self.limit


def parse_limit(text: str) -> MetricLimit:
    """Read METRIC > or < [+|-]NUMBER[%].

    Raises:
        ConfigurationError: It is not of this form, or names no measure.
    """
    found = _GRAMMAR.fullmatch(text)
    if not found:
        msg = (
            f"--fail-if '{text}' cannot be read: write a measure, > or <, and a number, for example "
            "'mde_px>+2%' (2 % more than A), 'detection_recall<-0.01' (0.01 less than A) or "
            "'latency_p99_ms>33' (B itself)."
        )
        raise ConfigurationError(msg)
    metric, direction, sign, digits, percent = found.groups()
    if metric not in (names := measure_names()):
        near = get_close_matches(metric, names, 1)
        hint = f"do you mean {near[0]}?" if near else f"choose one of {', '.join(names)}."
        msg = f"--fail-if '{text}' names no measure: {hint}"
        raise ConfigurationError(msg)
    if percent and not sign:
        msg = (
            f"--fail-if '{text}' lacks a sign: a percentage is a change from A, so write "
            f"'{metric}{direction}+{digits}%' or '{metric}{direction}-{digits}%'."
        )
        raise ConfigurationError(msg)
    of: Literal["value", "difference", "change"] = "change" if percent else "difference" if sign else "value"
    return MetricLimit(text.strip(), metric, direction == ">", float(sign + digits), of)
