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

"""Definition of a measure: its name, unit, formula and what it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hand_tracking_dsp.evaluation.measures.aggregates import Aggregate

Better = Literal["lower", "higher", "neither"]

Group = Literal[
    "accuracy",
    "hands in space",
    "stability",
    "agreement",
    "time and frames",
    "levels",
    "energy and machine",
]


@dataclass(frozen=True, slots=True)
class RunMetric:
    """A measure of a whole run.

    Attributes:
        name: Name in report.json and on the command line; ends with its unit where it has one.
        unit: "" for a plain number.
        better: Direction that is better.
        formula: Definition in a sentence.
        needs: Requirement without which it has no value, the end of "not measured: ...".
        group: Group in the report.
        note: Remark beside its value wherever a user sees it; "" for none.
    """

    name: str
    unit: str
    better: Better
    formula: str
    needs: str
    group: Group = field(kw_only=True)
    note: str = field(default="", kw_only=True)

    @property
    def label(self) -> str:
        """Name with its note."""
        return f"{self.name} ({self.note})" if self.note else self.name


@dataclass(frozen=True, slots=True)
class Metric(RunMetric):
    """A measure whose value is a function of frames, in whatever order they are.

    Attributes:
        value: Function from frames to the value; NaN where nothing was measured.
    """

    value: Aggregate
