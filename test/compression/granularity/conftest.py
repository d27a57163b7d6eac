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

"""The package's dense network with few channels: as many blocks, a hundredth of the work."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if find_spec("onnx"):
    from support.crops import smooth_crops

    from hand_tracking_dsp.compression.bank.files import read_level
    from hand_tracking_dsp.compression.blocks import read_blocks
    from hand_tracking_dsp.compression.granularity.variants import GranularPruner
    from hand_tracking_dsp.compression.pruning.criteria import l1_norm
    from hand_tracking_dsp.compression.pruning.prune import cut
    from hand_tracking_dsp.resources import default_bank
    from hand_tracking_dsp.tracking.manifest import read_manifest

if TYPE_CHECKING:
    import onnx

WIDTH = 24


@pytest.fixture(scope="session")
def narrow() -> onnx.ModelProto:
    """The network."""
    _, dense = read_level(read_manifest(default_bank()))
    keep = {block.name: WIDTH / block.channels for block in read_blocks(dense)}
    return cut(dense, keep, l1_norm(dense, smooth_crops(1, 0)))


@pytest.fixture(scope="session")
def pruner(narrow: onnx.ModelProto) -> GranularPruner:
    """What prunes it to a half."""
    return GranularPruner(narrow, smooth_crops(6, 0), 0.5)
