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

"""Learning curves of trained policies."""

from __future__ import annotations

from pathlib import Path

from hand_tracking_dsp.control.goals import GoalOptions
from hand_tracking_dsp.evaluation.report.learning_curves import plot_by_figure

_LABELS = {
    "loss": "loss of\na forecast",
    "return": "mean reward\nof a step",
    "miss_share": "late frames,\nshare",
    "drift_percent": "drift,\n% of palm",
    "energy": "energy, 1 = dense\non one hand",
    "switches": "changes of level\na mission",
    "late_price": "price of a late\nframe, wrong hands",
}


def plot_curves(work: Path, path: Path) -> None:
    """Plot the curves of all trainings in a work folder.

    Raises:
        OutputError: It cannot be written.
    """
    title = "Training on simulated missions; each point the mean of a few"
    plot_by_figure(work, path, "missions", _LABELS, title, {"miss_share": GoalOptions().late_target})
