"""Writing of files so that a crash leaves the old ones whole, and reading of JSON."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hand_tracking_dsp.errors import OutputError


def read_json(path: Path) -> Any:  # noqa: ANN401 (any JSON value)
    """Read a JSON file.

    Raises:
        OSError: It cannot be read.
        ValueError: It is not UTF-8 or not JSON; NaN and Infinity, which Python would read, are not.
    """
    text = path.read_text(encoding="utf-8")
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        msg = "its values are nested too deeply"
        raise ValueError(msg) from None


def _refuse(constant: str) -> None:
    msg = f"{constant} is not a JSON number"
    raise ValueError(msg)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file under a temporary name, then rename it; its folder is made if missing.

    A link stays one: what it leads to is written.

    Raises:
        OutputError: It cannot be written, or is there and read-only.
    """
    path = path.resolve() if path.is_symlink() else path
    if path.exists() and not os.access(path, os.W_OK):
        msg = f"{path} is read-only: choose another name, or make it writable."
        raise OutputError(msg)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):  # where a folder on the way is a file, there is nothing to remove either
            temporary.unlink()
        msg = f"{path} cannot be written ({error.strerror}): choose another folder or make room."
        raise OutputError(msg) from error


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV, as write_bytes does.

    Raises:
        OutputError: It cannot be written.
    """
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(header)
    lines.writerows(rows)
    write_text(path, text.getvalue())


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8, as write_bytes does.

    Raises:
        OutputError: It cannot be written.
    """
    write_bytes(path, text.encode())
