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

from pathlib import Path

import pytest

from hand_tracking_dsp.evaluation.replay.naming import distinct_names


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        ([], []),
        (["/data/drive"], ["drive"]),
        (["/data/drive.mcap", "policy.json"], ["drive", "policy"]),
        (["/data/run_1.5"], ["run_1.5"]),
        (["/a/drive", "/b/drive"], ["a/drive", "b/drive"]),
        (["/a/x/drive", "/b/x/drive", "/b/x/night"], ["a/x/drive", "b/x/drive", "b/x/night"]),
        (["/a/drive", "/a/drive.mcap"], ["drive", "drive.mcap"]),
        (["/", "/drive"], ["", "drive"]),
    ],
)
def test_names_are_as_short_as_tells_them_apart(paths, names):
    assert distinct_names([Path(path) for path in paths]) == names
