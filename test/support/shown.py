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

"""Messages of all that view and top show, of a drawn hand, as values of rosbags' types."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES
from hand_tracking_dsp.recordings.bags.record_camera import EPOCH_NS, FRAME_ID
from hand_tracking_dsp.recordings.bags.writer import BagWriter

SIZE = {"width": 320, "height": 240}


def new(msgtype: str, /, **fields: Any) -> Any:
    """Make a message of a type, with some fields set."""
    message = BAG_MESSAGES._new(msgtype)
    for name, value in fields.items():
        numbers = isinstance(value, list) and isinstance(value[0], float)
        setattr(message, name, np.array(value, np.float32) if numbers else value)
    return message


def stats(number: int, stamp_ns: int, **others: Any) -> Any:
    """Make the costs of a frame, whose latency rises and falls."""
    values = {
        "hands": 1,
        "total_ms": 8 + 3 * math.sin(number / 5),
        "end_to_end_ms": 15 + 5 * math.sin(number / 5),
        "level": number // 10 % 4,
        "operating_point": number // 10 % 4,
        "requested_point": 2,
        "sparsity": 0.25,
        "drift": 3.0 if number % 10 == 0 else math.nan,
        "frame": number + 1,
    } | others
    defaults = {
        "conversion_ms": 0.5, "detection_ms": 0.0, "landmarks_ms": 5.0, "detector_ran": False,
        "presence": 0.9, "input_mean": 0.5, "input_std": 0.2,
        "requested_level": 2, "smoothing_residual": math.nan, "provider": "",
    }  # fmt: skip
    known = {
        name: value for name, value in (defaults | values).items() if name in FrameCost.__dataclass_fields__
    }
    return BAG_MESSAGES.stats(FrameCost(stamp_ns=stamp_ns, **known), BAG_MESSAGES.header(stamp_ns, FRAME_ID))


def decision(number: int, stamp_ns: int, **others: Any) -> Any:
    """Make what the controller saw, wanted and did."""
    fields = {
        "header": BAG_MESSAGES.header(stamp_ns, ""),
        "policy": "learned",
        "observation_names": ["latency_p50_budgets", "latency_p95_budgets", "deadline_miss_share"],
        "observation": [0.5, 0.8 + 0.1 * math.sin(number), 0.01],
        "budget_ms": 33.0,
        "level": 2,
        "level_wanted": 3,
        "detail": "the battery is to last",
        "switches": 7,
        "operating_point": 2,
        "operating_point_wanted": 3,
        "forecast_late": [0.3, 0.2, 0.1],
        "forecast_error": [0.1, 0.2, 0.3],
        "forecast_energy": [1.0, 0.8, 0.6],
        "weight_accuracy": 1.0,
        "weight_time": 0.5,
        "weight_energy": 2.0,
        "goal": "energy",
    }
    return new("hand_tracking_dsp/msg/ControllerState", **(fields | others))


def battery(number: int, stamp_ns: int) -> Any:
    """Make a reading of a simulated battery that falls."""
    return new(
        "sensor_msgs/msg/BatteryState",
        header=BAG_MESSAGES.header(stamp_ns, ""),
        percentage=0.9 - 0.002 * number,
        voltage=12.0,
        current=-0.5,
        present=True,
        location="simulated",
    )


def gestures(stamp_ns: int, held: str = "open_palm") -> Any:
    """Make the gesture of one hand."""
    one = new("hand_tracking_dsp/msg/Gesture", track_id=1, name=held, held=held)
    header = BAG_MESSAGES.header(stamp_ns, FRAME_ID)
    return new("hand_tracking_dsp/msg/GestureArray", header=header, gestures=[one])


def event(stamp_ns: int, kind: int = 0, name: str = "open_palm") -> Any:
    """Make something that happened to a gesture."""
    header = BAG_MESSAGES.header(stamp_ns, FRAME_ID)
    return new("hand_tracking_dsp/msg/GestureEvent", header=header, track_id=1, kind=kind, name=name)


def messages(seconds: float, rate_hz: float = 10.0) -> Iterator[tuple[str, Any, int]]:
    """Yield topics, messages and stamps of a drawn hand, in nanoseconds."""
    options = SourceOptions(**SIZE, seed=3, absence_s=0.0, rate_hz=rate_hz)
    with SyntheticHandSource(options) as source:
        for number in range(round(seconds * rate_hz)):
            frame = source.read()
            at_ns = EPOCH_NS + round(number * 1e9 / rate_hz)
            header = BAG_MESSAGES.header(at_ns, FRAME_ID)
            yield "/camera_info", BAG_MESSAGES.camera_info(320, 240, source.intrinsics, header), at_ns
            yield "/depth/camera_info", BAG_MESSAGES.camera_info(320, 240, source.intrinsics, header), at_ns
            yield "/image_raw", BAG_MESSAGES.image(frame.image, header), at_ns
            yield "/depth/image_raw", BAG_MESSAGES.depth_image(frame.depth_mm, header), at_ns
            yield "/hands", BAG_MESSAGES.truth(frame.truth, header, 320, 240), at_ns
            yield "/hands_3d", BAG_MESSAGES.truth_3d(frame.truth, header), at_ns
            yield "/stats", stats(number, at_ns), at_ns
            yield "/controller_state", decision(number, at_ns), at_ns
            yield "/battery_state", battery(number, at_ns), at_ns
            yield "/gestures", gestures(at_ns), at_ns
            if number % 20 == 0:
                yield "/gesture_events", event(at_ns), at_ns


def write_shown_bag(path: Path, seconds: float) -> Path:
    """Write a bag of all of that."""
    with BagWriter(path) as writer:
        for topic, message, at_ns in messages(seconds):
            writer.write(topic, message, at_ns)
    return path
