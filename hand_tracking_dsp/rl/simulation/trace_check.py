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

"""Checks whether traces show enough of a device to train a policy on it, and says what is missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.recordings.trace import Trace
from hand_tracking_dsp.rl.simulation.fit_device import fit_device
from hand_tracking_dsp.tracking.manifest import Manifest

LEAST_S = 60.0
"""Time that the traces must last in all, seconds."""

# Of these half are held out, and some are not of the quiet state, of which fit-device needs 20.
_LEAST_FRAMES = 100
_SPARSITY_TOLERANCE = 1e-3


def require_enough(traces: Sequence[Trace], bank: Manifest) -> None:
    """Refuse traces that show too little.

    They must last LEAST_S, show every level that an operating point of the bank runs at, with hands, and be
    slower for a while than the quiet machine.

    Args:
        traces: Traces, at least one.
        bank: Bank that they were recorded with.

    Raises:
        ConfigurationError: They were recorded with another bank.
        SourceError: Something is missing; the message says all of it.
    """
    _require_bank(traces, bank)
    missing = []
    duration_s = sum(trace.duration_s for trace in traces)
    if duration_s < LEAST_S:
        missing.append(f"they last {duration_s:.0f} s of {LEAST_S:.0f}")
    for level in sorted({point.level for point in bank.points}):
        frames = sum(_frames_at(trace, level) for trace in traces)
        if frames < _LEAST_FRAMES:
            missing.append(f"level {level} ran on {frames} frames with a hand of {_LEAST_FRAMES}")
    if not missing and len(fit_device(traces, bank, "checked", "").states) < 2:
        missing.append("no load slowed the frames down")
    if missing:
        msg = (
            f"The traces show too little ({'; '.join(missing)}): record longer, with a hand in view, --sweep "
            f"and --load of policy record-trace, and scheduling normal."
        )
        raise SourceError(msg)


def _require_bank(traces: Sequence[Trace], bank: Manifest) -> None:
    """Compare levels and their sparsity, where the traces tell it, with the bank's."""
    sparsities = np.array([level.sparsity for level in bank.levels])
    for trace in traces:
        levels, seen = trace.column("level").astype(int), trace.column("sparsity")
        if levels.max() >= len(sparsities):
            msg = (
                f"The traces show level {levels.max()}, and the bank {bank.name} has {len(sparsities)} "
                f"levels: give the bank that they were recorded with by --bank."
            )
            raise ConfigurationError(msg)
        differing = np.abs(seen - sparsities[levels]) > _SPARSITY_TOLERANCE
        if differing.any():
            level = levels[differing][0]
            msg = (
                f"At level {level} the traces show a sparsity of {seen[differing][0]:.3f}, the bank "
                f"{bank.name} has {sparsities[level]:.3f}: give the bank that they were recorded with by "
                f"--bank."
            )
            raise ConfigurationError(msg)


def _frames_at(trace: Trace, level: int) -> int:
    """Count the frames on which a level measured a hand and told how long it took."""
    measured = trace.column("hands") - trace.column("predicted") > 0
    known = np.isfinite(trace.column("landmarks_ms"))
    return int(((trace.column("level") == level) & measured & known).sum())
