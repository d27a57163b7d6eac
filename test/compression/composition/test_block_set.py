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

"""Reading a blocks file, whatever it may be."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.documents import sha256_of
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.resources import default_bank, original_bank
from hand_tracking_dsp.tracking.composition.block_set import DESCRIPTION, BlockSet, packed, unpacked
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_info import FileInfo


@pytest.fixture
def bank(tmp_path: Path, block_files: dict[str, bytes]) -> Manifest:
    """The package's bank with blocks in INT8."""
    folder = tmp_path / "bank"
    shutil.copytree(default_bank(), folder)
    data = block_files["int8"]
    (folder / "blocks.npz").write_bytes(data)
    info = FileInfo(file="blocks.npz", sha256=sha256_of(data), precision="int8")
    bank = replace(read_manifest(folder), blocks=(info,))
    (folder / "bank.json").write_text(bank.to_text())
    return read_manifest(folder)


def test_a_bank_names_its_blocks(bank: Manifest) -> None:
    one = BlockSet.read(bank, "int8")
    assert len(one.blocks) == 16
    assert one.blocks[0].name == "stem"
    with pytest.raises(ModelError, match=r"no blocks in fp32, but in int8"):
        BlockSet.read(bank, "fp32")
    with pytest.raises(ModelError, match=r"has no blocks in fp32: make them"):
        BlockSet.read(read_manifest(original_bank()), "fp32")


def test_another_file_is_refused(bank: Manifest) -> None:
    (bank.folder / "blocks.npz").write_bytes(b"other")
    with pytest.raises(ModelError, match="is not the one that"):
        BlockSet.read(bank, "int8")
    (bank.folder / "blocks.npz").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        BlockSet.read(bank, "int8")


def test_blocks_of_another_network_are_refused(bank: Manifest, block_files: dict[str, bytes]) -> None:
    description, arrays = unpacked(block_files["int8"])
    data = packed(replace(description, network="0" * 64), arrays)
    (bank.folder / "blocks.npz").write_bytes(data)
    (info,) = bank.blocks or ()
    other = replace(bank, blocks=(replace(info, sha256=sha256_of(data)),))
    with pytest.raises(ModelError, match="are not those of the bank's level 0 in int8"):
        BlockSet.read(other, "int8")


def rewritten(data: bytes, **changes: bytes | None) -> bytes:
    """Return a blocks file with members replaced, or left out where they are None."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            content = changes.get(name.removesuffix(".npy"), old.read(name))
            if content is not None:
                new.writestr(name, content)
    return stream.getvalue()


def saved(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def encrypted(data: bytes) -> bytes:
    """Say of every entry of a zip that it is encrypted."""
    changed = bytearray(data)
    for mark, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = -1
        while (place := data.find(mark, place + 1)) >= 0:
            changed[place + flags] |= 1
    return bytes(changed)


def test_damaged_files_are_refused_in_one_sentence(block_files: dict[str, bytes]) -> None:
    data = block_files["fp32"]
    objects = io.BytesIO()
    np.save(objects, np.array([{}], dtype=object), allow_pickle=True)
    text = json.dumps({"schema": 2, "network": "a", "outputs": [], "blocks": []}).encode()
    rows = json.dumps({"schema": 1, "network": "a", "outputs": 5, "blocks": []}).encode()
    channels = unpacked(data)[0].blocks[5].widths[1].channels
    endless = (
        saved(np.zeros(1, np.uint16)).replace(b"(1,)", b"(1" + b"0" * 15 + b",)").replace(b" " * 15, b"", 1)
    )
    kept = f"block05/{channels}/kept"
    for broken, words in (
        (b"", "no file of blocks"),
        (data[: len(data) // 2], "no file of blocks"),
        (rewritten(data, **{DESCRIPTION: None}), "no file of blocks"),
        (rewritten(data, **{DESCRIPTION: saved(np.frombuffer(b"{", np.uint8))}), "no file of blocks"),
        (rewritten(data, **{DESCRIPTION: saved(np.frombuffer(text, np.uint8))}), "schema is 2"),
        (rewritten(data, **{DESCRIPTION: saved(np.frombuffer(rows, np.uint8))}), "outputs"),
        (rewritten(data, **{kept: endless}), "no file of blocks"),
        (rewritten(data, **{kept: None}), "which .* channels of block05 stay"),
        (rewritten(data, **{kept: objects.getvalue()}), "no file of blocks"),
        (rewritten(data, **{kept: saved(np.zeros(channels, "M8[s]"))}), "kept are not all finite numbers"),
        (rewritten(data, **{kept: saved(np.full(channels, np.nan))}), "kept are not all finite numbers"),
        (rewritten(data, **{kept: b"\x80\x04N."}), "kept are not all finite numbers"),
        (encrypted(data), "no file of blocks"),
        (rewritten(data, **{kept: saved(np.full(channels, 9999, np.uint16))}), "not some of its"),
    ):
        with pytest.raises(ModelError, match=words):
            unpacked(broken)


def test_a_file_that_would_fill_the_memory_is_not_unpacked() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", bytes(300 << 20))
    assert len(stream.getvalue()) < 1 << 20
    with pytest.raises(ModelError, match="larger than 256 MiB"):
        unpacked(stream.getvalue())
