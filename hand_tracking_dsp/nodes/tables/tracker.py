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

"""The parameters of hand_tracker_node."""

from __future__ import annotations

from hand_tracking_dsp.depth.input_options import DepthInputOptions
from hand_tracking_dsp.depth.lifting import LiftOptions
from hand_tracking_dsp.depth.mode import AutoOptions
from hand_tracking_dsp.depth.statue import StatueOptions
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.nodes.tables.common import ALLOW_LOCKED_CHANGES, AUTOSTART, BANK, SCHEDULING, qos
from hand_tracking_dsp.options import Parameter, parameters_of
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.composition.composer import ComposerOptions
from hand_tracking_dsp.tracking.deadline import DeadlineOptions
from hand_tracking_dsp.tracking.manifest import MAX_LEVELS
from hand_tracking_dsp.tracking.tracker_options import GROUPS, TrackerOptions

TRACKER: tuple[Parameter, ...] = (
    AUTOSTART,
    ALLOW_LOCKED_CHANGES,
    *SCHEDULING,
    BANK,
    Parameter("detector", "", "Palm detector of the bank, by name; empty: the bank's first."),
    Parameter(
        "level",
        0,
        "Sparsity level until a command arrives, at its densest operating point; 0: dense.",
        low=0,
        high=MAX_LEVELS - 1,
    ),
    Parameter(
        "operating_point",
        -1,
        "Operating point of the bank until a command arrives; -1: as the parameter level says.",
        low=-1,
        high=MAX_LEVELS - 1,
    ),
    *parameters_of(RuntimeOptions),
    *parameters_of(TrackerOptions),
    *(one for prefix, kind in GROUPS.values() for one in parameters_of(kind, prefix)),
    *parameters_of(DeadlineOptions, "deadline."),
    *parameters_of(ComposerOptions, "composition."),
    Parameter(
        "drift_interval",
        30,
        "Frames from one comparison with the dense level to the next; 0: never compare.",
        "frames",
        0,
        1_000_000,
        dynamic=True,
    ),
    Parameter(
        "drift_budget_ms",
        33.0,
        "Compare only on a frame that takes no longer than this with the comparison.",
        "ms",
        0,
        60_000,
        dynamic=True,
    ),
    Parameter(
        "image_transport",
        "raw",
        "Which image to take: raw (image_raw) or compressed (image_raw/compressed).",
        choices=("raw", "compressed"),
    ),
    *parameters_of(ImageOptions),
    Parameter(
        "horizontal_fov_deg",
        60.0,
        "Horizontal field of view for placing the markers, where camera_info does not give it.",
        "deg",
        1,
        170,
    ),
    Parameter("markers", True, "Publish markers while somebody subscribes."),
    Parameter("overlay", True, "Publish the overlay while somebody subscribes."),
    *parameters_of(DepthInputOptions, "depth."),
    *parameters_of(StatueOptions, "depth."),
    *parameters_of(LiftOptions, "depth."),
    *parameters_of(AutoOptions, "depth.auto."),
    *qos("image", "the image taken", "best_effort", depth=1),
    *qos("depth", "the depth image taken", "best_effort", depth=1),
    *qos("hands", "hands, hands_3d, stats and markers"),
    # Reliable as camera_node's images, for the same viewers.
    *qos("overlay", "overlay", depth=1),
    *qos("battery", "the battery_state that the overlay shows", "best_effort", depth=1),
    *qos("command", "sparsity_command", durability="transient_local", depth=1),
)
