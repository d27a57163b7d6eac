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

"""Output that commands of this group have in common."""

from __future__ import annotations

import io

from rich.console import Console

from hand_tracking_dsp.commands.models.output import WorkProgress, steps_table
from hand_tracking_dsp.compression.bank.export_checks import REWRITTEN, ROUNDED, ExportStep


def test_the_table_tells_steps_limits_and_verdicts() -> None:
    steps = [
        ExportStep("ONNX", "optimized", 0.0, 0.0, REWRITTEN),
        ExportStep("optimized", "INT8", 10.0, 0.0, ROUNDED),
    ]
    console = Console(file=io.StringIO(), width=200)
    console.print(steps_table([("hand.onnx", step) for step in steps], 4))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "ONNX → optimized" in shown
    assert "10 % of palm" in shown
    assert "TOO LARGE" in shown


def test_progress_prints_figures_above_its_bar() -> None:
    console = Console(file=io.StringIO(), width=200)
    with WorkProgress(console) as report:
        report("training", 1, 4, "loss 0.5")
        report("training", 2, 4, "")
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "training, 1 of 4: loss 0.5" in shown
    assert "2 of 4" not in shown
