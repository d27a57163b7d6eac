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

"""Writing a bank's folder: whatever fails, an old bank there stays usable."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest
from support.killing import killed_at_each_step
from support.networks import tiny_network

from hand_tracking_dsp import file_set
from hand_tracking_dsp.compression.bank.entries import new_bank, new_level, numbered, with_variant
from hand_tracking_dsp.compression.bank.files import read_files, write_bank
from hand_tracking_dsp.errors import ModelError, OutputError
from hand_tracking_dsp.tracking.contract import BYTE_INPUT
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_file import read_network


def unopened(content: bytes) -> bytes:
    """Make an ONNX file that holds a producer's name and nothing else: these networks are never opened."""
    return b"\x12" + bytes([len(content)]) + content


def make(*names: str, suffix: bytes = b"") -> tuple[Manifest, dict[str, bytes]]:
    """A bank of levels of these names, each with an INT8 variant."""
    files: dict[str, bytes] = {}
    levels = []
    for count, name in enumerate(names):
        files |= {
            f"{name}.onnx": unopened(name.encode() + suffix),
            f"{name}_int8.onnx": unopened(b"8" + name.encode() + suffix),
        }
        level = new_level(name, f"{name}.onnx", files[f"{name}.onnx"], parameters=100 - count, macs=1)
        levels.append(with_variant(level, f"{name}_int8.onnx", files[f"{name}_int8.onnx"], "int8"))
    return new_bank("test", "Apache-2.0", "a test", levels), files


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    bank, files = make("dense", "half")
    assert write_bank(tmp_path / "new", bank, files) == bank
    assert read_manifest(tmp_path / "new") == bank
    assert read_files(read_manifest(tmp_path / "new")) == files


def test_networks_get_the_byte_input_where_the_bank_says_so_and_are_read_without_it(
    tiny_bank: Path, tmp_path: Path
) -> None:
    floats = read_manifest(tiny_bank)
    files = read_files(floats)
    bank = write_bank(tmp_path / "bytes", replace(floats, schema=BYTE_INPUT), files, ["half.onnx"])
    assert read_manifest(tmp_path / "bytes") == bank
    assert [info.float_sha256 is None for info in bank.files] == [False, True, False]
    assert [info.computes for info in bank.files] == [info.sha256 for info in floats.files]
    assert read_files(bank) == files
    assert [info.file for info in bank.files if read_network(bank, info) != files[info.file]] == [
        "dense.onnx",
        "int8.onnx",
    ]
    # Written again, all that is given takes bytes, and what lies in its folder stays as it is.
    again = write_bank(tmp_path / "again", bank, read_files(bank))
    assert [info.float_sha256 for info in again.files] == [info.sha256 for info in floats.files]
    assert again.levels[0].sha256 == bank.levels[0].sha256
    assert write_bank(tmp_path / "same", bank, {}) == bank


def test_a_changed_network_of_a_bank_that_takes_bytes_gets_the_byte_input(
    tiny_bank: Path, tmp_path: Path
) -> None:
    floats = read_manifest(tiny_bank)
    bank = write_bank(tmp_path / "bytes", replace(floats, schema=BYTE_INPUT), read_files(floats))
    new = tiny_network(0.07)
    level = new_level("half", "half.onnx", new, parameters=50, macs=1)
    changed = replace(bank, levels=numbered([bank.levels[0], level]))
    written = write_bank(tmp_path / "new", changed, {**read_files(bank), "half.onnx": new})
    assert written.levels[1].float_sha256 == level.sha256 != written.levels[1].sha256
    assert read_files(written)["half.onnx"] == new


def test_a_network_that_does_not_compute_what_the_bank_says_is_refused(
    tiny_bank: Path, tmp_path: Path
) -> None:
    floats = read_manifest(tiny_bank)
    bank = write_bank(tmp_path, replace(floats, schema=BYTE_INPUT), read_files(floats))
    wrong = bank.with_each_file(lambda info: replace(info, float_sha256="0" * 64))
    with pytest.raises(ModelError, match=r"dense.onnx does not compute what bank.json says of it"):
        read_files(wrong)


