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

"""Depth of recorded frames: hands found in it, or placed in space by it, as hand_tracker_node does."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from time import perf_counter

from hand_tracking_dsp.depth.depth_check import DepthCheck
from hand_tracking_dsp.depth.lifting import HandLifter
from hand_tracking_dsp.depth.mode import FRESH_S, ModeChooser
from hand_tracking_dsp.depth.statue import StatuePainter
from hand_tracking_dsp.depth.types import Hand3d
from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.recordings.recorded_depth import RecordedDepth
from hand_tracking_dsp.recordings.recording import RecordedFrame, count_problem
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.scout import Scout
from hand_tracking_dsp.tracking.types import ChannelOrder, FrameResult, Image

STATUE_ORDER: ChannelOrder = "rgb"
"""Order of the channels of pictures drawn of depth."""


@dataclass(frozen=True, slots=True)
class ShownImage:
    """Image in which the hands of a frame are to be found.

    Attributes:
        pixels: uint8 [height, width, 3].
        order: Order of its channels.
        conversion_ms: Time that it took to make it, milliseconds.
        depth: Depth image that it was drawn of; None: it is the frame's own.
    """

    pixels: Image
    order: ChannelOrder
    conversion_ms: float
    depth: DepthView | None = None


@dataclass(frozen=True, slots=True)
class PlacedHands:
    """Hands of a frame in space.

    Attributes:
        hands: The hands, in the order of the tracker's.
        camera: Camera of the depth image; None: the frame had none that could be used.
        ms: Time that depth took, milliseconds.
        statue: Picture of the depth image in which they were found; None: they were found in the image.
    """

    hands: tuple[Hand3d, ...] = ()
    camera: Intrinsics | None = None
    ms: float = 0.0
    statue: Image | None = None


class HandPlacer:
    """Uses the depth images of one recording.

    Args:
        mode: One of DEPTH_MODES of depth/input_options.py.
        scout: Looks into the image that is not used, in the mode auto; None in others.

    Attributes:
        problems: Counts of what could not be used, by sentence.
    """

    def __init__(self, mode: str, scout: Scout | None = None) -> None:
        self.problems: Counter[str] = Counter()
        self._mode, self._scout = mode, scout
        self._chooser = ModeChooser() if mode == "auto" else None
        self._depth_s = math.nan
        self._check: DepthCheck | None = None
        self._is_faulty = False
        self._lifter = HandLifter()
        self._painter = StatuePainter()
        self._view: DepthView | None = None
        self._ms = 0.0

    def reset(self) -> None:
        """Forget all hands, as before the first frame."""
        self._lifter.reset()
        self._depth_s = math.nan
        self._check, self._is_faulty = None, False
        if self._chooser is not None:
            self._chooser.reset()

    def read(self, frame: RecordedFrame, stamp_s: float) -> ShownImage | None:
        """Read a frame's depth image, and choose the image that hands are to be found in.

        Args:
            frame: The frame.
            stamp_s: Its time, seconds.

        Returns:
            The image; None where the frame has none, or hands are found in depth alone and it has no depth.
        """
        self._view, self._ms = None, 0.0
        if frame.image is None:
            return None
        mode = self._mode if self._chooser is None else self._chooser.mode
        if frame.depth is not None and frame.depth.is_image and mode == "fused":
            mode = self._without_colour(frame.depth.topic)
        start = perf_counter()
        if mode != "rgb" and frame.depth is not None:
            height, width = frame.image.shape[:2]
            try:
                self._view = frame.depth.view(width, height)
                self._depth_s = stamp_s
            except FrameError as error:
                count_problem(self.problems, str(error).rstrip("."))
        if mode == "depth_only" and self._view is not None:
            statue = self._painter.draw(self._view)
            self._ms = (perf_counter() - start) * 1e3
            return ShownImage(statue, STATUE_ORDER, self._ms, self._view)
        # As the node: where depth ends, the mode auto goes on with the image.
        is_silent = self._chooser is not None and stamp_s - self._depth_s > FRESH_S
        if mode == "depth_only" and not is_silent:
            return None
        self._ms = (perf_counter() - start) * 1e3
        return ShownImage(frame.image, frame.order, frame.conversion_ms)

    def _without_colour(self, topic: str) -> str:
        """Return the mode for a recording of depth images alone, which in the mode auto is depth_only."""
        if self._chooser is not None:
            return "depth_only"
        sentence = f"{topic}: the bag has depth images alone, in which hands are found by the mode depth_only"
        count_problem(self.problems, sentence)
        return "fused"

    def _judge(self, depth: RecordedDepth, view: DepthView, result: FrameResult, stamp_s: float) -> None:
        """Count what is wrong with depth, each time that something begins to be."""
        self._check = self._check or DepthCheck(depth.topic)
        self._check.add(view, result.hands, stamp_s)
        faults = self._check.warnings()
        if faults and not self._is_faulty:
            for fault in faults:
                count_problem(self.problems, fault.rstrip("."))
        self._is_faulty = bool(faults)

    def place(
        self, frame: RecordedFrame, result: FrameResult, stamp_s: float, shown: ShownImage
    ) -> PlacedHands | None:
        """Place the hands of the frame read last, found in the image that read gave; None in mode rgb."""
        if self._mode == "rgb":
            return None
        if self._view is None or frame.depth is None:
            return PlacedHands()
        self._judge(frame.depth, self._view, result, stamp_s)
        start = perf_counter()
        hands = self._lifter.lift(result.hands, self._view, stamp_s, in_colour=shown.depth is None)
        ms = self._ms + (perf_counter() - start) * 1e3
        statue = None if shown.depth is None else shown.pixels
        return PlacedHands(hands, self._view.camera, ms, statue)

    def consider(self, frame: RecordedFrame, result: FrameResult, stamp_s: float, shown: ShownImage) -> None:
        """Decide in which image the next frame's hands are found, in the mode auto.

        Args:
            frame: The frame read last.
            result: Its hands.
            stamp_s: Its time, seconds.
            shown: The image in which they were found.
        """
        chooser = self._chooser
        if chooser is not None and (shown.depth is None) == (chooser.mode == "fused"):
            chooser.consider(result.hands, lambda: self._look(frame, shown), stamp_s)

    def _look(self, frame: RecordedFrame, shown: ShownImage) -> float:
        """Return the presence of a hand in the frame's other image; NaN: there is none."""
        if self._scout is None or self._view is None or frame.image is None:
            return math.nan
        if shown.depth is None:
            return self._scout.presence(self._painter.draw(self._view), STATUE_ORDER)
        return self._scout.presence(frame.image, frame.order)
