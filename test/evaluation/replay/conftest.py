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

"""Options of the tests of replaying."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

# Without these no test here is collected; see test/conftest.py.
if find_spec("rosbags"):
    from hand_tracking_dsp.evaluation.replay.run import ReplayOptions
    from hand_tracking_dsp.resources import default_bank


@pytest.fixture
def replay_options() -> ReplayOptions:
    """Give the options with which to replay, on the package's own bank."""
    return ReplayOptions(bank=default_bank())
