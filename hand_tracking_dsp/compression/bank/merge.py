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

"""One bank made of several: their levels, sorted from dense to sparse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hand_tracking_dsp.compression.bank.entries import numbered
from hand_tracking_dsp.compression.bank.files import read_files
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_info import File, FileInfo, LevelInfo, NearInfo, Network, NetworkInfo


def merge_banks(
    folders: Sequence[Path],
    name: str,
    levels: Sequence[str] | None = None,
    detectors: Sequence[str] | None = None,
) -> tuple[Manifest, dict[str, bytes]]:
    """Put the levels and palm detectors of several banks into one.

    Args:
        folders: The banks, at least one; all of the same dense network. Of levels, and of detectors, that
            have the same name, and of near detectors, the last bank's counts; of the dense level the one with
            most variants.
        name: Name of the new bank.
        levels: Names of the levels wanted besides the dense one; all if None.
        detectors: Names of the palm detectors wanted, the one that is to be the default first; all if None.

    Returns:
        The new bank and its files by name, for files.write_bank.

    Raises:
        ModelError: A bank is wrong, their dense networks differ, or none has a network of a name wanted.
    """
    banks = [read_manifest(folder) for folder in folders]
    first = banks[0]
    dense = first.levels[0]
    sparse: dict[str, LevelInfo] = {}
    palms: dict[str, NetworkInfo] = {}
    near: NearInfo | None = None
    files: dict[str, bytes] = {}
    for bank in banks:
        if bank.levels[0].computes != dense.computes:
            msg = (
                f"The banks {first.folder} and {bank.folder} have different dense networks: "
                "merge banks of one."
            )
            raise ModelError(msg)
        data = read_files(bank)

        # Each bank names its files for itself.
        def renamed(info: File, data: Mapping[str, bytes] = data) -> File:
            content = data[info.file]
            file = _free_name(info, files, content)
            files[file] = content
            return replace(info, file=file)

        own = bank.with_each_file(renamed)
        dense = max(dense, own.levels[0], key=lambda level: len(level.variants))
        sparse.update((level.name, level) for level in own.levels[1:])
        palms.update((detector.name, detector) for detector in own.detectors)
        near = own.near_detector or near
    ordered = sorted(_chosen(sparse, levels, "levels"), key=lambda level: -level.parameters)
    merged = replace(
        first.with_levels(numbered([dense, *ordered])),
        schema=max(bank.schema for bank in banks),
        name=name,
        detectors=tuple(_chosen(palms, detectors, "palm detectors")),
        near_detector=near,
    )
    return merged, {info.file: files[info.file] for info in merged.files}


def _chosen(networks: Mapping[str, Network], wanted: Sequence[str] | None, kind: str) -> list[Network]:
    """Take the networks of the names wanted, in that order; all if None."""
    names = list(networks) if wanted is None else list(dict.fromkeys(wanted))
    unknown = sorted(set(names) - set(networks))
    if unknown:
        msg = f"None of the banks has the {kind} {', '.join(unknown)}: choose from {', '.join(networks)}."
        raise ModelError(msg)
    return [networks[name] for name in names]


def _free_name(info: FileInfo, files: Mapping[str, bytes], data: bytes) -> str:
    """Return the file's name, with the beginning of its sha256 where another file has it already."""
    if files.get(info.file, data) == data:
        return info.file
    path = Path(info.file)
    return f"{path.stem}-{info.sha256[:12]}{path.suffix}"
