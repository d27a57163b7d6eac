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

"""What is known of the layers of the package's own dense network, and an agent of whims."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.composition.block_set import BlockSet
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest

if find_spec("onnx"):
    from support.layers import whimsical_agent

    from hand_tracking_dsp.control.layers.agent import LayerAgent


@pytest.fixture(scope="session")
def bank() -> Manifest:
    return read_manifest(default_bank())


@pytest.fixture(scope="session")
def profile(bank: Manifest) -> CompositionProfile:
    return CompositionProfile.of(BlockSet.read(bank, "int8"), bank.levels[0])


@pytest.fixture(scope="session")
def agent(bank: Manifest, profile: CompositionProfile) -> LayerAgent:
    return LayerAgent(whimsical_agent(bank, profile), bank, profile)
