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

"""Turns of frames: every frame gets one, or, as in a node, the newest image when the tracker is free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hand_tracking_dsp.recordings.recording import RecordedFrame


@dataclass(frozen=True, slots=True)
class Turn:
    """Turn of one image.

    Attributes:
        frame: The image.
        dropped: Whether it was replaced by a newer one before its turn.
        start_s: Time at which its turn begins, seconds of the recording's clock (its messages' arrival).
    """

    frame: RecordedFrame
    dropped: bool
    start_s: float


class EveryFrame:
    """Timing in which each image's turn begins when it arrives; nothing is dropped and nothing waits."""

    def turns(self, frames: Iterator[RecordedFrame]) -> Iterator[Turn]:
        """Give every frame its turn."""
        return (Turn(frame, False, frame.arrival_ns * 1e-9) for frame in frames)

    def took(self, ms: float) -> None:
        """Take how long the last turn's frame took; it does not matter here."""

    def latency_ms(self, turn: Turn, total_ms: float) -> float:  # noqa: ARG002
        """Return the age of a frame's hands: what it took, since nothing waited."""
        return total_ms


class NewestFrame:
    """Timing of the tracker's mailbox: a busy tracker takes the newest image when it is done.

    Time is that of the recording, moved on by what each frame took when it was measured, so that the machine
    need not be kept waiting.
    """

    def __init__(self) -> None:
        self._free_s = float("-inf")
        self._start_s = 0.0

    def turns(self, frames: Iterator[RecordedFrame]) -> Iterator[Turn]:
        """Give the frames their turns, or say that they were dropped, in order; call took after each turn."""
        waiting: RecordedFrame | None = None
        for frame in frames:
            arrival_s = frame.arrival_ns * 1e-9
            if waiting is not None:
                begin_s = max(self._free_s, waiting.arrival_ns * 1e-9)
                back = arrival_s < waiting.arrival_ns * 1e-9
                if begin_s <= arrival_s or back:
                    yield self._turn(waiting, begin_s)
                else:
                    yield Turn(waiting, True, begin_s)
                if back:  # the recording starts again, and so does the tracker's time
                    self._free_s = float("-inf")
            waiting = frame
        if waiting is not None:
            yield self._turn(waiting, max(self._free_s, waiting.arrival_ns * 1e-9))

    def _turn(self, frame: RecordedFrame, start_s: float) -> Turn:
        self._start_s = self._free_s = start_s
        return Turn(frame, False, start_s)

    def took(self, ms: float) -> None:
        """Take how long the last turn's frame took, milliseconds."""
        self._free_s = self._start_s + ms * 1e-3

    def latency_ms(self, turn: Turn, total_ms: float) -> float:
        """Return the age of a frame's hands: from the image's stamp over the wait to their being ready."""
        return (turn.start_s - turn.frame.stamp_ns * 1e-9) * 1e3 + total_ms


Timing = EveryFrame | NewestFrame
