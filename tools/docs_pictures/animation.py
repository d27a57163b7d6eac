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

"""Animation of a person's hand in a video, tracked while the sparsity level changes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import cv2
from PIL import Image as Pictures

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.video import VideoFileSource
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.draw import draw_hands, write_caption
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import FrameResult, Image

_WIDTH = 480
# Every second frame of a video at 25 Hz still looks like motion and takes half of the bytes.
_STEP = 2
_QUALITY = 70
_BAR_HEIGHT = 8
_BAR_BGR, _REST_BGR = (90, 220, 90), (60, 60, 60)


def save_animation(video: Path, path: Path) -> None:
    """Track a video through all levels of the package's bank, each for an equal part, and save it as WebP.

    Each frame names the level, its share of the dense level's multiply-accumulates, which the bar shows as
    well, and the time of one run as bank.json records it.

    Args:
        video: Path of the video; its frames must be fit for publishing.
        path: Path of the animation.

    Raises:
        SourceError: The video cannot be decoded.
        OutputError: The animation cannot be written.
    """
    with VideoFileSource(video, SourceOptions()) as source:
        rate_hz = source.rate_hz
        images = [frame.image for frame in iter(source.read, None)]
    bank = LevelBank.load(default_bank())
    tracker = HandTracker(bank, PalmDetector.load(default_bank()), TrackerOptions(max_hands=1))
    frames = []
    for index, image in enumerate(images):
        level = index * len(bank.levels) // len(images)
        result = tracker.track(image, index / rate_hz, level, order="bgr")
        if index % _STEP == 0:
            frames.append(_draw(image, result, bank))
    write_bytes(path, _webp(frames, _STEP / rate_hz))


def _draw(image: Image, result: FrameResult, bank: LevelBank) -> Image:
    """Draw the hands, the level and its cost into a smaller copy, uint8 [height, width, 3] BGR."""
    level = result.stats.level
    info, p50_ms = bank.levels[level], bank.choices[level].p50_ms
    share = info.macs / bank.levels[0].macs
    time = "" if p50_ms is None else f", {p50_ms:.1f} ms a run"
    drawn = image.copy()
    draw_hands(drawn, result.hands)
    height = round(image.shape[0] * _WIDTH / image.shape[1])
    small = cv2.resize(drawn, (_WIDTH, height), interpolation=cv2.INTER_AREA)
    write_caption(small, f"level {level}: {info.name}\n{100 * share:.0f} % of the operations{time}")
    small[-_BAR_HEIGHT:] = _REST_BGR
    small[-_BAR_HEIGHT:, : round(share * _WIDTH)] = _BAR_BGR
    return small


def _webp(frames: Sequence[Image], frame_s: float) -> bytes:
    first, *others = (Pictures.fromarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)) for frame in frames)
    data = io.BytesIO()
    first.save(
        data,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=round(1000 * frame_s),
        loop=0,
        quality=_QUALITY,
        method=6,
    )
    return data.getvalue()
