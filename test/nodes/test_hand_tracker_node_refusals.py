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

"""What the tracker's node refuses at configure, each with a sentence."""

from __future__ import annotations

import json
import shutil

import pytest
from support.networks import write_depth_bank

from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode
from hand_tracking_dsp.resources import share_path

NODE = "hand_tracker_node"


def refuses(graph, diagnostics, sentence, **parameters):
    graph.start(HandTrackerNode, autostart=False, **parameters)
    assert not graph.change_state(NODE, "configure")
    assert graph.state(NODE) == "unconfigured"
    message = diagnostics(NODE, lambda status: status.level == status.ERROR).message
    assert sentence in message
    assert message.endswith(".")


@pytest.fixture
def copied_bank(tmp_path):
    """Give a copy of a bank."""
    return shutil.copytree(share_path("models", "mediapipe"), tmp_path / "bank")


def test_refuses_a_missing_bank(graph, diagnostics):
    refuses(graph, diagnostics, "The level bank /nowhere/bank.json cannot be read", bank="/nowhere")


def test_refuses_a_network_whose_sha256_differs(graph, diagnostics, copied_bank):
    file = json.loads((copied_bank / "bank.json").read_text())["levels"][1]["file"]
    with (copied_bank / file).open("r+b") as network:
        network.seek(1000)
        network.write(b"?!")
    refuses(graph, diagnostics, f"{file} is not the one that bank.json names (sha256", bank=str(copied_bank))


def test_refuses_a_truncated_network(graph, diagnostics, copied_bank):
    file = json.loads((copied_bank / "bank.json").read_text())["levels"][0]["file"]
    with (copied_bank / file).open("r+b") as network:
        network.truncate(1000)
    refuses(graph, diagnostics, "sha256", bank=str(copied_bank))


def test_refuses_a_detector_that_the_bank_lacks(graph, diagnostics):
    refuses(graph, diagnostics, "has no palm detector 'huge'", detector="huge")


def test_refuses_to_run_on_the_cpu_where_an_accelerator_is_required(graph, diagnostics):
    refuses(graph, diagnostics, "require_accelerator", require_accelerator=True, providers=["cpu"])


def test_refuses_a_precision_that_the_bank_lacks(graph, diagnostics, copied_bank):
    sentence = "The network full cannot run in int8 on onnxruntime"
    refuses(graph, diagnostics, sentence, precision="int8", bank=str(copied_bank))


def test_refuses_a_bank_that_sees_depth_where_it_looks_at_images(graph, diagnostics, tmp_path):
    write_depth_bank(tmp_path / "bank", near=share_path("models", "mediapipe"))
    sentence = "The levels of the bank see depth, but depth.mode is rgb"
    refuses(graph, diagnostics, sentence, bank=str(tmp_path / "bank"))


def test_refuses_an_impossible_parameter(graph, diagnostics):
    refuses(
        graph,
        diagnostics,
        "Parameter image_transport is 'theora', but must be one of: raw, compressed.",
        image_transport="theora",
    )
