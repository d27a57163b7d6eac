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

"""Pauses between attempts."""

import pytest

from hand_tracking_dsp.cameras.backoff import Backoff, BackoffOptions
from hand_tracking_dsp.errors import ConfigurationError


def test_pauses_grow_up_to_the_limit_and_begin_again_after_a_success():
    backoff = Backoff(BackoffOptions(retry_s=0.5, retry_max_s=3.0))
    assert [backoff.failed() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    backoff.succeeded()
    assert backoff.failed() == 0.5


@pytest.mark.parametrize(
    ("retry_s", "retry_max_s", "problem"),
    [
        (0.0, 1.0, "BackoffOptions.retry_s is 0.0, but must be in the range 0.05 to 60 s."),
        (2.0, 1.0, "BackoffOptions.retry_max_s is 1.0, but must be at least retry_s, which is 2.0."),
    ],
)
def test_refuses_values_that_cannot_work(retry_s, retry_max_s, problem):
    with pytest.raises(ConfigurationError) as refusal:
        BackoffOptions(retry_s, retry_max_s)
    assert str(refusal.value) == problem
