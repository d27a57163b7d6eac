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

"""Runs of several trackers over clips, in turn, each in its own process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from hand_tracking_dsp.evaluation.workers import Reply, TrackerWorker
from hand_tracking_dsp.evaluation.workload.clips import Clip, ClipFrame
from hand_tracking_dsp.tracking.operating_point import OperatingPoint

BLOCK = 15
"""Frames on which one tracker works before the next one takes its turn."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A tracker that takes part: its process and the operating point at which it runs; MediaPipe has none."""

    worker: TrackerWorker
    point: OperatingPoint = field(default_factory=OperatingPoint)


@dataclass(slots=True)
class ClipRun:
    """Answers of all trackers on the frames of a clip.

    Attributes:
        clip: Name of the clip.
        stamps_s: Stamps of the frames, seconds.
        replies: Answers on them, by tracker.
    """

    clip: str
    stamps_s: list[float] = field(default_factory=list)
    replies: dict[str, list[Reply]] = field(default_factory=dict)


def run_clips(
    clips: Sequence[Clip],
    contenders: Mapping[str, Contender],
    repeats: int = 1,
    *,
    paced: bool = False,
    on_clip: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[ClipRun]:
    """Let trackers work on the same frames in turn, block by block, in changing order.

    Whatever disturbs the machine for a while then disturbs all alike. Before the first clip each works on its
    first block once, which warms up and is not counted. Each forgets all hands before a clip.

    Args:
        clips: Clips.
        contenders: Trackers by name.
        repeats: Number of times to go through the clips.
        paced: Hand over each frame only when as much time has passed as between the stamps, as a camera
            would; else the next at once.
        on_clip: Function called with the number of clips done and of all, repetitions counted.

    Returns:
        The runs of all clips, as often as they are repeated.

    Raises:
        SourceError: A clip cannot be read.
        HandTrackingError: A tracker's process has ended.
    """
    names = list(contenders)
    for block in islice(blocks(clips[0]), 1):
        for contender in contenders.values():
            _work(contender, block, paced=False, first=True)
    runs = []
    for clip in (*clips,) * repeats:
        run = ClipRun(clip.name, replies={name: [] for name in contenders})
        for block in blocks(clip):
            for name in names:
                run.replies[name] += _work(contenders[name], block, paced=paced, first=not run.stamps_s)
            names.append(names.pop(0))
            run.stamps_s += [frame.stamp_s for frame in block]
        runs.append(run)
        on_clip(len(runs), len(clips) * repeats)
    return runs


def _work(contender: Contender, block: Sequence[ClipFrame], *, paced: bool, first: bool) -> list[Reply]:
    start_s = time.monotonic() - block[0].stamp_s
    replies: list[Reply] = []
    for frame in block:
        if paced:
            time.sleep(max(start_s + frame.stamp_s - time.monotonic(), 0.0))
        replies.append(
            contender.worker.process(frame.image, frame.stamp_s, contender.point, reset=first and not replies)
        )
    return replies


def blocks(clip: Clip) -> Iterator[list[ClipFrame]]:
    """Yield the frames of a clip in lists of BLOCK.

    Raises:
        SourceError: It cannot be read.
    """
    frames = clip.frames()
    while block := list(islice(frames, BLOCK)):
        yield block
