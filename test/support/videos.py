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

"""Generated videos of a synthetic hand, and faults of cameras and light that are put upon any of them.

A video is a list of Shown. The first functions make videos, the others take one and return another:

    flickering(resting(60))
    repeated_stamps(sudden_start(rest=30, move=15))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.camera import HandTruth, SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticScene

RATE_HZ = 30.0
SPEED = 3.0
"""Speed of the moving hand; where it starts, its joints move by 20 % of the palm a frame."""

_START_S = 1.0
_SEED = 1

Change = Callable[[NDArray[np.float32], float], NDArray[np.float32]]
"""Function from a picture, float32 [height, width, 3], and its stamp in seconds to another picture."""


@dataclass(frozen=True)
class Shown:
    """A frame as a camera hands it over.

    Attributes:
        stamp_s: Its stamp, seconds.
        image: uint8 [height, width, 3], BGR.
        truth: The hands that it shows.
        moves: Whether the hand has moved since the frame before.
    """

    stamp_s: float
    image: NDArray[np.uint8]
    truth: tuple[HandTruth, ...]
    moves: bool


Video = list[Shown]


def resting(count: int, **options: float) -> Video:
    """Make a video of a hand that rests, before a room that stands still, with a sensor's noise."""
    return _drawn([_START_S] * count, options)


def moving(count: int, **options: float) -> Video:
    """Make a video of a hand that moves all the time."""
    return _drawn((_START_S + i / RATE_HZ for i in range(count)), options)


def empty(count: int, **options: float) -> Video:
    """Make a video of a room without a hand."""
    return _drawn([0.0] * count, {"absence_s": 1.0, **options})


def sudden_start(rest: int, move: int, **options: float) -> Video:
    """Make a video of a hand that rests for some frames and moves at full speed from the next one on."""
    return _drawn((_START_S + max(i - rest + 1, 0) / RATE_HZ for i in range(rest + move)), options)


def sudden_stop(move: int, rest: int, **options: float) -> Video:
    """Make a video of a hand that moves and then stands still at once."""
    return _drawn((_START_S + min(i, move - 1) / RATE_HZ for i in range(move + rest)), options)


def leaving_and_entering(before: int, away: int, after: int, **options: float) -> Video:
    """Make a video of a resting hand that is there, not there, and there again at the same place."""
    there, gone = resting(before + after, **options), empty(away, **options)
    return restamped([*there[:before], *gone, *there[before:]])


def restamped(video: Sequence[Shown], rate_hz: float = RATE_HZ) -> Video:
    """Stamp the frames evenly from 0 on."""
    return [replace(shown, stamp_s=i / rate_hz) for i, shown in enumerate(video)]


def stopped_stamps(video: Sequence[Shown], first: int) -> Video:
    """Let the stamps stand still from a frame on."""
    return [replace(shown, stamp_s=video[min(i, first)].stamp_s) for i, shown in enumerate(video)]


def repeated_stamps(video: Sequence[Shown], times: int = 2) -> Video:
    """Give each stamp to so many frames in a row."""
    return [replace(shown, stamp_s=video[i - i % times].stamp_s) for i, shown in enumerate(video)]


def jumping_stamps(video: Sequence[Shown], first: int, by_s: float) -> Video:
    """Let the stamps jump at a frame, ahead or back, and go on from there."""
    return [replace(one, stamp_s=one.stamp_s + by_s * (i >= first)) for i, one in enumerate(video)]


def other_rate(video: Sequence[Shown], first: int, rate_hz: float) -> Video:
    """Let the camera change its rate at a frame; it shows every frame all the same."""
    start_s = video[first].stamp_s
    return [
        one if i < first else replace(one, stamp_s=start_s + (i - first) / rate_hz)
        for i, one in enumerate(video)
    ]


def other_size(video: Sequence[Shown], first: int, size: tuple[int, int]) -> Video:
    """Let the camera change the size of its pictures, (width, height), at a frame; the truth goes with it."""
    return [one if i < first else _resized(one, size) for i, one in enumerate(video)]


def pumping_exposure(video: Sequence[Shown], depth: float = 0.35, period_s: float = 0.5) -> Video:
    """Let the camera's automatic exposure swing: the picture becomes brighter and darker by so much."""
    return _changed(
        video, lambda picture, stamp_s: picture * (1 + depth * np.sin(2 * np.pi * stamp_s / period_s))
    )


def flickering(
    video: Sequence[Shown], depth: float = 0.2, mains_hz: float = 50.0, readout_s: float = 1 / RATE_HZ
) -> Video:
    """Light the picture by a lamp on the mains, which flickers twice a period.

    A sensor that reads its rows one after the other shows it as bands, which wander with the beat of lamp
    and camera.
    """

    def change(picture: NDArray[np.float32], stamp_s: float) -> NDArray[np.float32]:
        times_s = stamp_s + np.linspace(0, readout_s, len(picture), dtype=np.float64)
        gains = 1 + depth * np.sin(2 * np.pi * 2 * mains_hz * times_s)
        return picture * gains[:, None, None].astype(np.float32)

    return _changed(video, change)


def lights_out(video: Sequence[Shown], first: int, gain: float = 0.3) -> Video:
    """Switch a lamp off at a frame: the picture has so much of its light from there on."""
    dark_s = video[first].stamp_s
    return _changed(video, lambda picture, stamp_s: picture * (gain if stamp_s >= dark_s else 1))


def _drawn(hands_s: Iterable[float], options: dict[str, float]) -> Video:
    """Draw frames with the hand as it is at some times of its motion."""
    defaults = {"width": 320, "height": 240, "seed": _SEED, "absence_s": 0.0, "speed": SPEED}
    scene = SyntheticScene(SourceOptions(**{**defaults, **options}))
    video: Video = []
    before_s = None
    for i, time_s in enumerate(hands_s):
        frame = scene.frame(i, hands_s=time_s, room_s=0.0)
        moves = before_s is not None and time_s != before_s
        video.append(Shown(i / RATE_HZ, frame.image, frame.truth or (), moves))
        before_s = time_s
    return video


def _changed(video: Sequence[Shown], change: Change) -> Video:
    return [
        replace(
            one, image=np.clip(change(one.image.astype(np.float32), one.stamp_s), 0, 255).astype(np.uint8)
        )
        for one in video
    ]


def _resized(shown: Shown, size: tuple[int, int]) -> Shown:
    height, width = shown.image.shape[:2]
    scale = np.array([size[0] / width, size[1] / height, size[0] / width], np.float32)
    truth = tuple(replace(hand, joints_px=hand.joints_px * scale) for hand in shown.truth)
    return replace(shown, image=cv2.resize(shown.image, size, interpolation=cv2.INTER_AREA), truth=truth)
