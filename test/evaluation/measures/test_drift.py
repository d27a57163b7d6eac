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

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.control.forecast import DRIFT_OF_NO_USE_PERCENT
from hand_tracking_dsp.evaluation.measures.drift import accuracy_of_drift


def test_accuracy_falls_from_one_to_nothing_and_no_further() -> None:
    drifts = np.array([0.0, 0.5, 1.0, 2.0]) * DRIFT_OF_NO_USE_PERCENT
    assert accuracy_of_drift(drifts) == pytest.approx([1.0, 0.75, 0.0, 0.0])


@given(st.floats(0, 200), st.floats(0, 200))
def test_more_drift_is_never_more_accurate(one, other) -> None:
    assert accuracy_of_drift(max(one, other)) <= accuracy_of_drift(min(one, other))
