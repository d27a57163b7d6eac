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

"""Latency profiles of a bank that hold for the machine at hand."""

from __future__ import annotations

from hand_tracking_dsp.tracking.device import device_name, processor_kind
from hand_tracking_dsp.tracking.network_info import LatencyProfile


def on_this_device(profile: LatencyProfile) -> bool:
    """Tell whether a profile was measured on this device; processors that differ may have one name."""
    return profile.device == device_name() and on_this_processor(profile)


def on_this_processor(profile: LatencyProfile) -> bool:
    """Tell whether a profile was measured on this device or another with the same processor."""
    return profile.processor == processor_kind() if profile.processor else profile.device == device_name()
