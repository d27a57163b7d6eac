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

"""Many networks composed and swapped one after the other, while a tracker follows drawn hands."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from hand_tracking_dsp.cameras.camera import Frame, SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.evaluation.frame_worker import peak_memory_bytes
from hand_tracking_dsp.evaluation.statistics import percentile
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.composition.composer import Composer, ComposerOptions
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker

_LEVEL = 1
_FRAMES = 60
# Memory is compared with that after so many swaps, when everything has been in use.
_SETTLED = 50
_LONGEST_S = 30.0


@dataclass(frozen=True, slots=True)
class SwapFigures:
    """Figures of many swaps.

    Attributes:
        swaps: Networks that ran.
        ready_p50_ms: Median time from the command until the network ran, with its trial on hands.
        ready_p99_ms: 99th percentile of that.
        frames: Frames tracked meanwhile.
        lost: Frames on which not all drawn hands were found.
        lost_alone: The same of as many frames without any composing before.
        frame_p99_ms: 99th percentile of a frame's time meanwhile.
        alone_p99_ms: The same without any composing, before.
        growth_mb: Growth of the process's greatest memory from the 50th swap to the last, 1e6 bytes.
        late_growth_mb: The same from half of the swaps to the last.
    """

    swaps: int
    ready_p50_ms: float
    ready_p99_ms: float
    frames: int
    lost: int
    lost_alone: int
    frame_p99_ms: float
    alone_p99_ms: float
    growth_mb: float
    late_growth_mb: float


def measure_swaps(
    bank: Manifest,
    keeps: Sequence[tuple[int, ...]],
    count: int,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> SwapFigures:
    """Swap networks as fast as they get ready, and look at every frame meanwhile.

    All have to run: the trial on hands has no limit here, so that it is measured and never refuses.

    Args:
        bank: A bank with blocks.
        keeps: Networks that follow a hand, more than stay loaded, in turn: each is composed anew.
        count: Number of swaps, at least 1.
        on_progress: Called with the swaps done and to do.
    """
    levels = LevelBank.load(bank)
    tracker = HandTracker(levels, PalmDetector.load(bank), live=True)
    composer = Composer(bank, levels.choices[0], ComposerOptions(drift_limit_percent=100.0))
    follow = _Follower(tracker, levels, composer)
    ready_ms, memory = [], []
    try:
        alone_ms, lost_alone = [follow.frame() for _ in range(5 * _FRAMES)], follow.lost
        follow.lost = 0
        times_ms: list[float] = []
        for number, keep in zip(range(count), cycle(keeps), strict=False):
            start_s = time.monotonic()
            composer.want(_LEVEL, keep)
            while composer.ready is None and time.monotonic() - start_s < _LONGEST_S:
                times_ms.append(follow.frame(show=True))
            tracker.run_instead(composer.ready)
            ready_ms.append(1e3 * (time.monotonic() - start_s))
            memory.append(peak_memory_bytes())
            on_progress(number + 1, count)
    finally:
        composer.close()
        tracker.close()
    return SwapFigures(
        count,
        percentile(ready_ms, 50),
        percentile(ready_ms, 99),
        len(times_ms),
        follow.lost,
        lost_alone,
        percentile(times_ms, 99),
        percentile(alone_ms, 99),
        (memory[-1] - memory[min(_SETTLED, count - 1)]) / 1e6,
        (memory[-1] - memory[count // 2]) / 1e6,
    )


class _Follower:
    """Tracks drawn hands, frame by frame."""

    def __init__(self, tracker: HandTracker, levels: LevelBank, composer: Composer) -> None:
        self._tracker, self._levels, self._composer = tracker, levels, composer
        self._frames: Iterator[tuple[int, Frame]] = enumerate(cycle(_drawn()))
        self.lost = 0

    def frame(self, *, show: bool = False) -> float:
        """Track the next frame, and return the time it took, milliseconds."""
        number, frame = next(self._frames)
        start_s = time.perf_counter()
        result = self._tracker.track(frame.image, number / 30.0, _LEVEL, "bgr")
        took_ms = 1e3 * (time.perf_counter() - start_s)
        self.lost += len(result.hands) < len(frame.truth or ())
        if show and result.raw:
            self._composer.see(self._levels.network_input(frame.image, result.raw[0].region, 0, "bgr"))
        return took_ms


def _drawn() -> list[Frame]:
    with open_source("synthetic", SourceOptions(hands=1, absence_s=0.0)) as source:
        found = [source.read(1.0) for _ in range(_FRAMES)]
    forward = [frame for frame in found if frame is not None]
    # Back again, so that the hand never jumps.
    return [*forward, *reversed(forward)]
