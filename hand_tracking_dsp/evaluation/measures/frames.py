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

"""Frames as a table, a row each: everything that measures are made of, and frames.csv."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.documents import excerpt, read_rows
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.measures.frame_row import COLUMNS, NAMES, NAN, NUMBERS, FrameRow
from hand_tracking_dsp.files import from_cell, write_table

_EARLIER = tuple(COLUMNS[: COLUMNS.index(name)] for name in ("with_depth", "expected_error"))
"""Headers of versions that knew no depth, and no levels that say their error."""


class FrameRows:
    """Collects rows in little memory, some 300 bytes a frame."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {name: [] for name in NAMES}
        self._numbers = {name: array("d") for name in NUMBERS}

    def add(self, row: FrameRow) -> None:
        """Add a row."""
        for name, words in self._names.items():
            words.append(getattr(row, name))
        for name, numbers in self._numbers.items():
            numbers.append(getattr(row, name))

    def frames(self) -> Frames:
        """Return the rows collected."""
        words = {name: np.array(found, dtype=str) for name, found in self._names.items()}
        return Frames({**words, **{name: np.array(found) for name, found in self._numbers.items()}})


class Frames:
    """Rows of frames, as columns.

    Args:
        columns: Columns by their names in COLUMNS: str [n] or float64 [n] each.
    """

    def __init__(self, columns: Mapping[str, NDArray[Any]]) -> None:
        self._columns = dict(columns)

    def __len__(self) -> int:
        return len(self._columns["frame"])

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return one column: str [n] or float64 [n]."""
        return self._columns[name]

    def take(self, chosen: NDArray[Any]) -> Frames:
        """Return the rows of a mask, bool [n], or of indices, int [m]."""
        return Frames({name: column[chosen] for name, column in self._columns.items()})

    def where(self, **words: str) -> Frames:
        """Return the rows whose columns of words are as given, for example run="level 0"."""
        chosen = np.ones(len(self), dtype=bool)
        for name, word in words.items():
            chosen &= self[name] == word
        return self.take(chosen)

    def names(self, column: str) -> list[str]:
        """Return the different words of a column, in the order of their first rows."""
        return list(dict.fromkeys(self[column].tolist()))

    def write(self, path: Path) -> None:
        """Write frames.csv; NaN is an empty field, numbers have six significant digits behind the point.

        Raises:
            OutputError: The file cannot be written.
        """
        columns = [
            self[name].tolist() if name in NAMES else list(map(_field, self[name].tolist()))
            for name in COLUMNS
        ]
        write_table(path, COLUMNS, zip(*columns, strict=True))


def joined(parts: Sequence[Frames]) -> Frames:
    """Return the rows of several tables, one after the other; at least one table."""
    return Frames({name: np.concatenate([part[name] for part in parts]) for name in COLUMNS})


def read_frames(path: Path) -> Frames:
    """Read frames.csv.

    Raises:
        SourceError: It is missing, of another version, or damaged.
    """
    try:
        rows = list(read_rows(path))
    except OSError as error:
        msg = f"The table {path} cannot be read ({error.strerror}): give the folder that evaluate wrote."
        raise SourceError(msg) from error
    _, header = rows[0] if rows else (0, [])
    if header not in map(list, (COLUMNS, *_EARLIER)):
        missing = next((name for name in COLUMNS if name not in header), "another order of columns")
        msg = f"The table {path} is not of this version ({missing}): run evaluate again."
        raise SourceError(msg)
    return _parsed(path, header, rows[1:])


def _parsed(path: Path, header: list[str], rows: Iterable[tuple[int, list[str]]]) -> Frames:
    found = FrameRows()
    for line, row in rows:
        try:
            if len(row) != len(header):
                msg = f"{len(row)} fields instead of {len(header)}"
                raise ValueError(msg)  # noqa: TRY301 (a damaged line, too)
            words = dict(zip(NAMES, map(from_cell, row), strict=False))
            numbers = {
                name: _number(text)
                for name, text in zip(header[len(NAMES) :], row[len(NAMES) :], strict=True)
            }
        except ValueError as error:
            msg = f"The table {path} is damaged in line {line} ({error}): run evaluate again."
            raise SourceError(msg) from error
        found.add(FrameRow(**words, **numbers))  # type: ignore[arg-type]
    return found.frames()


def _number(text: str) -> float:
    try:
        return float(text or NAN)
    except ValueError:
        msg = f"{excerpt(text)} is not a number"
        raise ValueError(msg) from None


def _field(value: float) -> str:
    if math.isnan(value):
        return ""
    return str(int(value)) if value.is_integer() else f"{value:.6f}"
