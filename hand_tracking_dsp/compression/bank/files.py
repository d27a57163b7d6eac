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

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import onnx

from hand_tracking_dsp.compression.bank.byte_input import with_byte_input, with_float_input
from hand_tracking_dsp.compression.bank.changes import only_writer, require_unchanged
from hand_tracking_dsp.compression.bank.free_size import has_free_size, with_fixed_size, with_free_size
from hand_tracking_dsp.compression.bank.half_weights import with_float_weights, with_half_weights
from hand_tracking_dsp.compression.onnx_graph import parse_model, without_output
from hand_tracking_dsp.documents import sha256_of
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.file_set import FileSet
from hand_tracking_dsp.tracking.contract import BYTE_INPUT
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, Manifest, read_manifest
from hand_tracking_dsp.tracking.network_file import read_bank_file, read_network
from hand_tracking_dsp.tracking.network_info import File, FileInfo, LevelInfo, NetworkInfo, files_of


def read_float_network(bank: Manifest, info: FileInfo) -> bytes:
    """Read the ONNX file of a network or one of its variants, with the float input and float32 weights.

    Raises:
        ModelError: The file is missing or damaged, or is another one than the bank says.
    """
    data = read_network(bank, info)
    if info.float_sha256 is None:
        return data
    data = with_float_input(with_float_weights(with_fixed_size(data)), info.file)
    if sha256_of(data) != info.float_sha256:
        msg = (
            f"The network {info.file} does not compute what {MANIFEST_NAME} says of it (sha256 "
            f"{sha256_of(data)[:12]}… with floats throughout, instead of {info.float_sha256[:12]}…): export "
            f"the bank again."
        )
        raise ModelError(msg)
    return data


def read_fixed_network(bank: Manifest, info: FileInfo) -> bytes:
    """Read the ONNX file of a network or one of its variants as it is, a palm detector with a fixed size.

    Raises:
        ModelError: The file is missing or damaged, or is another one than the bank says.
    """
    return with_fixed_size(read_network(bank, info))


def read_files(bank: Manifest) -> dict[str, bytes]:
    """Read every network of a bank, with the float input, by its file's name.

    Raises:
        ModelError: A file is missing or damaged, or is another one than the bank says.
    """
    return {info.file: read_float_network(bank, info) for info in bank.files}


def read_model(bank: Manifest, info: FileInfo) -> onnx.ModelProto:
    """Read a network of a bank as a graph, with the float input.

    Raises:
        ModelError: The file is missing or damaged, or is another one than the bank says.
    """
    return parse_model(read_float_network(bank, info), info.file)


def read_level(bank: Manifest, name: str = "") -> tuple[LevelInfo, onnx.ModelProto]:
    """Read a bank's level by name or index, level 0 if empty, to make another one of it.

    Without error_percent, which is about the level as it is.

    Raises:
        ModelError: The bank has no such level in fp32, or its file is missing or wrong.
    """
    level = bank.level(name)
    if level.precision != "fp32":
        msg = f"The level {level.name} is in {level.precision}: start from one in fp32."
        raise ModelError(msg)
    return level, without_output(read_model(bank, level), "error_percent")


def with_files(bank: Manifest, files: Mapping[str, bytes]) -> Manifest:
    """Describe a bank in which some files are others, by their names, that place landmarks as they did.

    Times and deviations stay; operating points where the levels compute the same.
    """

    def renewed(info: File) -> File:
        if info.file not in files:
            return info
        return replace(info, sha256=sha256_of(files[info.file]), float_sha256=None)

    return bank.with_each_file(renewed)


