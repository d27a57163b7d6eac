"""How long to wait before trying again something that has failed."""

from __future__ import annotations

from hand_tracking_dsp.errors import ConfigurationError


class Backoff:
    """Waits longer after each failure in a row, up to a limit.

    Args:
        first_s: Wait after the first failure, seconds, above 0.
        factor: By which each further wait grows, at least 1.
        limit_s: Longest wait, seconds, at least first_s.

    Raises:
        ConfigurationError: A value is outside its range.
    """

    def __init__(self, first_s: float = 0.5, factor: float = 2.0, limit_s: float = 10.0) -> None:
        if not (first_s > 0.0 and factor >= 1.0 and limit_s >= first_s):
            msg = (
                f"A back-off of first {first_s} s, factor {factor} and limit {limit_s} s cannot work: "
                f"choose first above 0, factor at least 1 and limit at least first."
            )
            raise ConfigurationError(msg)
        self._first_s = first_s
        self._factor = factor
        self._limit_s = limit_s
        self.failures = 0
        self._next_s = first_s

    def failed(self) -> float:
        """Count a failure and give the seconds to wait before the next try."""
        wait_s = self._next_s
        self.failures += 1
        self._next_s = min(wait_s * self._factor, self._limit_s)
        return wait_s

    def succeeded(self) -> None:
        """Begin again with the first wait."""
        self.failures = 0
        self._next_s = self._first_s
