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

"""Blocks of the package's own dense network, made of pictures that show nothing in particular."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

if find_spec("onnx"):
    from support.crops import smooth_crops

    from hand_tracking_dsp.compression.composition.bank_blocks import with_blocks
    from hand_tracking_dsp.resources import default_bank
    from hand_tracking_dsp.tracking.composition.block_set import BlockSet, unpacked
    from hand_tracking_dsp.tracking.manifest import read_manifest
    from hand_tracking_dsp.tracking.network_file import read_bank_file


@pytest.fixture(scope="session")
def block_files() -> dict[str, bytes]:
    """Blocks files by precision."""
    bank, files = with_blocks(read_manifest(default_bank()), ("fp32", "int8"), smooth_crops(24, 0))
    return {info.precision: files[info.file] for info in bank.blocks or ()}


@pytest.fixture(scope="session")
def block_sets(block_files: dict[str, bytes]) -> dict[str, BlockSet]:
    """Blocks by precision, with the network files that they are of."""
    bank = read_manifest(default_bank())
    dense = bank.levels[0]
    networks = {info.precision: read_bank_file(bank, info) for info in (dense, *dense.variants)}
    return {
        precision: BlockSet(networks[precision], *unpacked(data), precision)
        for precision, data in block_files.items()
    }
