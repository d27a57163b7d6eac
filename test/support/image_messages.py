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

"""Image messages of ROS 2 made of rows."""

from __future__ import annotations

import array

import numpy as np
from sensor_msgs.msg import Image


def message(encoding: str, rows: np.ndarray, width: int, padding: int = 0, **others) -> Image:
    rows = np.ascontiguousarray(rows).reshape(rows.shape[0], -1).view(np.uint8)
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    return Image(
        height=rows.shape[0],
        width=width,
        encoding=encoding,
        step=padded.shape[1],
        data=array.array("B", padded.tobytes()),
        **others,
    )
