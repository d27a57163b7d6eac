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

"""Palm detectors that were trained: the network, and a record of how, in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from hand_tracking_dsp.compression.onnx_graph import parse_model
from hand_tracking_dsp.documents import read_json, sha256_of
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.files import write_bytes, write_text
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized

NETWORK, RECORD = "palm_trained.onnx", "palm_training.json"
"""Names of the two files."""


@dataclass(frozen=True, slots=True)
class TrainedPalm:
    """A palm detector that was trained.

    Attributes:
        model: Network in fp32 with the float input, its PReLUs as mediapipe.prelu writes them.
        source: What it was made of and how, as bank.json has it.
    """

    model: onnx.ModelProto
    source: Mapping[str, Any]


def write_trained(folder: Path, trained: TrainedPalm, rest: Mapping[str, Any]) -> None:
    """Write a detector and its record, of which the rest describes the training.

    Raises:
        OutputError: The folder cannot be written.
    """
    data = serialized(trained.model)
    record = {"sha256": sha256_of(data), "source": dict(trained.source), **rest}
    write_bytes(folder / NETWORK, data)
    write_text(folder / RECORD, json.dumps(record, indent=1) + "\n")


def read_trained(folder: Path) -> TrainedPalm:
    """Read a detector.

    Raises:
        ModelError: There is none, or its files do not belong together.
    """
    network = folder / NETWORK
    try:
        data, record = network.read_bytes(), read_json(folder / RECORD)
        source, sha256 = dict(record["source"]), record["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = (
            f"{folder} holds no trained palm detector ({error}): give the work folder of 'models train-palm'."
        )
        raise ModelError(msg) from error
    if sha256_of(data) != sha256:
        msg = f"{network} is not the network that {RECORD} describes: train again, or restore both files."
        raise ModelError(msg)
    return TrainedPalm(parse_model(data, str(network)), source)
