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

"""Output that several commands have in common: files through a temporary name, and the machine."""

from __future__ import annotations

import io
import json
import math
import os
import platform
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, TaskID, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

import hand_tracking_dsp
from hand_tracking_dsp.documents import require_file, visible, visible_lines
from hand_tracking_dsp.errors import BackendError, HandTrackingError, OutputError
from hand_tracking_dsp.files import make_folder, write_text
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.temporary import temporary_file
from hand_tracking_dsp.tracking.backends import RuntimeOptions, providers_by_precision
from hand_tracking_dsp.tracking.device import device_name
from hand_tracking_dsp.tracking.manifest import read_manifest

_WIDTH_IN_FILES = 160
_PACKAGES = ("numpy", "onnxruntime", "onnxruntime-gpu", "openvino", "opencv-python-headless")


def write_json(path: Path, value: Any) -> None:  # noqa: ANN401 (whatever JSON can hold)
    """Write a value as JSON, NaN and infinity as null, through a temporary name."""
    write_text(path, json.dumps(_finite(value), indent=2) + "\n")


def print_problems(name: str, problems: Mapping[str, int]) -> None:
    """Print what is missing or could not be read of a recording, with how often it was so."""
    for sentence, count in problems.items():
        times = f" ({count} times)" if count > 1 else ""
        print(visible(f"{name}: {sentence}{times}"))


def require_writable(out: Path | None, *files: str, option: str = "--out") -> None:
    """Find out before the work whether its result can be written, and say what it will replace.

    Its folder is made and a file in it, and what was made is removed again.

    Args:
        out: Value of the option; None where it was not given.
        files: Names of the main files in that folder; none if it is the file itself.
        option: The option's name.

    Raises:
        OutputError: It cannot.
    """
    if out is None:
        return
    paths = [out / name for name in files] or [out]
    try:
        replaced = [path for path in paths if _is_there(path)]
        for path in replaced:
            require_file(path)
        _try_writing(Path(os.path.realpath(paths[0])).parent)
    except OSError as error:
        msg = f"{option} {out} cannot be written ({error.strerror}): choose another."
        raise OutputError(msg) from error
    for path in replaced:
        print(f"{visible(str(path))} is there already: it will be replaced.", file=sys.stderr)


def require_updatable(bank: Path) -> None:
    """Find out before the work whether --update can write into the folder of a bank.

    Raises:
        OutputError: It cannot.
    """
    try:
        _try_writing(Path(os.path.realpath(bank)))
    except OSError as error:
        msg = (
            f"--update cannot write into the bank {bank} ({error.strerror}): give a copy of it that may be "
            f"written, or leave --update out."
        )
        raise OutputError(msg) from error


def _is_there(path: Path) -> bool:
    """Return whether a file is there.

    Raises:
        OSError: None can be, for example by its name.
    """
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True


def _try_writing(folder: Path) -> None:
    """Make a folder and a file in it, and remove what was made: permissions do not tell everything.

    Raises:
        OSError: It cannot be made.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        make_folder(folder)
        with temporary_file(folder):
            pass
    finally:
        for one in missing:
            with suppress(OSError):
                one.rmdir()


def machine() -> dict[str, Any]:
    """Describe the machine and the libraries that figures were measured with."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = {package: found for package in _PACKAGES if (found := version_of(package))}
    return {"cpu": device_name(), "cores": cores, "python": platform.python_version(), **versions}


def machine_line() -> str:
    """Describe the same in one line."""
    about = machine()
    libraries = ", ".join(f"{name} {value}" for name, value in about.items() if name not in ("cpu", "cores"))
    return f"{about['cpu']}, {about['cores']} cores; {libraries}"


def version_lines() -> list[str]:
    """Describe the package and what it runs on, a line each: ROS 2, the backends with providers, the bank."""
    lines = [f"hand-tracking-dsp {hand_tracking_dsp.__version__} on Python {platform.python_version()}"]
    ros = version_of("rclpy")
    distribution = os.environ.get("ROS_DISTRO", "distribution not named by ROS_DISTRO")
    lines.append(f"ROS 2: rclpy {ros} ({distribution})" if ros else "ROS 2: not installed")
    for backend, packages in (
        ("onnxruntime", ("onnxruntime", "onnxruntime-gpu")),
        ("openvino", ("openvino",)),
    ):
        found = next((f"{package} {v}" for package in packages if (v := version_of(package))), "")
        try:
            providers = dict.fromkeys(providers_by_precision(RuntimeOptions(backend=backend)).values())
            lines.append(f"{found or backend}: {', '.join(providers)}")
        except BackendError:
            lines.append(f"{backend}: not installed")
    try:
        folder = default_bank()
        manifest = read_manifest(folder)
        lines.append(
            f"bank: {manifest.name}, {len(manifest.levels)} levels, {manifest.fingerprint} ({folder})"
        )
    except HandTrackingError as error:
        lines.append(f"bank: {error}")
    return lines


def version_of(package: str) -> str:
    """Return the version of an installed package; empty where there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def make_console() -> Console:
    """Open standard output for tables: as wide as the terminal, or wide enough for them in a file."""
    # Rich 11 (Ubuntu 22.04) fails where standard output is closed, which Python then has as None.
    nowhere = io.StringIO() if sys.stdout is None else None
    console = _PlainConsole(file=nowhere, markup=False, emoji=False)
    # COLUMNS, where set, is the user's choice.
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDTH_IN_FILES
    return console


class _PlainConsole(Console):
    """Console on which nothing that strangers have named commands the terminal."""

    def render_str(self, text: str, **options: Any) -> Text:  # noqa: ANN401 (as rich has it)
        """Render a text; what is not printable is shown as its escape."""
        return super().render_str(visible_lines(text), **options)


def make_table(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[str | Text]], left: Collection[str] = ()
) -> Table:
    """Make a table.

    Args:
        title: Line above it.
        headings: Headings of the columns.
        rows: Cells of each row.
        left: Headings of the columns besides the first that are aligned to the left, as words are.
    """
    table = Table(title=title)
    for index, heading in enumerate(headings):
        words = index == 0 or heading in left
        table.add_column(heading, justify="left" if words else "right", overflow="fold")
    for cells in rows:
        table.add_row(*cells)
    return table


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Write a Markdown table, so many columns aligned to the left and the others to the right."""
    line = "|" + "---|" * left + "---:|" * (len(headings) - left)
    first, *others = (f"| {' | '.join(map(_markdown_cell, cells))} |" for cells in (headings, *rows))
    return "\n".join([first, line, *others])


def _markdown_cell(text: str) -> str:
    """Keep a text in its cell, and in its line."""
    return visible(text).replace("|", "\\|")


@contextmanager
def progress_bars(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Show progress bars; gives a function of a bar's name, the work done, and the work there is."""
    with Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total)
            progress.update(tasks[name], completed=done)

        yield show


def _finite(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
