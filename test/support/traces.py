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

"""Traces on disk of a machine that was slowed by load."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.trace import Trace


def write_loaded_trace(
    path: Path,
    seconds: float,
    level_at: Callable[[float], int],
    network_ms: Callable[[int], float],
    loaded: float = 2.0,
    sparsities: Sequence[float] = (0.0, 0.0),
    seed: int = 0,
) -> Path:
    """Write the trace of a machine that is so much slower in every other 5 s, at 30 Hz with one hand.

    Args:
        path: The file.
        seconds: Length.
        level_at: Level in use, by the time in seconds.
        network_ms: Time of a level's network without load, milliseconds.
        loaded: Factor of slowness.
        sparsities: Sparsity of each level.
        seed: Seed of what single frames take.
    """
    random = np.random.default_rng(seed)
    frames = []
    for number in range(int(seconds * 30)):
        stamp_s = number / 30
        level = level_at(stamp_s)
        slower = (loaded if int(stamp_s / 5) % 2 else 1.0) * (1 + 0.1 * random.random())
        landmarks_ms = slower * network_ms(level)
        frames.append(
            FrameCost(
                stamp_ns=round(stamp_s * 1e9),
                level=level,
                sparsity=sparsities[level],
                hands=1,
                total_ms=landmarks_ms + slower,
                end_to_end_ms=landmarks_ms + 4 * slower,
                detection_ms=0.0,
                landmarks_ms=landmarks_ms,
            )
        )
    Trace(tuple(frames)).write(path)
    return path
