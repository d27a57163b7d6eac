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
_HANDS_KEPT = 16
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

    A picture waits for the hands of its stamp, so that they lie on it.

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
        self._waiting: tuple[int, int, Image] | None = None
        self._hands: deque[tuple[int, Message]] = deque(maxlen=_HANDS_KEPT)
        self._picture_ns = self._space_ns = -_ALONE_NS
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
        return topic in (INFO, DEPTH_INFO, HANDS) or now_ns >= self._next_ns.get(topic, 0)

    def add(self, topic: str, message: Message, now_ns: int) -> None:
        """Take a message of a topic of topics.SCENE, or its compressed form, received at a time."""
        if not self.is_due(topic, now_ns):
            return
        # Due times lie on a grid: a camera of twice the rate then is shown at the rate, not below it.
        self._next_ns[topic] = max(self._next_ns.get(topic, 0) + self._period_ns, now_ns - self._period_ns)
        try:
            self._takers[topic](message, now_ns)
        except (FrameError, AttributeError, TypeError, ValueError) as error:
            self.problems[f"{topic}: {error}"] += 1

    def finish(self) -> None:
        """Show a picture that still waits for its hands."""
        if self._waiting is not None:
            self._show(*self._waiting, ())

    def _on_info(self, message: Message, _now_ns: int) -> None:
        self._info = message

    def _on_depth_info(self, message: Message, _now_ns: int) -> None:
        self._depth_info = message

    def _on_image(self, message: Message, now_ns: int) -> None:
        self.finish()
        decode = compressed_to_pixels if hasattr(message, "format") else image_to_pixels
        pixels, order = decode(message, self._scale)
        self._frame_id = message.header.frame_id
        stamp = stamp_ns(message)
        image = pixels if order == "bgr" else pixels[:, :, ::-1]
        self._picture_ns = now_ns
        for of_ns, hands in self._hands:
            if of_ns == stamp:
                self._show(now_ns, stamp, image, tracked_hands(hands))
                return
        self._waiting = now_ns, stamp, image

    def _on_hands(self, message: Message, now_ns: int) -> None:
        stamp = stamp_ns(message)
        self._hands.append((stamp, message))
        if self._waiting is not None and self._waiting[1] == stamp:
            self._show(*self._waiting, tracked_hands(message))
        elif now_ns - self._picture_ns >= _ALONE_NS and self._is_next("alone", now_ns):
            camera = camera_model(self._info, message.image_width, message.image_height, _FOV_DEG)
            self._place(now_ns, tracked_hands(message), camera)

    def _show(self, at_ns: int, _stamp: int, image: Image, hands: Sequence[TrackedHand]) -> None:
        self._waiting = None
        height, width = image.shape[:2]
        model = camera_model(self._info, width, height, _FOV_DEG)
        self._place(at_ns, hands, model)
        factor = min(_MOST_WIDTH / width, 1.0)
        if factor < 1:
            image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        _, jpeg = cv2.imencode(".jpg", np.ascontiguousarray(image), (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
        height, width = image.shape[:2]
        picture = ShownPicture(jpeg.tobytes(), width, height, model.intrinsics.scaled(factor))
        drawn = [replace(hand, landmarks=hand.landmarks * np.float32(factor)) for hand in hands]
        self._canvas.show_picture(at_ns, picture, drawn)

    def _place(self, at_ns: int, hands: Sequence[TrackedHand], model: CameraModel) -> None:
        """Show hands in space by their size, unless depth has placed them lately."""
        if at_ns - self._space_ns < _ALONE_NS:
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
        if now_ns < self._next_ns.get(what, 0):
            return False
        self._next_ns[what] = now_ns + self._period_ns
        return True


def _thinned(camera: Intrinsics, step: int) -> Intrinsics:
    """Return the camera of an image of which every so many pixels were taken, beginning with the first."""
    return Intrinsics(camera.fx / step, camera.fy / step, camera.cx / step, camera.cy / step)
