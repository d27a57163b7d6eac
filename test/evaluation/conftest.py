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

"""A small run for the tests of summary, plots and video."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from hand_tracking_dsp.hand import Handedness, Joint
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.run import Charge, ObservedCommand, ObservedRun
from hand_tracking_dsp.tracking.types import Region, TrackedHand

FRAME_NS = 33_333_333


def hand(shift_px: float = 0.0, palm_px: float = 100.0) -> TrackedHand:
    """A hand in the middle of 640x480, its middle MCP `palm_px` above the wrist."""
    points = np.random.default_rng(1).uniform(-palm_px, palm_px, (21, 3)).astype(np.float32)
    points[Joint.WRIST] = 0
    points[Joint.MIDDLE_MCP, :2] = 0, -palm_px
    points[:, :2] += np.array([320 + shift_px, 260], dtype=np.float32)
    region = Region(320, 240, 300, 0)
    return TrackedHand(1, Handedness.RIGHT, 0.9, 0.99, points, np.zeros((21, 3), np.float32), region)


def cost(index: int, level: int = 0, total_ms: float = 10.0, hands: int = 1, dropped: int = 0) -> FrameCost:
    """Costs of frame `index` of 30 a second."""
    return FrameCost(
        stamp_ns=10**18 + index * FRAME_NS,
        frames_dropped=dropped,
        frames_rejected=0,
        total_ms=total_ms,
        detection_ms=0.0,
        landmarks_ms=total_ms - 1,
        end_to_end_ms=total_ms + 1 if index else math.nan,
        level=level,
        hands=hands,
        provider="onnxruntime/CPUExecutionProvider",
    )


def run(frames: int = 60, error_px: float = 3.0) -> ObservedRun:
    """A run whose level goes from 0 to 1 half-way; every tenth frame shows no hand."""
    recording = ObservedRun()
    for index in range(frames):
        entry = cost(
            index, level=int(index >= frames // 2), total_ms=10.0 + index % 3, hands=int(index % 10 != 9)
        )
        recording.costs.append(entry)
        recording.published.add(entry.stamp_ns)
        recording.hands[entry.stamp_ns] = (hand(error_px),) if entry.hands else ()
        recording.truth[entry.stamp_ns] = (hand(),)
        recording.charges.append(Charge(entry.stamp_ns, 0.65 - 0.3 * index / frames, 8.0))
    recording.commands.append(ObservedCommand(recording.costs[frames // 2].stamp_ns, 1, "battery below half"))
    return recording


@pytest.fixture
def made() -> SimpleNamespace:
    """The functions that make runs, for tests to call."""
    return SimpleNamespace(run=run, cost=cost, hand=hand, frame_ns=FRAME_NS)
