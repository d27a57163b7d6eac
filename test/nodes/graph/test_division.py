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

from __future__ import annotations

import pytest

from hand_tracking_dsp.nodes.graph.division import divide, process_of, said_by
from hand_tracking_dsp.nodes.graph.names import ALL_NODES

BOTH = ("camera_node", "hand_tracker_node")
SHARED = "camera_node+hand_tracker_node"


def test_camera_and_tracker_share_a_process_and_all_others_have_their_own():
    divided = divide(ALL_NODES, composed=True)
    assert divided == {SHARED: BOTH} | {node: (node,) for node in ALL_NODES if node not in BOTH}
    assert divide(ALL_NODES, composed=False) == {node: (node,) for node in ALL_NODES}


def test_the_order_of_starting_is_kept_and_one_alone_shares_nothing():
    assert list(divide(("power_node", *BOTH[::-1]), composed=True)) == [
        "power_node",
        "hand_tracker_node+camera_node",
    ]
    assert divide(BOTH[1:], composed=True) == {BOTH[1]: BOTH[1:]}


def test_a_nodes_process_is_found_by_its_name():
    divided = divide(("power_node", *BOTH), composed=True)
    assert process_of("camera_node", divided) == SHARED
    assert process_of("power_node", divided) == "power_node"
    assert process_of("late_node", divided) == "late_node"


@pytest.mark.parametrize(
    ("line", "who", "rest"),
    [
        ("[INFO] [camera_node]: active", "camera_node", "[INFO] active"),
        ("[WARN] [robot.left.camera_node]: a: [b]: c", "camera_node", "[WARN] a: [b]: c"),
        ("[INFO] [power_node]: active", SHARED, "[INFO] [power_node]: active"),
        ("[ERROR] [rcl]: failed", SHARED, "[ERROR] [rcl]: failed"),
        ("  File x.py", SHARED, "  File x.py"),
    ],
)
def test_a_line_is_the_nodes_that_logged_it_or_the_processes(line, who, rest):
    assert said_by(line, SHARED, BOTH) == (who, rest)
