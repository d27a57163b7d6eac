"""What a recording gives: one image after the other, with all that is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from hand_tracking_dsp.control.samples import BatterySample
from hand_tracking_dsp.recordings.truth import TrueHand
from hand_tracking_dsp.tracking.types import ChannelOrder, Image, TrackedHand

_MOST_SENTENCES = 20


@dataclass(frozen=True, slots=True)
class RecordedHands:
    """What the tracker published while the bag was recorded: its level, and the hands it found."""

    level: int
    hands: tuple[TrackedHand, ...]


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """One image of a recording.

    Attributes:
        index: Its number in the recording, from 0.
        name: Of its file; "" in a bag.
        stamp_ns: Its header's stamp, nanoseconds.
        arrival_ns: When it was received, nanoseconds.
        image: uint8 [height, width, 3]; None where the message is no image.
        problem: Why it is none, in a sentence.
        order: The order of its channels.
        conversion_ms: What it took to make pixels of the message, milliseconds.
        truth: The true hands; None where they are not known.
        recorded: What was published of it; None where that is not known.
        battery: The last battery reading before it; None where there is none.
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
    battery: BatterySample | None = None


def count_problem(problems: Counter[str], sentence: str) -> None:
    """Count a problem by its sentence; where every image has one of its own, the first ones stay apart."""
    new = sentence not in problems and len(problems) >= _MOST_SENTENCES
    problems["further images or messages cannot be used" if new else sentence] += 1


class Recording(Protocol):
    """A recording that can be replayed, in constant memory.

    Attributes:
        still: Its images are photos, each for itself, not a sequence.
        problems: How often each problem was met so far, by sentence; complete when all frames were given.
    """

    still: bool
    problems: Counter[str]

    def count(self) -> int:
        """Return how many images it should have, for a progress bar.

        Raises:
            SourceError: It cannot be read.
        """

    def frames(self) -> Iterator[RecordedFrame]:
        """Give the images in order.

        Raises:
            SourceError: It cannot be read.
        """