def write_bank(
    folder: Path,
    bank: Manifest,
    files: Mapping[str, bytes],
    keep_floats: Collection[str] = (),
    since: Manifest | None = None,
) -> Manifest:
    """Write the networks of a bank, then bank.json; whatever fails, an old bank there stays usable.

    From schema contract.BYTE_INPUT on new networks of images get the byte input. New palm detectors take
    images of any size. New fp32 files keep their weights as float16 where that loses nothing.

    A file that lies there with other bytes is not touched: the new one then gets a name with the
    beginning of its sha256. Networks that only the old bank names are removed at the end. Blocks that are of
    another dense network than the bank's are left out.

    Args:
        folder: Destination; made if missing.
        bank: Manifest of the bank; returned as written.
        files: New ONNX files by name, with the float input and float32 weights; the others lie in the bank's
            own folder and stay as they are.
        keep_floats: Names of new files that keep the float input, and their size.
        since: The bank as it was read, of which this one is made: where it lies in the folder, it must be
            there as it was.

    Raises:
        ModelError: A network that the bank names is missing or another one, or the bank in the folder was
            changed meanwhile.
        OutputError: Something cannot be written.
    """
    with only_writer(folder):
        if since is not None and folder.resolve() == since.folder.resolve():
            require_unchanged(since)
        return _written(folder, bank, files, keep_floats)


def _written(
    folder: Path, bank: Manifest, files: Mapping[str, bytes], keep_floats: Collection[str]
) -> Manifest:
    """Write a bank, where no one else does."""
    written = FileSet(folder / MANIFEST_NAME, _old_files(folder))
    palms = {info.file for detector in bank.detectors for info in files_of(detector)}
    fixed: set[str] = set()

    def placed(info: File) -> File:
        if info.file not in files:
            data = read_network(bank, info)
            file = written.add(info.file, data)
            if not has_free_size(data):
                fixed.add(file)
            return replace(info, file=file)
        if sha256_of(data := files[info.file]) != info.computes:
            msg = f"The network {info.file} is not the one that its entry describes: make the entry again."
            raise ModelError(msg)
        takes_bytes = bank.schema >= BYTE_INPUT and info.file not in keep_floats
        palm = info.file in palms and info.file not in keep_floats
        info, data = _packed(info, data, takes_bytes, palm)
        file = written.add(info.file, data)
        if not has_free_size(data):
            fixed.add(file)
        return replace(info, file=file)

    new = replace(bank.with_each_file(placed), folder=folder)
    new = replace(new, detectors=tuple(_any_size(info, fixed) for info in new.detectors))
    blocks = [
        replace(
            info,
            file=written.add(info.file, files.get(info.file) or read_bank_file(bank, info, "file of blocks")),
        )
        for info in bank.blocks or ()
        if _is_of(info, new.levels[0])
    ]
    new = replace(new, blocks=tuple(blocks) or None)
    written.write(new.to_text())
    return new


def _is_of(blocks: FileInfo, level: LevelInfo) -> bool:
    """Tell whether a blocks file is of a level's file in its precision; of another one it is of no use."""
    network = blocks.source.get("network") if isinstance(blocks.source, dict) else None
    return any(
        (network, blocks.precision) == (info.sha256, info.precision) for info in (level, *level.variants)
    )


def _any_size(detector: NetworkInfo, fixed: Collection[str]) -> NetworkInfo:
    """Say of a palm detector whether it takes images of any size: none of its files is a fixed one."""
    return replace(detector, any_size=not any(info.file in fixed for info in files_of(detector)))


def _packed(info: File, data: bytes, takes_bytes: bool, palm: bool) -> tuple[File, bytes]:
    """Return a network as a bank keeps it, and its entry, which goes on naming what it computes."""
    if takes_bytes:
        data = with_byte_input(data, info.file)
    if info.precision == "fp32":
        data = with_half_weights(data)
    if palm:
        data = with_free_size(data)
    found, computes = sha256_of(data), info.computes
    if found == info.sha256:
        return info, data
    if found == computes:
        order = tuple(name for name in info.order if name != "float_sha256")
        return replace(info, sha256=found, float_sha256=None, order=order), data
    return replace(info, sha256=found, float_sha256=computes), data


def _old_files(folder: Path) -> set[str]:
    """Name the networks of the bank that lies there; none if there is none that can be read."""
    try:
        bank = read_manifest(folder)
        return {info.file for info in (*bank.files, *(bank.blocks or ()))}
    except ModelError:
        return set()
