"""What a measure is: its name, unit, formula and what it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hand_tracking_dsp.evaluation.measures.aggregates import Aggregate

Better = Literal["lower", "higher", "neither"]

Group = Literal["accuracy", "stability", "agreement", "time and frames", "levels", "energy and machine"]


@dataclass(frozen=True, slots=True)
class RunMetric:
    """A measure of a whole run.

    Attributes:
        name: In report.json and on the command line; ends with its unit where it has one.
        group: What it belongs to.
        unit: "" for a plain number.
        better: Which direction is better.
        formula: How it is defined, in a sentence.
        needs: What it cannot be had without, the end of "not measured: ...".
        note: Said beside its value wherever a user sees it; "" for nothing.
    """

    name: str
    group: Group
    unit: str
    better: Better
    formula: str
    needs: str
    note: str = field(default="", kw_only=True)

    @property
    def label(self) -> str:
        """Name with its note."""
        return f"{self.name} ({self.note})" if self.note else self.name


@dataclass(frozen=True, slots=True)
class Metric(RunMetric):
    """A measure whose value is a function of frames, in whatever order they are.

    Attributes:
        value: From frames to the value; NaN where nothing was measured.
    """

    value: Aggregate
