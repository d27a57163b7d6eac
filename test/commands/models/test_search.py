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

"""The command search, from banks and a pack to a front."""

from __future__ import annotations

import json

import pytest
from support.networks import write_small_bank
from support.packs import write_some_pack

from hand_tracking_dsp.cli import main


@pytest.fixture
def words(tmp_path):
    write_small_bank(tmp_path / "bank")
    write_some_pack(tmp_path / "pack.npz")
    return ["models", "search", str(tmp_path / "pack.npz"), "--bank", str(tmp_path / "bank")]


def test_candidates_are_printed_and_written_with_a_plot(words, tmp_path, capsys):
    out = tmp_path / "out"
    assert main([*words, "--sizes", "160/200", "224", "--runs", "2", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "never accuracy" in printed
    assert "small@160/200" in printed
    found = json.loads((out / "front.json").read_text())
    by_name = {one["name"]: one for one in found["candidates"]}
    assert set(by_name) == {"dense@160/200", "dense@224", "small@160/200", "small@224"}
    assert by_name["dense@224"]["deviation"] == {"crop": pytest.approx(0, abs=1e-4)}
    assert by_name["dense@224"]["accepted"] == {"empty_crop": 100.0}
    assert any(one["on_front"] for one in found["candidates"])
    assert (out / "front.png").stat().st_size > 0


def test_a_size_that_no_level_can_have_is_refused(words, capsys):
    assert main([*words, "--sizes", "170"]) == 1
    assert "size '170' cannot be had" in capsys.readouterr().err


def test_a_pack_without_hands_to_measure_on_is_refused(words, tmp_path, capsys):
    write_some_pack(tmp_path / "pack.npz", without="CROP")
    assert main(words) == 1
    assert "needs hands to fit on and hands to measure on" in capsys.readouterr().err
