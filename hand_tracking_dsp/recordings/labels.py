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

"""Tables of labels: what people say of the hands in pictures, a CSV with a row for each hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from hand_tracking_dsp.cameras.camera import IMAGE_SUFFIXES
from hand_tracking_dsp.cameras.folder import read_image
from hand_tracking_dsp.documents import excerpt, read_rows
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.hand import JOINT_COUNT, Handedness
from hand_tracking_dsp.recordings.truth import TrueHand
from hand_tracking_dsp.tracking.types import Floats, Image

PARTS = ("all", "tuning", "held-out")
"""Parts of a set of labelled hands that can be measured; see choose_part."""

Truth = Mapping[str, tuple[TrueHand, ...]]
"""Hands in a picture, by the name of its file."""

_COLUMNS = {
    "box": ("xmin", "ymin", "xmax", "ymax"),
    "joints": tuple(f"{axis}{joint}" for joint in range(JOINT_COUNT) for axis in "xy"),
    "handedness": ("handedness",),
    "open_fingers": ("open_fingers",),
    "gesture": ("gesture",),
}
_SPELLED = {"joints": f"x0, y0 to x{JOINT_COUNT - 1}, y{JOINT_COUNT - 1}"}
_SIDES = {"": Handedness.UNKNOWN, **{side.name.lower(): side for side in Handedness}}
_MOST_FINGERS = 5


@dataclass(frozen=True, slots=True)
class LabelledHand:
    """Row of a table.

    Attributes:
        path: Picture, as the table names it, or the file where it was looked up.
        truth: Position and side; nothing is known where the picture shows no hand.
        open_fingers: 0 to 5; None where not labelled.
        gesture: Name, "" where the hand shows none; None where not labelled.
    """

    path: Path
    truth: TrueHand = field(default_factory=TrueHand)
    open_fingers: int | None = None
    gesture: str | None = None

    @property
    def group(self) -> str:
        """Name shared by pictures that look alike; see group_of."""
        return group_of(self.path)


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """Picture whose hands a person marked.

    Attributes:
        path: Path to the file.
        boxes: float32 [n, 4]: left, top, right, bottom, pixels.
    """

    path: Path
    boxes: Floats

    @property
    def group(self) -> str:
        """Name shared by pictures that look alike; see group_of."""
        return group_of(self.path)

    def read(self) -> Image:
        """Decode the picture.

        Returns:
            uint8 [height, width, 3], BGR.

        Raises:
            FrameError: It cannot be decoded.
        """
        return read_image(self.path)


def group_of(path: Path) -> str:
    """Return the part of a picture's name before the first "_", or its letters where it has none."""
    before, mark, _ = path.stem.partition("_")
    return before if mark else before.rstrip("0123456789")


def read_truth(table: Path) -> Truth:
    """Read the true hands of pictures.

    Args:
        table: CSV with file (path below the folder of pictures) and a box (xmin, ymin, xmax, ymax, pixels) or
            joints (x0, y0 to x20, y20, pixels, in the order of msg/Hand.msg) or both, and perhaps handedness
            (left or right). A row with a file and nothing else says that the picture shows no hand.

    Raises:
        SourceError: The table cannot be read, or a row is wrong.
    """
    hands: defaultdict[str, list[TrueHand]] = defaultdict(list)
    for _, row in _rows(table, ("box", "joints"), ("handedness",)):
        hands[row.path.as_posix()] += [row.truth] if row.truth.outline else []
    return {name: tuple(found) for name, found in hands.items()}


def read_boxes(table: Path) -> list[LabelledPicture]:
    """Read the boxes of the hands in pictures.

    Args:
        table: CSV with file (path below the table's folder), xmin, ymin, xmax and ymax (pixels). A row with a
            file and nothing else says that the picture shows no hand.

    Returns:
        Pictures, by name.

    Raises:
        SourceError: The table cannot be read, or a row is wrong.
    """
    boxes: defaultdict[str, list[Sequence[float]]] = defaultdict(list)
    for _, row in _rows(table, ("box",)):
        boxes[row.path.as_posix()] += [row.truth.box] if row.truth.box else []
    return [
        LabelledPicture(table.parent / name, np.array(found, np.float32).reshape(-1, 4))
        for name, found in sorted(boxes.items())
    ]


def read_labels(table: Path, folder: Path) -> tuple[LabelledHand, ...]:
    """Read the gestures of the hands in pictures.

    Args:
        table: CSV with file (path below the folder, or a pattern such as 2_*.jpg for all that match) and
            open_fingers (0 to 5) or gesture ("none" where the hand shows none) or both, and perhaps a box
            (xmin, ymin, xmax, ymax, pixels). An empty cell is not measured. Several rows of a file are
            several hands, told apart by their boxes.
        folder: Folder of the pictures.

    Raises:
        SourceError: The table cannot be read, a row is wrong, or a picture is missing.
    """
    hands: list[LabelledHand] = []
    for line, row in _rows(table, ("open_fingers", "gesture"), ("box",)):
        paths = _matches(str(row.path), folder)
        if not paths or not all(path.is_file() for path in paths):
            msg = f"There is no picture '{row.path}' in {folder}, as line {line} of {table} says: correct it."
            raise SourceError(msg)
        hands += [replace(row, path=path) for path in paths]
    return tuple(hands)


