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

"""The picture with its hands, the hands in space and the depth: what of it is shown, and how often."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.depth.types import Hand3d
from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.images.value_scale import ValueScale
from hand_tracking_dsp.messages.camera_model import CameraModel, camera_model
from hand_tracking_dsp.messages.depth_images import compressed_depth_to_metres, depth_to_metres
from hand_tracking_dsp.messages.hands import tracked_hands
from hand_tracking_dsp.messages.hands_3d import space_hands
from hand_tracking_dsp.messages.images import compressed_to_pixels, image_to_pixels
from hand_tracking_dsp.messages.message import Message, stamp_ns
from hand_tracking_dsp.tracking.depth_view import Intrinsics
from hand_tracking_dsp.tracking.types import Floats, Image, TrackedHand
from hand_tracking_dsp.tracking.weak_perspective import hand_in_camera
from hand_tracking_dsp.viewing.topics import DEPTH, DEPTH_INFO, HANDS, HANDS_3D, IMAGE, INFO

# Sizes at which a page is still sharp, and sent over a network; JPEG's quality in percent.
_MOST_WIDTH, _DEPTH_WIDTH, _QUALITY = 640, 160, 80
# Hands are published after their image, and may come before it: it is the larger message.
_HANDS_KEPT, _PICTURES_KEPT = 16, 4
# Without a picture, or depth, for so long, hands are shown without it.
_ALONE_NS = 1_000_000_000
# As hand_tracker_node's parameter of the same meaning.
_FOV_DEG = 60.0
_FARTHEST_MM = 65535


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture as it is shown.

    Attributes:
        jpeg: Its bytes.
        width: Its width, pixels.
        height: Its height, pixels.
        camera: The camera that saw it, in its pixels.
    """

    jpeg: bytes
    width: int
    height: int
    camera: Intrinsics


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture that waits for its hands: when it was received and its stamp, nanoseconds; BGR."""

    at_ns: int
    stamp_ns: int
    image: Image


class Canvas(Protocol):
    """Place where a scene is shown; times are nanoseconds."""

    def show_picture(self, at_ns: int, picture: ShownPicture, hands: Sequence[TrackedHand]) -> None:
        """Show a picture, and the hands in its pixels."""

    def show_hands(self, at_ns: int, joints: Sequence[tuple[TrackedHand | Hand3d, Floats]]) -> None:
        """Show hands in space: each with its joints, float32 [21, 3], metres, NaN where unknown."""

    def show_depth(self, at_ns: int, depth_mm: NDArray[np.uint16], camera: Intrinsics) -> None:
        """Show a depth image, uint16 [height, width], millimetres, 0 = unknown."""


class Scene:
    """Takes messages of pictures, hands and depth, and shows some of them a second.

    A picture waits for the hands of its stamp, so that they lie on it. Those that the tracker drops are
    left out while others are shown.

    Args:
        canvas: Place where they are shown.
        rate_hz: Pictures, depth images and hands in space a second, at most.

    Attributes:
        problems: Counts of what could not be shown, by sentence.
    """

    def __init__(self, canvas: Canvas, rate_hz: float) -> None:
        self.problems: Counter[str] = Counter()
        self._canvas = canvas
        self._period_ns = round(1e9 / rate_hz)
        self._next_ns: dict[str, int] = {}
        self._scale = ValueScale()
        self._info: Message = None
        self._depth_info: Message = None
        self._frame_id = ""
        self._waiting: deque[_Picture] = deque()
        self._hands: deque[tuple[int, Message]] = deque(maxlen=_HANDS_KEPT)
        self._picture_ns = self._hands_ns = self._space_ns = -_ALONE_NS
        self._takers: Mapping[str, Callable[[Message, int], None]] = {
            INFO: self._on_info,
            DEPTH_INFO: self._on_depth_info,
            IMAGE: self._on_image,
            HANDS: self._on_hands,
            HANDS_3D: self._on_hands_3d,
            DEPTH: self._on_depth,
        }

    def is_due(self, topic: str, now_ns: int) -> bool:
        """Return whether a message would be shown: the others need not be read."""
        return topic in (INFO, DEPTH_INFO, HANDS) or self._is_next(topic, now_ns)

    def add(self, topic: str, message: Message, now_ns: int) -> None:
        """Take a message of a topic of topics.SCENE, or its compressed form, received at a time."""
        if not self.is_due(topic, now_ns):
            return
        self._take_turn(topic, now_ns)
        try:
            self._takers[topic](message, now_ns)
        except (FrameError, AttributeError, TypeError, ValueError, cv2.error) as error:
            self.problems[f"{topic}: {error}"] += 1

    def finish(self) -> None:
        """Show the pictures that still wait for their hands."""
        while self._waiting:
            self._show(self._waiting.popleft(), ())

    def _on_info(self, message: Message, _now_ns: int) -> None:
        self._info = message

    def _on_depth_info(self, message: Message, _now_ns: int) -> None:
        self._depth_info = message

    def _on_image(self, message: Message, now_ns: int) -> None:
        if _is_past(self._hands_ns, now_ns):
            self.finish()  # nobody finds hands
        elif len(self._waiting) == _PICTURES_KEPT:
            self._pass_over(self._waiting.popleft())
        decode = compressed_to_pixels if hasattr(message, "format") else image_to_pixels
        pixels, order = decode(message, self._scale)
        self._frame_id = message.header.frame_id
        image = pixels if order == "bgr" else pixels[:, :, ::-1]
        self._waiting.append(_Picture(now_ns, stamp_ns(message), image))
        for of_ns, hands in self._hands:
            if of_ns == self._waiting[-1].stamp_ns:
                self._show_with(of_ns, hands)
                return

    def _on_hands(self, message: Message, now_ns: int) -> None:
        self._hands_ns = now_ns
        stamp = stamp_ns(message)
        self._hands.append((stamp, message))
        self._show_with(stamp, message)
        if _is_past(self._picture_ns, now_ns) and not self._waiting and self._is_next("alone", now_ns):
            self._take_turn("alone", now_ns)
            camera = camera_model(self._info, message.image_width, message.image_height, _FOV_DEG)
            self._place(now_ns, tracked_hands(message), camera)

    def _show_with(self, of_ns: int, hands: Message) -> None:
        """Show the picture that has the stamp of hands; those before it will have none."""
        while self._waiting and self._waiting[0].stamp_ns <= of_ns:
            picture = self._waiting.popleft()
            if picture.stamp_ns == of_ns:
                self._show(picture, tracked_hands(hands))
            else:
                self._pass_over(picture)

    def _pass_over(self, picture: _Picture) -> None:
        """Leave out a picture that the tracker dropped, unless none has been shown for long."""
        if _is_past(self._picture_ns, picture.at_ns):
            self._show(picture, ())
        else:
            self._next_ns.pop(IMAGE, None)  # the next one may be shown at once

    def _show(self, picture: _Picture, hands: Sequence[TrackedHand]) -> None:
        at_ns, image = picture.at_ns, picture.image
        self._picture_ns = at_ns
        height, width = image.shape[:2]
        model = camera_model(self._info, width, height, _FOV_DEG)
        self._place(at_ns, hands, model)
        factor = min(_MOST_WIDTH / width, 1.0)
        if factor < 1:
            image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        _, jpeg = cv2.imencode(".jpg", np.ascontiguousarray(image), (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
        height, width = image.shape[:2]
        shown = ShownPicture(jpeg.tobytes(), width, height, model.intrinsics.scaled(factor))
        drawn = [replace(hand, landmarks=hand.landmarks * np.float32(factor)) for hand in hands]
        self._canvas.show_picture(at_ns, shown, drawn)

    def _place(self, at_ns: int, hands: Sequence[TrackedHand], model: CameraModel) -> None:
        """Show hands in space by their size, unless depth has placed them lately."""
        if not _is_past(self._space_ns, at_ns):
            return
        placed = [(hand, hand_in_camera(hand, model.focal_px, model.centre_px)) for hand in hands]
        self._canvas.show_hands(at_ns, [(hand, joints) for hand, joints in placed if joints is not None])

    def _on_hands_3d(self, message: Message, now_ns: int) -> None:
        frame = message.header.frame_id
        if self._frame_id and frame != self._frame_id:
            sentence = (
                f"hands_3d is in the frame {frame}, the picture in {self._frame_id}: hands are placed by "
                "their size in the picture"
            )
            self.problems[sentence] += 1
            return
        self._space_ns = now_ns
        self._canvas.show_hands(now_ns, [(hand, hand.joints_m) for hand in space_hands(message)])

    def _on_depth(self, message: Message, now_ns: int) -> None:
        decode = compressed_depth_to_metres if hasattr(message, "format") else depth_to_metres
        metres = decode(message, ImageOptions())
        height, width = metres.shape
        model = camera_model(self._depth_info or self._info, width, height, _FOV_DEG)
        step = math.ceil(width / _DEPTH_WIDTH)
        millimetres = np.minimum(1e3 * metres[::step, ::step], _FARTHEST_MM).astype(np.uint16)
        self._canvas.show_depth(now_ns, np.ascontiguousarray(millimetres), _thinned(model.intrinsics, step))

    def _is_next(self, what: str, now_ns: int) -> bool:
        # One that is further away is of a clock that has been set back.
        return not 0 < self._next_ns.get(what, 0) - now_ns <= self._period_ns

    def _take_turn(self, what: str, now_ns: int) -> None:
        # Due times lie on a grid: a camera of twice the rate then is shown at the rate, not below it.
        due_ns = min(self._next_ns.get(what, 0), now_ns)
        self._next_ns[what] = max(due_ns + self._period_ns, now_ns - self._period_ns)


def _is_past(at_ns: int, now_ns: int) -> bool:
    """Return whether a time is long ago, or ahead: then the clock has been set back."""
    return not 0 <= now_ns - at_ns < _ALONE_NS


def _thinned(camera: Intrinsics, step: int) -> Intrinsics:
    """Return the camera of an image of which every so many pixels were taken, beginning with the first."""
    return Intrinsics(camera.fx / step, camera.fy / step, camera.cx / step, camera.cy / step)
