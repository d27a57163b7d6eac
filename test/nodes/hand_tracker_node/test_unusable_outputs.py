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

"""A level whose outputs on real hands cannot be used: it is warned of, and nothing of it is published."""

from __future__ import annotations

import pytest
from support.networks import write_spoilt_bank

NODE = "hand_tracker_node"


@pytest.mark.parametrize("output", ["world_landmarks", "handedness", "landmarks"])
def test_such_a_level_is_warned_of_with_its_file_and_publishes_no_hand(
    graph, start, camera, diagnostics, tmp_path, output
):
    start(level=1, bank=str(write_spoilt_bank(tmp_path / "bank", output)))
    camera.exchange(4)
    graph.until(lambda: len(camera.hands) == camera.sent, "all messages were heard")
    assert not any(message.hands for message in camera.hands)
    status = diagnostics(NODE, lambda status: "unusable" in status.message)
    assert status.level == status.WARN
    assert f"Level 1 (lite) answers a region with unusable {output} in hand_lite.onnx on" in status.message
    assert "times so far)." in status.message
