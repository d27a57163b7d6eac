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

"""Files of named arrays: what a server, a robot or a study goes on from when it is started again."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import hand_tracking_dsp
from hand_tracking_dsp.documents import read_bytes, sha256_of
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations

NamedArrays = dict[str, NDArray[Any]]

_MISSIONS = ("observations", "points", "labels", "missions")
_DIGITS = 16


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays, through a temporary name.

    Raises:
        OutputError: They cannot be written.
    """
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    write_bytes(path, buffer.getvalue())


def read_arrays(path: Path, *names: str) -> NamedArrays | None:
    """Read arrays; None where there is no file.

    Args:
        path: File that write_arrays wrote.
        names: Arrays that must be in it.

    Raises:
        ModelError: It is damaged, or lacks one.
    """
    try:
        # From memory: numpy leaves damaged files open.
        with np.load(io.BytesIO(read_bytes(path)), allow_pickle=False) as file:
            arrays: NamedArrays = {name: file[name] for name in file.files}
        for name in names:
            arrays[name]
    except FileNotFoundError:
        return None
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise damaged(path, error) from error
    return arrays


def write_missions(path: Path, data: LabelledObservations) -> None:
    """Write what a robot learns from.

    Raises:
        OutputError: It cannot be written.
    """
    write_arrays(path, {name: getattr(data, name) for name in _MISSIONS})


def read_missions(path: Path) -> LabelledObservations | None:
    """Read what a robot learns from; None where there is no file.

    Raises:
        ModelError: It is damaged.
    """
    arrays = read_arrays(path, *_MISSIONS)
    if arrays is None:
        return None
    observations, points, labels, missions = (arrays[name] for name in _MISSIONS)
    return LabelledObservations(observations, points, labels, missions)


def part_file(folder: Path, kind: str, *depends_on: object) -> Path:
    """Name the file of a finished part by all that it depends on: another setting finds another name.

    Args:
        folder: Folder of parts.
        kind: Word that the name begins with, and its ending, for example missions.npz.
        depends_on: What JSON can hold; the package's version is added.
    """
    word, ending = kind.split(".")
    text = json.dumps([hand_tracking_dsp.__version__, *depends_on])
    return folder / f"{word}_{sha256_of(text.encode())[:_DIGITS]}.{ending}"


def array_digest(*arrays: NDArray[Any]) -> str:
    """Return a name of arrays that others do not have."""
    return sha256_of(b"".join(array.tobytes() for array in arrays))[:_DIGITS]


def damaged(path: Path, error: Exception) -> ModelError:
    """Return the error of a file that cannot be gone on from."""
    return ModelError(f"{path} cannot be read ({error}): delete it, and what it holds is made again.")
