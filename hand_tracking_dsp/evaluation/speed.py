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

"""Frame times of several trackers on the same frames, taken in turn, each in its own process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hand_tracking_dsp.evaluation.statistics import percentile
from hand_tracking_dsp.evaluation.workers import TrackerWorker
from hand_tracking_dsp.tracking.operating_point import OperatingPoint
from hand_tracking_dsp.tracking.types import Image

Progress = Callable[[int, int], None]
"""Called with the number of blocks done and of all blocks."""


@dataclass(slots=True)
class Series:
    """Times of one tracker, a value a frame, milliseconds, in the order of the frames.

    Attributes:
        frame_ms: Time of the whole frame.
        detection_ms: Time of palm detection alone, of the frames on which it ran; empty for MediaPipe.
        hands: Number of frames in which it saw a hand.
    """

    frame_ms: list[float] = field(default_factory=list)
    detection_ms: list[float] = field(default_factory=list)
    hands: int = 0

    @property
    def median_ms(self) -> float:
        """Median frame time, milliseconds."""
        return percentile(self.frame_ms, 50)

    @property
    def p95_ms(self) -> float:
        """95th percentile of the frame times, milliseconds."""
        return percentile(self.frame_ms, 95)


def alternate(
    frames: Sequence[Image],
    trackers: Mapping[str, TrackerWorker],
    rate_hz: float,
    repeats: int = 1,
    block: int = 15,
    reset: bool = False,
    on_block: Progress = lambda _done, _all: None,
) -> dict[str, Series]:
    """Let trackers work on the same frames in turn, block by block, in changing order.

    Whatever disturbs the machine for a while then disturbs all alike. Every hand is measured on every frame,
    as MediaPipe does it: a hand that is held at rest takes next to nothing. The first block of the first
    round warms up and is not counted.

    Args:
        frames: uint8 [height, width, 3], RGB, consecutive frames of a video.
        trackers: Trackers by name.
        rate_hz: Rate of the video.
        repeats: Number of times to go through the video.
        block: Frames that one tracker works on before the next one takes its turn.
        reset: Whether this package's trackers forget all hands before each frame.
        on_block: Called after each block.

    Returns:
        A series by name; all of the same length.
    """
    result = {name: Series() for name in trackers}
    starts = [(repeat, start) for repeat in range(repeats) for start in range(0, len(frames), block)]
    names = list(trackers)
    for done, (repeat, start) in enumerate(starts, 1):
        for name in names:
            for index in range(start, min(start + block, len(frames))):
                stamp_s = (repeat * len(frames) + index) / rate_hz
                reply = trackers[name].process(frames[index], stamp_s, _measured(0), reset)
                if done > 1 or len(starts) == 1:
                    result[name].frame_ms.append(reply.ms)
                    result[name].hands += bool(reply.hands)
                    if reply.detection_ms > 0:
                        result[name].detection_ms.append(reply.detection_ms)
        names.append(names.pop(0))
        on_block(done, len(starts))
    return result


@dataclass(slots=True)
class SwitchSeries:
    """Frame times around switches of the level.

    Attributes:
        after_ms: First frame at a level after another one, by level, milliseconds.
        steady_ms: The other frames, by level, milliseconds.
        switches: Number of switches.
        hands_lost: Switches at which the frame before showed a hand and the frame after none.
    """

    after_ms: dict[int, list[float]] = field(default_factory=dict)
    steady_ms: dict[int, list[float]] = field(default_factory=dict)
    switches: int = 0
    hands_lost: int = 0

    def cost_ms(self, level: int) -> float:
        """Return median first frame after a switch to the level, less the median of its other frames."""
        return percentile(self.after_ms[level], 50) - percentile(self.steady_ms[level], 50)


def switch_levels(
    frames: Sequence[Image],
    worker: TrackerWorker,
    levels: int,
    rate_hz: float,
    repeats: int = 1,
    block: int = 5,
) -> SwitchSeries:
    """Switch this package's tracker to the next of its levels every few frames (block) of a video.

    The frames are consecutive, uint8 [height, width, 3], RGB; the video is gone through repeatedly.
    """
    result = SwitchSeries({level: [] for level in range(levels)}, {level: [] for level in range(levels)})
    had_hand, level_before = False, 0
    for index in range(len(frames) * repeats):
        level = index // block % levels
        reply = worker.process(frames[index % len(frames)], index / rate_hz, _measured(level))
        if level != level_before:
            result.switches += 1
            result.hands_lost += had_hand and not reply.hands
            result.after_ms[level].append(reply.ms)
        # The first block of each level warms up.
        elif index >= block * levels:
            result.steady_ms[level].append(reply.ms)
        had_hand, level_before = bool(reply.hands), level
    return result


def _measured(level: int) -> OperatingPoint:
    """Return the operating point of a level that holds no hand."""
    return OperatingPoint(level, gate=0.0)
