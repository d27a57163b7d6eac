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

"""The command depth measure prints errors in mm and shares of hands."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cli import main


def printed(capsys) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_it_measures_levels_on_rendered_hands_and_on_a_folder(tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((120, 160), 900, np.uint16))
    words = ["--count", "8", "--pictures", "1", "--levels", "4", "--images", str(tmp_path)]
    assert main(["depth", "measure", *words]) == 0
    output = printed(capsys)
    for text in (
        "unseen people, frontal",
        "4 lite_",
        "tracked poses, all views",
        f"│ {tmp_path.name[:20]}",
    ):
        assert text in output
    assert "0 full" not in output


def test_parts_can_be_left_out(capsys):
    assert main(["depth", "measure", "--count", "0", "--pictures", "0"]) == 0
    output = printed(capsys)
    assert "Rendered hands" not in output
    assert "Found by" not in output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--levels", "9"], "--levels has 9: the bank dsp has levels 0 to 4"),
        (["--count", "-1"], "--count is -1"),
        (["--unit-mm", "0"], "--unit-mm is 0: it must be more than 0"),
        (["--focal-px", "nan"], "--focal-px is nan"),
        (["--bank", "nowhere"], "nowhere/bank.json cannot be read"),
        (["--images", "nowhere"], "There is no folder nowhere"),
    ],
)
def test_bad_options_are_refused_in_a_sentence(capsys, words, message):
    assert main(["depth", "measure", *words]) == 1
    assert message in " ".join(capsys.readouterr().err.split())
