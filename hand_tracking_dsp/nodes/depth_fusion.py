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

"""Hands in space: each image's hands and its depth image, brought together."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from std_msgs.msg import Header

from hand_tracking_dsp.depth.depth_check import DepthCheck
from hand_tracking_dsp.depth.input_options import DepthInputOptions
from hand_tracking_dsp.depth.lifting import HandLifter, LiftOptions
from hand_tracking_dsp.depth.statue import StatueOptions, StatuePainter
from hand_tracking_dsp.depth.types import Hands3d, HandSource
from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.messages.stamp_clock import StampClock
from hand_tracking_dsp.messages.stamp_matcher import StampMatcher
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.nodes.depth_input import DepthInput
from hand_tracking_dsp.nodes.frame_pictures import FramePictures
from hand_tracking_dsp.nodes.hands_3d_output import Hands3dOutput
from hand_tracking_dsp.nodes.messages.conversion import seconds
from hand_tracking_dsp.nodes.messages.received_images import ReceivedImages
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.types import ChannelOrder, FrameResult, Image

# Stamps that go back by more are those of a bag that begins again, or of a camera that was restarted.
_BACK_S = 1.0

# What depth images showed counts for so long, where none that can be read comes.
_JUDGED_S = 5.0


@dataclass(frozen=True, slots=True)
class FoundHands:
    """Hands of an image that are to be placed in space.

    Attributes:
        result: The hands.
        header: Header of the image.
        stamp_s: Time of the image, seconds.
        width: Its width, pixels.
        height: Its height, pixels.
        drawn: The depth image, where hands were found in it.
    """

    result: FrameResult
    header: Header
    stamp_s: float
    width: int
    height: int
    drawn: DepthView | None = None


class DepthFusion:
    """Places the tracker's hands in space by depth images, and publishes them.

    Hands of images go out without waiting for depth. Where their depth image is there, they are placed in
    the tracker's thread afterwards; else they wait for it here, in order, and another thread places them.

    Args:
        node: The node, which is being configured.
        received: Images that hands are found in.
        pictures: Pictures of the hands, which show them in space where they are known.

    Attributes:
        input: Depth images.
        drawn: The depth image that was drawn last; None: none was.
    """

    def __init__(self, node: ManagedNode, received: ReceivedImages, pictures: FramePictures) -> None:
        parameters = node.parameters
        self._node = node
        self._options = options = parameters.make(DepthInputOptions, "depth.")
        self._lifter = HandLifter(parameters.make(LiftOptions, "depth."))
        self._painter = StatuePainter(parameters.make(StatueOptions, "depth."))
        self.input = DepthInput(node, options, received)
        self._output = Hands3dOutput(node, options.target_frame, publish_tf=options.publish_tf)
        self._pictures = pictures
        self._changed = threading.Condition()
        self._check = DepthCheck(self.input.topic)
        self._matcher: StampMatcher[Message] = StampMatcher(options.slop_s, options.queue)
        self._waiting: deque[FoundHands] = deque()
        self._thread: threading.Thread | None = None
        self._is_placing, self._is_over = False, True
        self._stamps = StampClock()
        self._last_stamp_s = self._newest_s = 0.0
        self.drawn: DepthView | None = None
        self._drawing_ms = 0.0
        self._without_depth = 0
        self._missed_s = math.nan
        self._judged_s = -math.inf

    def start(self) -> None:
        """Start the thread."""
        self._stamps = StampClock()
        self._is_over = False
        self._newest_s = 0.0
        self._matcher.clear()
        self._waiting.clear()
        self._lifter.reset()
        self._check.reset()
        self._missed_s = math.nan
        self._without_depth = 0
        self._thread = threading.Thread(target=self._run, name="fusion", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread."""
        with self._changed:
            self._is_over = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Release what is not the node's."""
        self.input.close()
        self._output.close()

    def receive(self, message: Message) -> None:
        """Take a depth image for the image of its time."""
        now_s = self._node.get_clock().now().nanoseconds * 1e-9
        with self._changed:
            if self._is_over:
                return
            stamp_s = self._stamps.time_s(seconds(message.header.stamp), now_s)
            self._matcher.add(stamp_s, message)
            self._changed.notify()

    def statue(self, message: Message) -> Image:
        """Draw a depth image, uint8 [height, width, 3] RGB, to look at it once.

        Raises:
            FrameError: It cannot be read.
        """
        return self._painter.draw(self.input.own(message))

    def draw(self, message: Message) -> tuple[Image, ChannelOrder]:
        """Draw a depth image whose hands are placed next, as image_to_pixels gives an image's pixels.

        Raises:
            FrameError: It cannot be read.
        """
        start = perf_counter()
        self.drawn = self.input.own(message)
        statue = self._painter.draw(self.drawn)
        self._drawing_ms = (perf_counter() - start) * 1e3
        return statue, "rgb"

    def place(self, found: FoundHands) -> float:
        """Place the hands of an image, which have been published, now or when its depth image is there.

        Returns:
            Time that depth took in the caller's thread, milliseconds.
        """
        start = perf_counter()
        if found.stamp_s < self._newest_s - _BACK_S:
            self._begin_again(found.stamp_s)
        self._newest_s = found.stamp_s
        drawn = found.drawn
        if drawn is not None:
            self._attempt(lambda: self._publish(found, drawn, HandSource.DEPTH_ONLY))
            return self._drawing_ms + (perf_counter() - start) * 1e3
        with self._changed:
            self._waiting.append(found)
            if self._is_placing or not self._is_due():
                return 0.0
            pair = self._take()
        self._place(*pair)
        return (perf_counter() - start) * 1e3

    def describe(self, report: Report) -> None:
        """Say how many images had no depth, and what is wrong with depth."""
        report.values["images_without_depth"] = self._without_depth
        with self._changed:
            if time.monotonic() - self._judged_s > _JUDGED_S:
                self._check.forget_images()
            warnings = self._check.warnings() + list(filter(None, [self._stamps.warning(self.input.topic)]))
        if not math.isnan(self._missed_s):
            direction = "later" if self._missed_s > 0 else "earlier"
            report.values["depth_missed_by_s"] = f"{abs(self._missed_s):.3g} {direction}"
        report.warnings += warnings + self._output.warnings()
        self.input.describe(report)

    def _begin_again(self, stamp_s: float) -> None:
        """Let go of what belongs to the time before stamps went back to this one, seconds."""
        with self._changed:
            self._waiting.clear()
            self._matcher.forget_after(stamp_s + _BACK_S)
        self.input.begin_again()
        self._output.begin_again()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_over or (not self._is_placing and self._is_due()))
                if self._is_over:
                    return
                pair = self._take()
            self._place(*pair)

    def _is_due(self) -> bool:
        """Return whether the first image that waits has its depth, or will not get any."""
        if not self._waiting:
            return False
        crowded = len(self._waiting) > self._options.queue
        return crowded or self._matcher.is_settled(self._waiting[0].stamp_s)

    def _take(self) -> tuple[FoundHands, tuple[Message, float] | None]:
        """Take the first image that waits, and its depth; no other is taken until it is placed."""
        found = self._waiting.popleft()
        self._is_placing = True
        return found, self._matcher.nearest(found.stamp_s)

    def _place(self, found: FoundHands, match: tuple[Message, float] | None) -> None:
        """Place the hands that were taken; the next may be taken afterwards."""
        if match is None:
            self._without_depth += 1
            with self._changed:
                self._missed_s = self._matcher.missed_s
                self._check.add_missed(found.stamp_s)
        else:
            self._attempt(lambda: self._fuse(found, *match))
        with self._changed:
            self._is_placing = False
            self._changed.notify()

    def _attempt(self, publish: Callable[[], None]) -> None:
        """Do what must not end a thread or take an image's hands with it."""
        try:
            publish()
        except FrameError as error:
            self.input.reject(str(error))
        except Exception as error:  # noqa: BLE001 (whatever is wrong with depth)
            self.input.reject(f"Placing hands in space failed with {type(error).__name__}: {error}.")

    def _fuse(self, found: FoundHands, depth: Message, offset_s: float) -> None:
        view = self.input.aligned(depth, found.header, found.width, found.height)
        self._publish(found, view, HandSource.FUSED, offset_s)

    def _publish(self, found: FoundHands, view: DepthView, source: HandSource, offset_s: float = 0.0) -> None:
        if found.stamp_s < self._last_stamp_s:
            self._lifter.reset()
        self._last_stamp_s = found.stamp_s
        with self._changed:
            self._check.add(view, found.result.hands, found.stamp_s)
            self._judged_s = time.monotonic()
        in_colour = source is HandSource.FUSED
        lifted = self._lifter.lift(found.result.hands, view, found.stamp_s, in_colour=in_colour)
        hands, header = self._output.publish(Hands3d(lifted, source, offset_s), found.header)
        self._pictures.note_in_space(lifted, view)
        self._pictures.publish_in_space(found.result.hands, hands.hands, header)
