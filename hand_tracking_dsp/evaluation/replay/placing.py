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

from collections import Counter
from dataclasses import dataclass
from time import perf_counter

from hand_tracking_dsp.depth.lifting import HandLifter
from hand_tracking_dsp.depth.statue import StatuePainter
from hand_tracking_dsp.depth.types import Hand3d
from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.recordings.recording import RecordedFrame, count_problem
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.types import ChannelOrder, FrameResult, Image

REPLAY_MODES = ("rgb", "fused", "depth_only")
"""The modes of depth/input_options.py in which a recording can be replayed."""


STATUE_ORDER: ChannelOrder = "rgb"
"""Order of the channels of PlacedHands.statue."""


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
        mode: One of REPLAY_MODES.

    Attributes:
        problems: Counts of what could not be used, by sentence.
    """

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.problems: Counter[str] = Counter()
        self._lifter = HandLifter()
        self._painter = StatuePainter()
        self._view: DepthView | None = None
        self._ms = 0.0

    def reset(self) -> None:
        """Forget all hands, as before the first frame."""
        self._lifter.reset()

    def read(self, frame: RecordedFrame) -> Image | None:
        """Read a frame's depth image.

        Returns:
            In mode depth_only the picture to find hands in, uint8 [height, width, 3] in STATUE_ORDER, or
            None where there is no depth; else None.
        """
        self._view, self._ms = None, 0.0
        if self.mode == "rgb" or frame.depth is None or frame.image is None:
            return None
        start = perf_counter()
        try:
            height, width = frame.image.shape[:2]
            self._view = frame.depth.view(width, height)
        except FrameError as error:
            count_problem(self.problems, str(error).rstrip("."))
            return None
        statue = self._painter.draw(self._view) if self.mode == "depth_only" else None
        self._ms = (perf_counter() - start) * 1e3
        return statue

    @property
    def view(self) -> DepthView | None:
        """The depth image read last; None: there is none that can be used."""
        return self._view

    @property
    def read_ms(self) -> float:
        """Time that the last read took, milliseconds."""
        return self._ms

    def place(self, result: FrameResult, stamp_s: float, statue: Image | None) -> PlacedHands | None:
        """Place the hands of the frame read last; None in mode rgb."""
        if self.mode == "rgb":
            return None
        if self._view is None:
            return PlacedHands()
        start = perf_counter()
        hands = self._lifter.lift(result.hands, self._view, stamp_s)
        return PlacedHands(hands, self._view.camera, self._ms + (perf_counter() - start) * 1e3, statue)
