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

"""Files of a bag, and their decompression."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

import yaml

from hand_tracking_dsp.documents import read_text, require_file
from hand_tracking_dsp.errors import OutputError
from hand_tracking_dsp.temporary import temporary_folder

_SUFFIXES = (".mcap", ".db3")
_ZSTD = ".zstd"
_MAX_METADATA_BYTES = 1 << 26
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


def bag_files(path: Path, problems: Counter[str]) -> list[Path]:
    """List the files of a bag in the order of their messages: a file, or those of a folder.

    What is wrong with the folder, which may lack metadata.yaml, is counted in problems.
    """
    if path.is_file():
        return [path]
    found = sorted(
        (one for one in path.iterdir() if one.is_file() and one.name.removesuffix(_ZSTD).endswith(_SUFFIXES)),
        key=lambda one: [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", one.name)],
    )
    try:
        text = read_text(path / "metadata.yaml", _MAX_METADATA_BYTES)
        names = yaml.safe_load(text)["rosbag2_bagfile_information"]["relative_file_paths"]
        # Only inside the folder, whatever is written there; rosbag2 once wrote the folder's name before it.
        named = [path / PurePath(str(name)).name for name in names]
    except Exception:  # noqa: BLE001 (whatever is missing or wrong in it)
        problems["metadata.yaml is missing or damaged: the files are taken by their names"] += 1
        return found
    for one in named:
        if one not in found:
            problems[f"{one.name} is missing, though metadata.yaml names it"] += 1
    return [one for one in named if one in found] or found


@contextmanager
def unpacked(path: Path, problems: Counter[str]) -> Iterator[Path]:
    """Yield the path of a file without its compression: itself, or a copy in a temporary folder.

    Raises:
        OSError: It cannot be read.
        OutputError: There is no room for the copy.
    """
    require_file(path)
    if path.suffix != _ZSTD:
        yield path
        return
    import zstandard

    with temporary_folder() as folder:
        plain = folder / path.stem
        try:
            with path.open("rb") as packed, plain.open("wb") as out:
                shutil.copyfileobj(zstandard.ZstdDecompressor().stream_reader(packed), out)
        except zstandard.ZstdError:
            problems[f"{path.name} is damaged or cut off: it is decompressed up to there"] += 1
        except OSError as error:
            msg = (
                f"{path} cannot be decompressed into {folder.parent} ({error.strerror}): make room there, or "
                f"set TMPDIR to a folder with more."
            )
            raise OutputError(msg) from error
        yield plain


def uncompressed(data: bytes) -> bytes | None:
    """Return a CDR message without the compression that rosbag2 may have put on it; None if it is damaged.

    CDR begins with a zero byte, zstd with another, so no word of metadata.yaml is needed.
    """
    if not data.startswith(_ZSTD_MAGIC):
        return data
    import zstandard

    try:
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    except zstandard.ZstdError:
        return None
