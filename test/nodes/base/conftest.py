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

"""Nodes in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack

import pytest

STRANGER = """
import sys
from importlib import import_module

import rclpy

rclpy.init()
node = rclpy.create_node("stranger")
for end in sys.argv[1:]:
    what, module, name, topic = end.split()
    kind = getattr(import_module(module), name)
    if what == "publishes":
        node.create_publisher(kind, topic, 1)
    elif what == "takes":
        node.create_subscription(kind, topic, print, 1)
    else:
        node.create_service(kind, topic, print)
rclpy.spin(node)
"""


@pytest.fixture
def stranger(domain_id):
    """Give a function that starts a node with ends of topics in a process of its own.

    Fast DDS lets one process have one type on a topic only.
    """
    with ExitStack() as ending:

        def start(*ends):
            command = [sys.executable, "-c", STRANGER, *ends]
            process = subprocess.Popen(command, env={**os.environ, "ROS_DOMAIN_ID": str(domain_id)})
            ending.enter_context(process)
            ending.callback(process.kill)

        yield start
