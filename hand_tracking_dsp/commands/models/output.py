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

"""Output that several commands of this group have in common: the export's steps, and progress of training."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from hand_tracking_dsp.commands.output import make_table
from hand_tracking_dsp.compression.bank.export_checks import ExportStep
from hand_tracking_dsp.tracking.manifest import Manifest

NOTE = "Deviation is agreement with the dense network, never accuracy: these pictures have no ground truth."
"""Note below a table of deviations from the dense network."""


def points_left_out(before: Manifest, after: Manifest) -> str:
    """Say that a bank that was written has lost its operating points, and what to do; "" where it has not."""
    if not before.operating_points or after.operating_points:
        return ""
    return (
        "Its operating points are left out, since its levels do not say the same any more: measure them "
        f"again ('models points --bank {after.folder} --clips VIDEO --update')."
    )


class WorkProgress(Progress):
    """Shows progress in the console, as compression.distillation.distill.Progress reports it."""

    def __init__(self, console: Console) -> None:
        super().__init__(console=console, transient=True)
        self._task = self.add_task("")
        self._work = ""

    def __call__(self, work: str, done: int, of: int, figures: str) -> None:
        """Move the bar on, and print the figures above it.

        Args:
            work: Name of the work.
            done: Number of its parts that are done.
            of: Number of its parts; 0 = unknown.
            figures: Line to print; "" = none.
        """
        if work != self._work:
            self._work = work
            self.reset(self._task)
        self.update(self._task, description=work, completed=done, total=of or None)
        if figures:
            self.console.print(f"{work}, {done} of {of}: {figures}")


def steps_table(steps: Sequence[tuple[str, ExportStep]], samples: int) -> Table:
    """Show steps, each with the name of its network."""
    rows = (
        (
            network,
            f"{step.source} → {step.target}",
            f"{step.deviation:.2g} {step.limit.unit}",
            f"{step.limit.deviation:g}",
            f"{step.probability:.1e}",
            f"{step.limit.probability:g}",
            "ok" if step.accepted else "TOO LARGE",
        )
        for network, step in steps
    )
    headings = ("network", "step", "landmarks moved", "limit", "probabilities", "limit", "")
    return make_table(f"Every step checked, {samples} crops held back", headings, rows, left=("step", ""))
