"""Photos of a folder as a recording, and the file that tells what they show."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np

from hand_tracking_dsp.cameras.camera import IMAGE_SUFFIXES
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.hand import JOINT_COUNT, Handedness
from hand_tracking_dsp.recordings.recording import Shot, count_problem
from hand_tracking_dsp.recordings.truth import Box, TrueHand
from hand_tracking_dsp.tracking.types import Floats, Image

Truth = Mapping[str, tuple[TrueHand, ...]]
"""The hands in a picture, by the name of its file."""

_BOX = ("xmin", "ymin", "xmax", "ymax")
_JOINTS = tuple(f"{axis}{joint}" for joint in range(JOINT_COUNT) for axis in "xy")
_SIDES = {
    "": Handedness.UNKNOWN,
    "unknown": Handedness.UNKNOWN,
    "left": Handedness.LEFT,
    "right": Handedness.RIGHT,
}
# Photos have no stamps; only differences count.
_INTERVAL_NS = 1_000_000_000


class FolderFootage:
    """The pictures of a folder and its sub-folders, by name, each for itself.

    Args:
        folder: Where they are.
        truth: What they show; a picture that it does not name counts as not known.

    Raises:
        SourceError: There is no picture, or the truth names none of them.
    """

    def __init__(self, folder: Path, truth: Truth | None = None) -> None:
        self.still = True
        self.problems: Counter[str] = Counter()
        self._folder = folder
        self._truth = truth or {}
        if not folder.is_dir():
            msg = f"There is no folder {folder}: name one with pictures."
            raise SourceError(msg)
        self._paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
        if not self._paths:
            msg = f"The folder {folder} holds no picture ({', '.join(IMAGE_SUFFIXES)}): name another one."
            raise SourceError(msg)
        missing = self._truth.keys() - {self._key(path) for path in self._paths}
        if truth and len(missing) == len(truth):
            msg = (
                f"None of the {len(self._paths)} pictures in {folder} is named in the "
                f"truth (it begins with {next(iter(truth))}): paths count from that folder."
            )
            raise SourceError(msg)
        if missing:
            self.problems[f"a picture of the truth is not in the folder ({min(missing)})"] += len(missing)

    def count(self) -> int:
        """Return the number of pictures."""
        return len(self._paths)

    def shots(self) -> Iterator[Shot]:
        """Give the pictures in the order of their names."""
        for index, path in enumerate(self._paths):
            start = perf_counter()
            image = _decoded(path)
            problem = "" if image is not None else "a picture cannot be decoded"
            if problem:
                count_problem(self.problems, f"{problem} ({self._key(path)})")
            stamp_ns = (index + 1) * _INTERVAL_NS
            yield Shot(
                index,
                self._key(path),
                stamp_ns,
                stamp_ns,
                image,
                problem,
                conversion_ms=(perf_counter() - start) * 1e3,
                truth=self._truth.get(self._key(path)),
            )

    def _key(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()


def read_truth(path: Path) -> Truth:
    """Read what pictures show.

    A CSV with a header and a row a hand: `file` (path below the folder of pictures), and any of `xmin`,
    `ymin`, `xmax`, `ymax` (the hand's box, pixels), `x0`, `y0` to `x20`, `y20` (its joints, pixels, in the
    order of msg/Hand.msg) and `handedness` (left or right). A row with a file and nothing else says that the
    picture shows no hand. Other columns are ignored.

    Raises:
        SourceError: It cannot be read, or holds no truth.
    """
    hands: dict[str, list[TrueHand]] = defaultdict(list)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            header = rows.fieldnames or []
            _check_header(path, header)
            for line, row in enumerate(rows, start=2):
                try:
                    hand = _hand(row)
                except (ValueError, TypeError) as error:
                    msg = f"The truth {path} is damaged in line {line} ({error}): correct that line."
                    raise SourceError(msg) from error
                known = hands[row["file"]]
                known += [hand] if hand is not None else []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no table"
        msg = f"The truth {path} cannot be read ({reason}): give a CSV; docs/evaluate.md describes it."
        raise SourceError(msg) from error
    if not hands:
        msg = f"The truth {path} has no row: give one a hand."
        raise SourceError(msg)
    return {name: tuple(found) for name, found in hands.items()}


def _check_header(path: Path, header: object) -> None:
    names = set(header) if isinstance(header, (list, tuple)) else set()
    if "file" not in names or not (names >= set(_BOX) or names >= set(_JOINTS)):
        msg = (
            f"The truth {path} lacks columns: it needs file, and xmin, ymin, xmax, ymax (a box) or x0, y0 to "
            f"x20, y20 (joints)."
        )
        raise SourceError(msg)


def _hand(row: Mapping[str, str | None]) -> TrueHand | None:
    if not row["file"]:
        msg = "it names no file"
        raise ValueError(msg)
    box, joints = _numbers(row, _BOX), _numbers(row, _JOINTS)
    if box is None and joints is None:
        return None
    side = (row.get("handedness") or "").strip().lower()
    if side not in _SIDES:
        msg = f"handedness is {side!r}, not left or right"
        raise ValueError(msg)
    outline: Box | None = None
    if box is not None:
        outline = (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
        if outline[0] >= outline[2] or outline[1] >= outline[3]:
            msg = f"the box {outline} has no area"
            raise ValueError(msg)
    points = None if joints is None else joints.reshape(JOINT_COUNT, 2)
    return TrueHand(joints_px=points, box=outline, handedness=_SIDES[side])


def _numbers(row: Mapping[str, str | None], names: tuple[str, ...]) -> Floats | None:
    """Return the values of some columns, float32; None where all are empty or absent."""
    texts = [row.get(name) or "" for name in names]
    if not any(texts):
        return None
    values = np.array([float(text) for text in texts], dtype=np.float32)
    if not np.isfinite(values).all():
        msg = "a coordinate is not finite"
        raise ValueError(msg)
    return values


def _decoded(path: Path) -> Image | None:
    try:
        data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except (OSError, cv2.error):
        return None
    return None if image is None else image.astype(np.uint8, copy=False)
