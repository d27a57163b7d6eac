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

"""What messages say of each block, and the choices that they stand for."""

from __future__ import annotations

import pytest

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.keep import choice_of, keep_of


def test_shares_that_stay_and_intensities_are_two_sides_of_one_choice() -> None:
    assert keep_of((0, 1, 2, 3, 4)) == (100, 75, 50, 25, 0)
    assert choice_of(keep_of((4, 0, 3, 2, 1))) == (4, 0, 3, 2, 1)


def test_a_share_that_there_is_not_is_named_with_those_that_there_are() -> None:
    with pytest.raises(ModelError, match=r"hold 13 %: give 100, 75, 50, 25, 0 for each block"):
        choice_of((100, 13, 99))
