"""Pictures whose gestures people named: a folder and a CSV file."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.recordings.truth import Box

PARTS = ("all", "tuning", "held-out")
"""What of a set of pictures is measured; see choose_part."""

_BOX = ("xmin", "ymin", "xmax", "ymax")
_MOST_FINGERS = 5


@dataclass(frozen=True, slots=True)
class LabelledHand:
    """A hand in a picture, and what a person says that it shows.

    Attributes:
        path: The picture.
        open_fingers: 0 to 5; None where not said.
        gesture: Its name, NO_GESTURE where it shows none of them; None where not said.
        box: Left, top, right, bottom, pixels; None where not said.
    """

    path: Path
    open_fingers: int | None
    gesture: str | None
    box: Box | None

    @property
    def group(self) -> str:
        """What looks alike: the name's part before the first "_", or its letters where it has none."""
        before, mark, _ = self.path.stem.partition("_")
        return before if mark else before.rstrip("0123456789")


def read_labels(table: Path, folder: Path) -> tuple[LabelledHand, ...]:
    """Read a table of labels.

    Its columns: file (a name below the folder, or a pattern such as 2_*.jpg for all that it fits), and any of
    open_fingers (0 to 5), gesture ("none" where it shows none), and xmin, ymin, xmax, ymax (pixels). An empty
    cell is not measured. Several rows of a file are several hands, then told apart by their boxes.

    Raises:
        ConfigurationError: It cannot be read, says something else, or a picture is missing.
    """
    try:
        # Spreadsheets put a mark before the first column's name.
        lines = table.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The labels {table} cannot be read: give a CSV file in UTF-8."
        raise ConfigurationError(msg) from error
    rows = csv.DictReader(lines)
    try:
        names = rows.fieldnames or ()
        if "file" not in names or not {"open_fingers", "gesture"} & set(names):
            msg = f"The labels {table} lack a column: it needs file, and open_fingers or gesture or both."
            raise ConfigurationError(msg)
        hands = [hand for row in rows for hand in _hands(row, folder, f"line {rows.line_num} of {table}")]
    except csv.Error as error:
        msg = f"The labels {table} are no CSV ({error}): correct line {rows.line_num + 1}."
        raise ConfigurationError(msg) from error
    if not hands:
        msg = f"The labels {table} name no picture: add rows."
        raise ConfigurationError(msg)
    return tuple(hands)


def choose_part(hands: Sequence[LabelledHand], part: str) -> tuple[LabelledHand, ...]:
    """Choose the half that thresholds were tuned on, or the one held out.

    Groups of like pictures stay together: the largest first, each goes to the half that is smaller so far.

    Args:
        hands: All of them.
        part: One of PARTS.
    """
    if part == "all":
        return tuple(hands)
    sizes = Counter(hand.group for hand in hands)
    halves: tuple[set[str], set[str]] = set(), set()
    for group in sorted(sizes, key=lambda name: (-sizes[name], name)):
        min(halves, key=lambda half: sum(sizes[name] for name in half)).add(group)
    chosen = halves[PARTS.index(part) - 1]
    return tuple(hand for hand in hands if hand.group in chosen)


def _hands(row: Mapping[str, str | None], folder: Path, where: str) -> Iterator[LabelledHand]:
    name = row["file"] or ""
    fingers = _fingers((row.get("open_fingers") or "").strip(), where)
    gesture: str | None = (row.get("gesture") or "").strip() or None
    box = _box([(row.get(key) or "").strip() for key in _BOX], where)
    paths = _pictures(name, folder)
    if not name or not all(path.is_file() for path in paths) or not paths:
        msg = f"There is no picture '{name}' in {folder}, as {where} says: correct the name."
        raise ConfigurationError(msg)
    for path in paths:
        yield LabelledHand(path, fingers, "" if gesture == "none" else gesture, box)


def _pictures(name: str, folder: Path) -> list[Path]:
    if not any(mark in name for mark in "*?["):
        return [folder / name]
    try:
        return sorted(folder.glob(name))
    except (ValueError, NotImplementedError):  # patterns such as **.jpg, or from the root
        return []


def _fingers(text: str, where: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or int(text) > _MOST_FINGERS:
        msg = f"'{text}' in {where} is no number of open fingers: write 0 to 5, or nothing."
        raise ConfigurationError(msg)
    return int(text)


def _box(texts: Sequence[str], where: str) -> Box | None:
    if not any(texts):
        return None
    try:
        left, top, right, bottom = map(float, texts)
    except ValueError:
        left = top = right = bottom = math.nan
    if not (-math.inf < left < right < math.inf and -math.inf < top < bottom < math.inf):
        msg = f"'{','.join(texts)}' in {where} is no box: write xmin, ymin, xmax, ymax in pixels, or nothing."
        raise ConfigurationError(msg)
    return left, top, right, bottom
