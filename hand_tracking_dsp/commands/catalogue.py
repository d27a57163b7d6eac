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

"""The commands of hand-tracking-dsp: their groups, names, summaries and modules."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """Commands that are called by two words."""

    summary: str
    commands: Mapping[str, str]


COMMANDS: Mapping[str, str] = {
    "up": "start the camera, tracker, controller and power nodes",
    "demo": "run the nodes for a while, leave a video, plots, a summary",
    "view": "show the running nodes or a bag on a page in the browser",
    "top": "show the running nodes' figures in the terminal",
    "record": "write a bag of a camera, a file or the running graph",
    "replay": "publish a bag on ROS topics, with /clock",
    "evaluate": "replay bags or photos through the tracker, write a report",
    "compare": "compare two evaluations, for people and for CI",
    "timeline": "draw what ran when in one second of a bag",
    "bench": "measure frame times, work over clips, transport, agreement",
    "parameters": "print the nodes' parameters as YAML or as tables",
}
"""Summaries of the commands of one word, by name."""

GROUPS: Mapping[str, Group] = {
    "models": Group(
        "make, check and measure the networks of a level bank",
        {
            "import": "rewrite MediaPipe's networks as ONNX",
            "list": "print the networks of a bank",
            "convert": "let the networks of a bank take bytes, not floats",
            "merge": "put levels and detectors of several banks into one",
            "points": "measure operating points on clips, choose the best",
            "verify": "check and time a bank's networks on this machine",
            "measure": "compare a bank's levels on hold-out pictures",
            "error-head": "let a bank's levels say how far off they are",
            "calibrate": "choose presence thresholds, scale error_percent",
            "profile": "show in which operators the networks' time goes",
            "prune": "make sparser levels of a bank's network, no training",
            "blocks": "prune blocks one by one, to compose networks of",
            "compositions": "measure networks composed of blocks",
            "architecture": "search over sizes, precisions, widths and depth",
            "granularity": "choose what to prune in: weights, channels, blocks",
            "distill": "train the levels of a bank towards its dense network",
            "pack": "gather pictures of hands and others in one file",
            "search": "compare candidates for levels before they are trained",
            "train": "train levels together, on a pack of pictures",
            "export": "make a bank of what train left, in INT8",
            "quantize": "give every level of a bank an INT8 file",
            "adapt": "adapt a bank to the pictures of your own camera",
            "relevance": "compare criteria of which channels matter",
            "prune-palm": "make the palm detectors of a bank smaller and faster",
            "train-palm": "train a palm detector smaller than the dense one",
            "near-palm": "give a bank a small palm detector of likely places",
            "depth-bank": "train a bank for depth images drawn as statues",
            "baselines": "compare the pruned networks with other methods'",
            "backbones": "prune AKPERL's backbones on signs by an agent",
        },
    ),
    "policy": Group(
        "train the controller's policy and compare policies",
        {
            "record-trace": "record the cost of each frame of a graph or a bag",
            "fit-device": "fit a simulated device to recorded traces",
            "train": "train policies in simulated missions, export the best",
            "akperl": "train agents that compose networks layer by layer",
            "akperl-report": "compare composed networks with searches, measured",
            "akperl-read": "read gestures with composed networks, and compare",
            "report": "evaluate a policy in simulated missions",
            "live": "compare policies in the running graph under one load",
            "adapt": "make a policy for this device: record, fit, train",
            "federate": "train a policy over a fleet without sharing its data",
        },
    ),
    "gesture": Group(
        "add gestures by example, measure how well they are read",
        {
            "record": "learn a gesture of your own from hands that show it",
            "list": "print the built-in gestures and those of a file",
            "measure": "measure how well gestures are read",
        },
    ),
    "hourglass": Group(
        "make a bank of networks that see depth: stacked hourglasses",
        {
            "samples": "cut out hands in depth, rendered or of a data set",
            "train": "train stacked hourglasses on rendered hands",
            "prune": "take stacks and channels out by their L1 norms",
            "export": "make a bank whose levels are a network's exits",
            "quantize": "make INT8 files of a bank's exits, keep what gains",
            "times": "time the parts of a hand's way, and frameworks",
            "results": "find the joints of a data set's test frames",
            "study": "compare exits, stacks, supervision and pruning",
        },
    ),
    "depth": Group(
        "evaluate hands in depth images and in space, render hands",
        {
            "benchmark": "compare results with the truth of NYU, ICVL or MSRA",
            "lift": "measure how well hands are placed in space by depth",
            "render": "draw rendered hands, measure how well they are found",
            "measure": "measure how well a bank reads depth drawn as statues",
        },
    ),
}
"""The groups, by name."""


def module_of(*words: str) -> str:
    """Return the name of the module that runs a command."""
    *rooms, name = (word.replace("-", "_") for word in words)
    return ".".join(("hand_tracking_dsp.commands", *rooms, name + "_" * keyword.iskeyword(name)))


def every_command() -> list[tuple[str, ...]]:
    """List the words of every command."""
    below = ((group, name) for group, content in GROUPS.items() for name in content.commands)
    return [*((name,) for name in COMMANDS), *below]
