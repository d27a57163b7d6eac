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

"""hand-tracking-dsp models blocks, and the bank that it writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.crops import smooth_crops

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.compression.bank.entries import numbered
from hand_tracking_dsp.compression.bank.files import write_bank
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.composition.block_set import BlockSet
from hand_tracking_dsp.tracking.composition.compose import compose
from hand_tracking_dsp.tracking.manifest import read_manifest


@pytest.fixture
def hands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder whose pictures count as hands: looking for hands has tests of its own."""

    def collect(_: object, count: int, *__: object, **___: object) -> Crops:
        return smooth_crops(count, 0)

    monkeypatch.setattr("hand_tracking_dsp.compression.data.crops.collect_crops", collect)
    return str(tmp_path)


def test_a_bank_gets_blocks_that_networks_are_composed_of(
    hands: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["models", "blocks", "--images", hands, "--count", "32", "--runs", "1", "--out", str(out)]
    assert main([*words, "--precision", "int8"]) == 0
    shown = capsys.readouterr().out
    assert "25 %" in shown
    assert "never accuracy" in shown
    bank = read_manifest(out)
    made = {info.precision: info.source for info in bank.blocks or ()}
    assert made["int8"]["crops"] < 32
    assert made["fp32"] == (read_manifest(default_bank()).blocks or ())[0].source, "as they were"
    assert bank.operating_points == read_manifest(default_bank()).operating_points
    assert compose(BlockSet.read(bank, "int8"), [1] * 16)

    # A bank that is written again keeps its blocks, until its dense network is another one.
    again = write_bank(tmp_path / "again", bank, {})
    assert again.blocks == bank.blocks
    assert BlockSet.read(again, "int8").blocks
    other = write_bank(tmp_path / "other", bank.with_levels(numbered(bank.levels[1:])), {})
    assert not other.blocks


def test_pictures_or_a_pack_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["models", "blocks", "--out", "out"])
    assert "--images" in capsys.readouterr().err
