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

"""ROS domains for the graphs of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hand_tracking_dsp.nodes.graph.domains import reserved_domain


@pytest.fixture
def domain_id() -> Iterator[int]:
    """Give a ROS domain that no other test or command of this machine uses meanwhile."""
    with reserved_domain() as domain:
        yield domain


@pytest.fixture(scope="module")
def module_domain_id() -> Iterator[int]:
    """Give one to all tests of a module."""
    with reserved_domain() as domain:
        yield domain
