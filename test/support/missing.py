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

"""Libraries that may be missing where the tests run."""

from __future__ import annotations

import re

# Libraries that a robot may lack, and how to get them where pip does not say it: what tests them is skipped.
OPTIONAL = {
    **dict.fromkeys(
        ("ai_edge_litert", "distributed", "hypothesis", "mcap", "onnx", "openvino", "rosbags", "tflite"), ""
    ),
    **dict.fromkeys(
        ("gymnasium", "optuna", "sb3_contrib", "stable_baselines3", "torch", "torch_pruning"),
        "make setup-lab",
    ),
    **dict.fromkeys(("cryptography", "flwr", "ray"), "pip install -r requirements/fleet.in"),
    "hand_tracking_dsp.msg": "make setup, or colcon build",
    "rclpy": "ROS 2, or make setup",
    "ament_index_python": "ROS 2, or make setup",
}
# Messages of ROS 2 that no other module could be.
ROS_MESSAGES = re.compile(r"\w+_(msgs|srvs|interfaces)")


def reason_to_skip(failure: str) -> str:
    """Return why a module cannot be imported here that could be elsewhere; "": it should be."""
    found = re.findall(r"ModuleNotFoundError: No module named '([\w.]+)'", failure)
    name = found[-1] if found else ""
    library = name if name in OPTIONAL else name.partition(".")[0]
    if library in OPTIONAL:
        return f"{library} is not installed: {OPTIONAL[library] or f'pip install {library}'}"
    return f"{library} is not installed: {OPTIONAL['rclpy']}" if ROS_MESSAGES.fullmatch(library) else ""
