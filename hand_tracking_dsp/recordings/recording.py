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

"""Recordings: one image after the other, with all that is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from hand_tracking_dsp.control.samples import BatterySample
from hand_tracking_dsp.depth.types import Hand3d
from hand_tracking_dsp.recordings.recorded_depth import RecordedDepth
from hand_tracking_dsp.recordings.truth import TrueHand
from hand_tracking_dsp.tracking.types import ChannelOrder, Image, TrackedHand

_MOST_SENTENCES = 20


@dataclass(frozen=True, slots=True)
class RecordedHands:
    """Level and hands that the tracker published while the bag was recorded.

    Attributes:
        level: The level.
        hands: The hands.
        predicted: Whether they were predicted at the deadline, from images before: no replay gives the same.
    """

    level: int
    hands: tuple[TrackedHand, ...]
    predicted: bool = False


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """One image of a recording.

    Attributes:
        index: Number in the recording, from 0.
        name: Name of the file; "" in a bag.
        stamp_ns: Stamp of the header, nanoseconds.
        arrival_ns: Time at which it was received, nanoseconds.
        image: uint8 [height, width, 3]; None where the message is not an image.
        problem: Reason why it is not, in a sentence.
        order: Order of the channels.
        conversion_ms: Time from the message to pixels, milliseconds.
        truth: True hands; None where they are not known.
        recorded: Level and hands that were published; None where they are not known.
        batteries: Battery readings since the image before, stamped with their arrival, seconds.
        depth: Depth image that belongs to it; None: there is none, or it was not asked for.
        truth_3d: True hands in space; None where they are not known.
        recorded_3d: Hands in space that were published; None where they are not known.
    """

    index: int
    name: str
    stamp_ns: int
    arrival_ns: int
    image: Image | None
    problem: str = ""
    order: ChannelOrder = "bgr"
    conversion_ms: float = 0.0
    truth: tuple[TrueHand, ...] | None = None
    recorded: RecordedHands | None = None
    batteries: tuple[BatterySample, ...] = ()
    depth: RecordedDepth | None = None
    truth_3d: tuple[Hand3d, ...] | None = None
    recorded_3d: tuple[Hand3d, ...] | None = None


def count_problem(problems: Counter[str], sentence: str) -> None:
    """Count a problem by its sentence; after the first 20 different ones, the others are counted together."""
    new = sentence not in problems and len(problems) >= _MOST_SENTENCES
    problems["further images or messages cannot be used" if new else sentence] += 1


class Recording(Protocol):
    """A recording that can be replayed, in constant memory.

    Attributes:
        still: Whether the images are photos, each for itself, not a sequence.
        problems: Number of times that each problem was met so far, by sentence; complete after all frames.
    """

    still: bool
    problems: Counter[str]

    def count(self) -> int:
        """Return the expected number of images, for a progress bar.

        Raises:
            SourceError: It cannot be read.
        """

    def frames(self) -> Iterator[RecordedFrame]:
        """Yield the images in order.

        Raises:
            SourceError: It cannot be read.
        """
