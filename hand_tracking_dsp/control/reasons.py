"""Reasons for the commanded level."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """Reason of a decision; names and values are the constants of msg/SparsityCommand.msg."""

    POLICY = 0
    OPERATOR = 1
    CONSTRAINT = 2
    SHIELD_DEADLINE = 10
    SHIELD_BATTERY_RESERVE = 11
    SHIELD_BATTERY_UNKNOWN = 12
    SHIELD_INVALID_LEVEL = 13
    SHIELD_DRIFT_UNKNOWN = 14
    STALE_LATENCY = 20
    STALE_BATTERY = 21
