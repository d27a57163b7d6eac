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

"""Clips that trackers are measured on: videos, folders of pictures and bags, as frames with stamps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import cv2

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.replay.naming import distinct_names
from hand_tracking_dsp.recordings.bag_recording import BagRecording
from hand_tracking_dsp.recordings.bags.files import bag_files
from hand_tracking_dsp.tracking.types import Image

SYNTHETIC = "synthetic"
"""Name of the clip that needs no file."""

_VIDEO_SUFFIXES = (
    *(".avi", ".gif", ".m4v", ".mjpeg", ".mjpg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ts", ".webm"),
)
_BAG_SUFFIXES = (".mcap", ".db3", ".bag")
_SYNTHETIC_FRAMES = 300


@dataclass(frozen=True, slots=True)
class ClipFrame:
    """A frame of a clip.

    Attributes:
        stamp_s: Time of the image since some moment of the clip, seconds.
        image: uint8 [height, width, 3], RGB.
    """

    stamp_s: float
    image: Image


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip.

    Attributes:
        name: Name in tables, different from all others.
        path: Path to a video, a bag or a folder of pictures (30 a second); None: the synthetic hand.
        most: Number of frames to read at most; None: all.
        problems: Counts of what is missing or could not be read, by sentence; complete after all frames.
    """

    name: str
    path: Path | None
    most: int | None = None
    problems: Counter[str] = field(default_factory=Counter, compare=False)

    def frames(self) -> Iterator[ClipFrame]:
        """Yield the frames in order.

        Raises:
            SourceError: It cannot be read.
        """
        if self.path is None:
            most = _SYNTHETIC_FRAMES if self.most is None else self.most
            yield from islice(_source_frames(SYNTHETIC, self.problems), most)
        else:
            read = _bag_frames if _is_bag(self.path) else _source_frames
            yield from islice(read(str(self.path), self.problems), self.most)


def find_clips(paths: Sequence[Path], most: int | None = None) -> list[Clip]:
    """List the clips that paths lead to.

    Args:
        paths: Paths to videos, bags, folders of pictures and folders of videos; none: the synthetic hand.
        most: Number of frames of each at most; None: all.

    Raises:
        SourceError: A path leads nowhere, or a folder cannot be read.
    """
    if not paths:
        return [Clip(SYNTHETIC, None, most)]
    found = list(dict.fromkeys(one.resolve() for path in paths for one in _clips_of(path)))
    return [Clip(name, path, most) for name, path in zip(distinct_names(found), found, strict=True)]


def _clips_of(path: Path) -> list[Path]:
    try:
        if not path.is_dir():
            path.stat()
            return [path]
        videos = sorted(one for one in path.iterdir() if one.suffix.lower() in _VIDEO_SUFFIXES)
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}): name a video, a bag, or a folder of them."
        raise SourceError(msg) from error
    return videos or [path]


def _is_bag(path: Path) -> bool:
    return path.suffix in _BAG_SUFFIXES or (path.is_dir() and bool(bag_files(path, Counter())))


def _bag_frames(path: str, problems: Counter[str]) -> Iterator[ClipFrame]:
    recording = BagRecording(Path(path))
    for frame in recording.frames():
        if frame.image is not None:
            image = cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB) if frame.order == "bgr" else frame.image
            yield ClipFrame(frame.stamp_ns * 1e-9, image)
    # A clip may be read several times.
    problems.clear()
    problems.update(recording.problems)


def _source_frames(spec: str, problems: Counter[str]) -> Iterator[ClipFrame]:
    with open_source(spec, SourceOptions()) as source:
        while (frame := source.read()) is not None:
            yield ClipFrame(frame.at_s(source.rate_hz), cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB))
        if source.problem:
            problems[source.problem.removesuffix(".")] = max(source.frames_skipped, 1)
