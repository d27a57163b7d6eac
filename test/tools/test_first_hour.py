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

"""The first hour's script refuses at once what it cannot use."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "first_hour.sh"


@pytest.mark.parametrize(
    ("words", "told"),
    [((), "give two videos and a folder"), (("0", "0", "out"), "'0' is no file: give a video")],
    ids=["nothing", "a camera"],
)
def test_what_cannot_be_used_is_refused_before_the_first_step(
    tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    done = subprocess.run(
        ["bash", str(SCRIPT), *words], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert told in done.stderr
    assert not list(tmp_path.iterdir())
