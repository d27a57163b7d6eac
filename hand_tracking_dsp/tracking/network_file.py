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

"""The only way to read a bank's networks from disk.

A network is read only through its manifest, and refused when its sha256 is not the manifest's.
"""

from __future__ import annotations

from hand_tracking_dsp.documents import read_bytes, sha256_of
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, Manifest, read_manifest
from hand_tracking_dsp.tracking.network_info import FileInfo, LevelInfo, files_of
from hand_tracking_dsp.tracking.onnx_file import check_not_empty, check_self_contained


def changed_meanwhile(bank: Manifest) -> ModelError:
    """Return the error that a bank is another one than the one that was read."""
    return ModelError(f"The bank {bank.folder} was changed meanwhile: run this again.")


def read_network(manifest: Manifest, info: FileInfo) -> bytes:
    """Read the ONNX file of a network or one of its variants, and check its sha256.

    Raises:
        ModelError: The file is missing or empty, its sha256 is not the manifest's, or it names further
            files; or the bank was changed meanwhile.
    """
    data = read_bank_file(manifest, info)
    check_self_contained(data, str(manifest.folder / info.file))
    return data


def in_precision(level: LevelInfo, precision: str) -> FileInfo:
    """Return a level's file of a precision; its default one where it has none."""
    return next((one for one in files_of(level) if one.precision == precision), level)


def read_bank_file(manifest: Manifest, info: FileInfo, kind: str = "network") -> bytes:
    """Read a file of a bank and check its sha256; messages call it a file of some kind.

    Raises:
        ModelError: The file is missing or empty, or its sha256 is not the manifest's; or the bank was
            changed meanwhile.
    """
    path = manifest.folder / info.file
    try:
        data = read_bytes(path)
    except OSError as error:
        msg = f"The {kind} {path} cannot be read ({error.strerror}): restore the bank's folder."
        raise _changed(manifest, info) or ModelError(msg) from error
    check_not_empty(data, str(path))
    found = sha256_of(data)
    if found != info.sha256:
        msg = (
            f"The {kind} {path} is not the one that {MANIFEST_NAME} names (sha256 {found[:12]}… instead of "
            f"{info.sha256[:12]}…): restore the file or export the bank again."
        )
        raise _changed(manifest, info) or ModelError(msg)
    return data


def _changed(manifest: Manifest, info: FileInfo) -> ModelError | None:
    """Return an error if bank.json by now names other files than a network; None if the bank is damaged."""
    try:
        now = read_manifest(manifest.folder)
    except ModelError:
        return None
    files = (*now.files, *(now.blocks or ()))
    named = any((one.file, one.sha256) == (info.file, info.sha256) for one in files)
    return None if named else changed_meanwhile(manifest)
