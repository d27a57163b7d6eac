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

"""Gestures reported in videos in which none is meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.gestures.examples import OwnGesture
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.recognizer import GestureRecognizer
from hand_tracking_dsp.gestures.types import COUNTS, EventKind
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.tracking.tracker import HandTracker


@dataclass(frozen=True, slots=True)
class VideoEvents:
    """Gestures reported in one video.

    Attributes:
        name: Name of the file.
        minutes: Length of the video.
        hand_minutes: Length of it with a hand in view.
        begun: Number of times that each gesture began, or was reported once.
        problem: Sentence on what is missing of it or could not be read; "": nothing.
    """

    name: str
    minutes: float
    hand_minutes: float
    begun: Counter[str]
    problem: str = ""

    def per_minute(self) -> dict[str, float]:
        """Events per minute of video: all but counts of fingers, those, and each by its name."""
        begun = self.begun
        counted = sum(begun[name] for name in COUNTS)
        sums = {"gestures and movements": begun.total() - counted, "counts of fingers": counted, **begun}
        return {name: number / self.minutes for name, number in sums.items()}

    def figures(self) -> dict[str, Any]:
        """Return all figures, for JSON."""
        return {
            "name": self.name,
            "minutes": self.minutes,
            "hand_minutes": self.hand_minutes,
            "begun": dict(self.begun),
            "per_minute": self.per_minute(),
        }


def count_events(
    path: Path,
    tracker: HandTracker,
    level: int = 0,
    options: GestureOptions | None = None,
    own: Sequence[OwnGesture] = (),
    on_frame: Callable[[], None] = lambda: None,
    limit: ImageOptions | None = None,
) -> VideoEvents:
    """Count what a recognizer reports in a video (or a folder of pictures, 30 a second), frame by frame.

    Raises:
        SourceError: There is no such file, or it cannot be decoded.
    """
    if not path.exists():  # a source of frames may also be a camera, which has no end
        msg = f"There is no video {path}: name a file, or a folder of pictures."
        raise SourceError(msg)
    recognizer = GestureRecognizer(options, own)
    tracker.reset()
    begun: Counter[str] = Counter()
    frames = with_hand = 0
    stamp_s = 0.0
    with open_source(str(path), images=limit) as source:
        while (frame := source.read()) is not None:
            stamp_s = frame.at_s(source.rate_hz)
            hands = tracker.track(frame.image, stamp_s, level, "bgr").hands
            height, width = frame.image.shape[:2]
            _, events = recognizer.update(stamp_s, hands, (width, height))
            begun.update(e.name for e in events if e.kind in {EventKind.STARTED, EventKind.MOVED})
            frames += 1
            with_hand += bool(hands)
            on_frame()
        minutes = (stamp_s + 1 / source.rate_hz) / 60
        problem = source.problem
    return VideoEvents(path.name, minutes, minutes * with_hand / max(frames, 1), begun, problem)


def sum_of(videos: Sequence[VideoEvents]) -> VideoEvents:
    """Return the sum of videos."""
    return VideoEvents(
        name="all together",
        minutes=sum(video.minutes for video in videos),
        hand_minutes=sum(video.hand_minutes for video in videos),
        begun=sum((video.begun for video in videos), Counter()),
    )


def table(videos: Sequence[VideoEvents]) -> str:
    """Set videos out as a Markdown table, the last row for all together."""
    rows = [
        "| video | seconds | with a hand | gestures and movements, per minute | counts, per minute | which |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for video in (*videos, sum_of(videos)):
        rate = video.per_minute()
        which = ", ".join(f"{name} {number}" for name, number in sorted(video.begun.items()))
        rows.append(
            f"| {video.name} | {60 * video.minutes:.1f} | {60 * video.hand_minutes:.1f} "
            f"| {rate['gestures and movements']:.1f} | {rate['counts of fingers']:.1f} | {which} |"
        )
    return "\n".join(rows)
