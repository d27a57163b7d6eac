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

"""Reasons for the commanded point."""

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
