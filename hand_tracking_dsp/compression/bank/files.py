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

"""The folder of a bank, written so that a failure harms no old bank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import onnx

from hand_tracking_dsp.compression.onnx_graph import parse_model
from hand_tracking_dsp.documents import sha256_of
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.file_set import FileSet
from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, Manifest, read_manifest, read_network
from hand_tracking_dsp.tracking.network_info import File, FileInfo, LevelInfo


def read_files(bank: Manifest) -> dict[str, bytes]:
    """Read every network of a bank by its file's name.

    Raises:
        ModelError: A file is missing, or its sha256 is another.
    """
    return {info.file: read_network(bank, info) for info in bank.files}


def read_model(bank: Manifest, info: FileInfo) -> onnx.ModelProto:
    """Read a network of a bank as a graph.

    Raises:
        ModelError: The file is missing or not an ONNX network, or its sha256 is another.
    """
    data = read_network(bank, info)
    return parse_model(data, info.file)


def read_level(bank: Manifest, name: str = "") -> tuple[LevelInfo, onnx.ModelProto]:
    """Read a bank's level by name or index, level 0 if empty.

    Raises:
        ModelError: The bank has no such level in fp32, or its file is missing or wrong.
    """
    level = bank.level(name)
    if level.precision != "fp32":
        msg = f"The level {level.name} is in {level.precision}: start from one in fp32."
        raise ModelError(msg)
    return level, read_model(bank, level)


def write_manifest(bank: Manifest) -> None:
    """Write bank.json alone: the networks lie in the bank's folder already.

    Raises:
        OutputError: It cannot be written.
    """
    write_text(bank.folder / MANIFEST_NAME, bank.to_text())


def write_bank(folder: Path, bank: Manifest, files: Mapping[str, bytes]) -> Manifest:
    """Write the networks of a bank, then bank.json; whatever fails, an old bank there stays usable.

    A file that lies there with other bytes is not touched: the new one then gets a name with the
    beginning of its sha256. Networks that only the old bank names are removed at the end.

    Args:
        folder: Destination; made if missing.
        bank: Manifest of the bank; returned as written.
        files: New ONNX files by name; the others lie in the bank's own folder.

    Raises:
        ModelError: A network that the bank names is missing or another one.
        OutputError: Something cannot be written.
    """
    written = FileSet(folder / MANIFEST_NAME, _old_files(folder))

    def placed(info: File) -> File:
        data = files[info.file] if info.file in files else read_network(bank, info)
        if sha256_of(data) != info.sha256:
            msg = f"The network {info.file} is not the one that its entry describes: make the entry again."
            raise ModelError(msg)
        return replace(info, file=written.add(info.file, data))

    new = replace(bank.with_each_file(placed), folder=folder)
    written.write(new.to_text())
    return new


def _old_files(folder: Path) -> set[str]:
    """Name the networks of the bank that lies there; none if there is none that can be read."""
    try:
        return {info.file for info in read_manifest(folder).files}
    except ModelError:
        return set()
