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

"""Transitions from outside, and what a refusal leaves."""

from __future__ import annotations

from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode

NODE = "hand_tracker_node"


def test_lifecycle_from_outside_frees_and_reloads_the_bank(graph, camera):
    graph.start(HandTrackerNode, autostart=False)
    assert graph.change_state(NODE, "configure")
    assert graph.change_state(NODE, "activate")
    camera.exchange(2)
    assert graph.change_state(NODE, "deactivate")
    assert graph.change_state(NODE, "activate")
    assert camera.exchange(2)[0].frame == 1
    assert graph.change_state(NODE, "deactivate")
    assert graph.change_state(NODE, "cleanup")
    assert graph.observer.count_publishers("hands") == 0
    assert graph.change_state(NODE, "configure")
    assert graph.change_state(NODE, "shutdown")
    assert graph.state(NODE) == "finalized"


def test_runs_again_after_a_refusal_was_mended(graph, camera):
    graph.start(HandTrackerNode, bank="/nowhere")
    assert graph.state(NODE) == "unconfigured"
    assert graph.set_parameter(NODE, "bank", "").successful
    assert graph.change_state(NODE, "configure")
    assert graph.change_state(NODE, "activate")
    assert camera.exchange(1)
