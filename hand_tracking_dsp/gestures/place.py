"""Place of a palm."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Place of a palm at a time.

    Attributes:
        stamp_s: Seconds.
        x: Pixels.
        y: Pixels.
        size: Palm size, pixels, above 0.
    """

    stamp_s: float
    x: float
    y: float
    size: float

    def way_to(self, other: Place) -> tuple[float, float]:
        """Give x and y of the way to another place, in palm sizes (the larger of both)."""
        size = max(self.size, other.size)
        return (other.x - self.x) / size, (other.y - self.y) / size
