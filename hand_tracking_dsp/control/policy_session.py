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

"""Opens the network of an exported policy, and compares its inputs and outputs with those expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import onnxruntime

from hand_tracking_dsp.control.policy_file import METADATA_KEY, PolicyContract
from hand_tracking_dsp.errors import ModelError

Signature = Mapping[str, tuple[str | int | None, ...]]
"""Type and sizes of inputs by name; a size that is None may be any."""


def open_policy(network: bytes, where: str) -> tuple[onnxruntime.InferenceSession, PolicyContract]:
    """Open a policy's network on one thread, and read its contract.

    Args:
        network: ONNX file.
        where: Its name, for messages.

    Raises:
        ModelError: It cannot be opened, or has no contract.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        metadata = session.get_modelmeta().custom_metadata_map
        return session, PolicyContract.from_json(metadata[METADATA_KEY])
    except KeyError as error:
        message = f"The policy {where} lacks the metadata {error}: export it with policy train."
        raise ModelError(message) from error
    except Exception as error:  # ONNX Runtime raises whatever its parser meets
        message = f"The policy {where} cannot be opened ({error}): export it again."
        raise ModelError(message) from error


def signature_differences(
    session: onnxruntime.InferenceSession, inputs: Signature, outputs: Sequence[tuple[str, ...]]
) -> list[str]:
    """Say in what a session's inputs and outputs are not those expected.

    Args:
        session: The session.
        inputs: The inputs expected.
        outputs: Names of the outputs expected: one of these.
    """
    given = {
        node.name: (node.type, *(size if isinstance(size, int) else None for size in node.shape))
        for node in session.get_inputs()
    }
    named = tuple(node.name for node in session.get_outputs())
    found = []
    if given != inputs:
        found.append(f"its inputs are {given} instead of {inputs}")
    if named not in outputs:
        found.append(f"its outputs are {', '.join(named)} instead of {', '.join(outputs[-1])}")
    return found