def test_writing_again_leaves_the_same_folder(tmp_path: Path) -> None:
    write_bank(tmp_path, *make("dense", "half"))
    before = contents(tmp_path)
    write_bank(tmp_path, *make("dense", "half"))
    assert contents(tmp_path) == before


def test_other_networks_of_the_same_names_take_the_place_of_the_old_ones(tmp_path: Path) -> None:
    write_bank(tmp_path, *make("dense", "half"))
    bank, files = make("dense", suffix=b"!")
    written = write_bank(tmp_path, bank, files)
    assert sorted(read_files(read_manifest(tmp_path)).values()) == sorted(files.values())
    assert set(contents(tmp_path)) == {"bank.json", *read_files(read_manifest(tmp_path))}
    assert written.levels[0].file.startswith("dense-")


def test_files_that_no_bank_names_stay(tmp_path: Path) -> None:
    (tmp_path / "dense.onnx").write_bytes(b"somebody's own")
    write_bank(tmp_path, *make("dense"))
    write_bank(tmp_path, *make("half"))
    assert (tmp_path / "dense.onnx").read_bytes() == b"somebody's own"
    assert set(contents(tmp_path)) == {"bank.json", "dense.onnx", "half.onnx", "half_int8.onnx"}


@pytest.mark.parametrize("folder", ["old", "new"])
def test_a_network_that_is_not_given_is_taken_from_the_banks_own_folder(tmp_path: Path, folder: str) -> None:
    bank, files = make("dense", "half")
    bank = write_bank(tmp_path / "old", bank, files)
    assert read_files(write_bank(tmp_path / folder, bank, {})) == files


@pytest.mark.parametrize("broken", ["half.onnx", "half_int8.onnx", "bank.json"])
def test_a_failure_leaves_the_old_bank_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    write_bank(tmp_path, *make("dense"))
    before = contents(tmp_path)

    def fail(path: Path, data: bytes) -> None:
        if path.name == broken:
            msg = "The disk is full."
            raise OutputError(msg)
        path.write_bytes(data)

    monkeypatch.setattr(file_set, "write_bytes", fail)
    monkeypatch.setattr(file_set, "write_text", lambda path, text: fail(path, text.encode()))
    with pytest.raises(OutputError):
        write_bank(tmp_path, *make("dense", "half"))
    assert contents(tmp_path) == before


def test_a_network_that_is_not_what_its_entry_says_is_refused(tmp_path: Path) -> None:
    write_bank(tmp_path, *make("dense"))
    before = contents(tmp_path)
    bank, files = make("dense", "half")
    with pytest.raises(ModelError, match=r"half_int8.onnx is not the one that its entry describes"):
        write_bank(tmp_path, bank, {**files, "half_int8.onnx": b"another"})
    del files["half.onnx"]
    with pytest.raises(ModelError, match=r"half.onnx cannot be read"):
        write_bank(tmp_path, bank, files)
    assert contents(tmp_path) == before


def test_a_bank_that_a_reader_would_refuse_cannot_be_made(tmp_path: Path) -> None:
    bank = write_bank(tmp_path, *make("dense"))
    with pytest.raises(ModelError, match="not numbered 0, 1, 2"):
        replace(bank, levels=(replace(bank.levels[0], index=3),))


def test_a_folder_where_a_network_should_be_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "dense.onnx").mkdir()
    with pytest.raises(OutputError, match=r"dense.onnx cannot be read \(Is a directory\)"):
        write_bank(tmp_path, *make("dense"))


def test_a_command_that_is_killed_at_any_step_leaves_the_old_bank_or_the_new_one(tmp_path: Path) -> None:
    write_bank(tmp_path, *make("dense", "half"))
    new, files = make("dense", "other", suffix=b"!")

    def names() -> list[str]:
        bank = read_manifest(tmp_path)
        assert len(read_files(bank)) == 4
        return [level.name for level in bank.levels]

    found = [names() for _ in killed_at_each_step(lambda: write_bank(tmp_path, new, files))]
    assert [bank for bank, _ in groupby(found)] == [["dense", "half"], ["dense", "other"]]
    assert set(contents(tmp_path)) == {"bank.json", *read_files(read_manifest(tmp_path))}