def choose_part(hands: Sequence[LabelledHand], part: str) -> tuple[LabelledHand, ...]:
    """Choose the half (one of PARTS) that thresholds were tuned on, or the one held out.

    Groups of similar pictures stay together: the largest first, each goes to the half that is smaller so far.
    """
    if part == "all":
        return tuple(hands)
    sizes = Counter(hand.group for hand in hands)
    halves: tuple[set[str], set[str]] = set(), set()
    for group in sorted(sizes, key=lambda name: (-sizes[name], name)):
        min(halves, key=lambda half: sum(sizes[name] for name in half)).add(group)
    chosen = halves[PARTS.index(part) - 1]
    return tuple(hand for hand in hands if hand.group in chosen)


def _rows(table: Path, needed: Collection[str], also: Collection[str] = ()) -> list[tuple[int, LabelledHand]]:
    """Read a table of labels, UTF-8 with any line ends: each row with the number of its line.

    Besides file it must have the columns of one key of _COLUMNS that is needed; those of the keys in also are
    read where it has them, others are ignored.
    """
    hands = []
    try:
        rows = list(read_rows(table))
    except OSError as error:
        msg = f"The labels {table} cannot be read ({error.strerror}): give a CSV in UTF-8."
        raise SourceError(msg) from error
    names = [name.strip() for name in rows[0][1]] if rows else []
    _check_columns(table, names, needed)
    for line, cells in rows[1:]:
        try:
            if any(cells[len(names) :]):
                msg = f"it has {len(cells)} cells for {len(names)} columns"
                raise ValueError(msg)  # noqa: TRY301 (a wrong row, too)
            row = dict(zip(names, cells, strict=False))
            hands.append((line, _hand(row, {*needed, *also})))
        except ValueError as error:
            msg = f"The labels {table} are wrong in line {line} ({error}): correct it."
            raise SourceError(msg) from error
    if not hands:
        msg = f"The labels {table} have no row: add one for each hand."
        raise SourceError(msg)
    return hands


def _check_columns(table: Path, names: Sequence[str], needed: Collection[str]) -> None:
    """Check that a table has the columns that are needed, each once.

    Raises:
        SourceError: It does not.
    """
    if "file" not in names or not any({*names} >= {*_COLUMNS[key]} for key in needed):
        choices = " or ".join(_SPELLED.get(key, ", ".join(_COLUMNS[key])) for key in needed)
        msg = f"The labels {table} lack a column: they need file, and {choices}."
        raise SourceError(msg)
    known = {"file", *(name for key in _COLUMNS for name in _COLUMNS[key])}
    if repeated := [name for name, count in Counter(names).items() if count > 1 and name in known]:
        msg = f"The labels {table} have the column {repeated[0]} twice: remove one."
        raise SourceError(msg)


def _hand(row: Mapping[str, str], keys: Collection[str]) -> LabelledHand:
    cells = {
        name: row.get(name, "").strip() if key in keys else ""
        for key, names in _COLUMNS.items()
        for name in names
    }
    if not row["file"].strip():
        msg = "it names no file"
        raise ValueError(msg)
    side = cells["handedness"].lower()
    if side not in _SIDES:
        msg = f"handedness is {excerpt(side)}, not left or right"
        raise ValueError(msg)
    box, joints = _numbers(cells, "box"), _numbers(cells, "joints")
    if box is not None and not (box[:2] < box[2:]).all():
        msg = f"the box {box.tolist()} has no area"
        raise ValueError(msg)
    fingers = cells["open_fingers"]
    if fingers and fingers not in map(str, range(_MOST_FINGERS + 1)):
        msg = f"open_fingers is {excerpt(fingers)}, not 0 to {_MOST_FINGERS}"
        raise ValueError(msg)
    gesture = cells["gesture"] or None
    return LabelledHand(
        Path(row["file"].strip()),
        TrueHand(
            joints_px=None if joints is None else joints.reshape(JOINT_COUNT, 2),
            box=None if box is None else (float(box[0]), float(box[1]), float(box[2]), float(box[3])),
            handedness=_SIDES[side],
        ),
        int(fingers) if fingers else None,
        "" if gesture == "none" else gesture,
    )


def _numbers(cells: Mapping[str, str], key: str) -> Floats | None:
    """Return the finite numbers of some columns, float32; None where all cells are empty."""
    texts = {name: cells[name] for name in _COLUMNS[key]}
    if not any(texts.values()):
        return None
    values = []
    for name, text in texts.items():
        try:
            with np.errstate(over="ignore"):
                values.append(np.float32(text))
        except ValueError:
            values.append(np.float32(np.nan))
        if not np.isfinite(values[-1]):
            msg = f"{name} is {excerpt(text)}, not a finite number"
            raise ValueError(msg)
    return np.array(values, np.float32)


def _matches(name: str, folder: Path) -> list[Path]:
    """Find the pictures that a name or pattern means."""
    if not any(mark in name for mark in "*?["):
        return [folder / name]
    try:
        found = sorted(folder.glob(name))
    except (OSError, ValueError, NotImplementedError):  # patterns such as **.jpg, or from the root
        return []
    return [path for path in found if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()]
