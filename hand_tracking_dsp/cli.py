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

# PYTHON_ARGCOMPLETE_OK
"""The command hand-tracking-dsp."""

from __future__ import annotations

import argparse
import io
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType

from hand_tracking_dsp.commands.catalogue import COMMANDS, GROUPS, module_of
from hand_tracking_dsp.documents import visible
from hand_tracking_dsp.errors import HandTrackingError
from hand_tracking_dsp.resources import named_bank

# A shell's status of a program that SIGINT ended.
_INTERRUPTED = 130
# The same of one that SIGPIPE ended.
_NOT_READ = 141
# What pip calls libraries whose module has another name.
_PIP_NAMES = {"cv2": "opencv-python-headless", "pynvml": "nvidia-ml-py", "yaml": "pyyaml"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: The words behind the program's name; sys.argv's if None.

    Returns:
        The exit status: 0, 1 where the command failed with a sentence on stderr, 2 for wrong usage, 130
        after Ctrl-C where the command has no other way to end, 141 where nobody reads its output any more.
    """
    for stream in (sys.stdout, sys.stderr):
        # What the terminal's encoding lacks, and halves of characters, are shown as escapes.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    words = list(sys.argv[1:] if arguments is None else arguments)
    if "_ARGCOMPLETE" in os.environ:
        words = _words_to_complete()
    name = words[: 2 if words[:1] and words[0] in GROUPS else 1]
    try:
        parser, module = _make_parser(name)
        _complete(parser)
        options = parser.parse_args(words)
        if getattr(options, "source", None) == "":
            parser.error("argument --source: it is empty: name a camera, a file or a drawn source")
        status = int(module.run(options)) if module else 0
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
        return _NOT_READ
    except (HandTrackingError, MemoryError, ModuleNotFoundError, OSError) as error:
        return _fail(name, _explained(error))
    except KeyboardInterrupt:
        _fail(name, "Interrupted.")
        return _INTERRUPTED
    return status


def _make_parser(words: Sequence[str]) -> tuple[argparse.ArgumentParser, ModuleType | None]:
    """Declare all commands, and the options of the one named; only its module is imported.

    Args:
        words: Name of the command, one or two words.

    Returns:
        The parser, and the command's module, None where no command is named.
    """
    parser = argparse.ArgumentParser(
        prog="hand-tracking-dsp",
        description="Hand tracking for robots at a chosen level of sparsity.",
        formatter_class=_OneLineACommand,
    )
    parser.add_argument("--version", action=_Version, help="print the versions of all that matters")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    modules = [_add(commands, (name,), summary, words) for name, summary in COMMANDS.items()]
    for group, content in GROUPS.items():
        below = commands.add_parser(
            group,
            help=content.summary,
            description=_sentence(content.summary),
            formatter_class=_OneLineACommand,
        )
        actions = below.add_subparsers(required=True, metavar="COMMAND")
        modules += [_add(actions, (group, name), text, words) for name, text in content.commands.items()]
    return parser, next((module for module in modules if module), None)


class _OneLineACommand(argparse.HelpFormatter):
    """Help in which the summary of a command stands beside its name, however long that is."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=32)
        self._action_max_length = 18


class _WithDefaults(argparse.HelpFormatter):
    """Help in which every option with a value shows its default, unless its own text says more of it."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = action.help or ""
        told = "default" in text or "if not given" in text
        plain = isinstance(action.default, (int, float, str)) and not isinstance(action.default, bool)
        if told or not plain or action.default in ("", argparse.SUPPRESS) or not action.option_strings:
            return text
        return f"{text} (default: %(default)s)".lstrip()


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    command: tuple[str, ...],
    summary: str,
    words: Sequence[str],
) -> ModuleType | None:
    parser = commands.add_parser(
        command[-1], help=summary, description=_sentence(summary), formatter_class=_WithDefaults
    )
    if tuple(words) != command:
        return None
    for kind in (Path, named_bank):
        parser.register("type", kind, _not_empty(kind))
    module = import_module(module_of(*command))
    module.add_arguments(parser)
    return module


def _not_empty(kind: Callable[[str], Path]) -> Callable[[str], Path]:
    """Let what reads a path refuse an empty word, which a shell makes of a variable that is not set."""

    def read(word: str) -> Path:
        if not word:
            # Path would take it for the current folder.
            msg = "it is empty: name a file or a folder"
            raise argparse.ArgumentTypeError(msg)
        return kind(word)

    read.__name__ = kind.__name__  # argparse names it where the text is not of this type
    return read


class _Version(argparse.Action):
    """Prints versions and ends; they are looked up only then."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:  # noqa: A002
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from hand_tracking_dsp.commands.output import version_lines

        print("\n".join(version_lines()))
        parser.exit()


def _complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell where it asks for completions; see docs/installation.md."""
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)


def _words_to_complete() -> list[str]:
    """Return the words before the cursor."""
    line = os.environ.get("COMP_LINE", "")[: int(os.environ.get("COMP_POINT", "0"))]
    try:
        return shlex.split(line)[1:]
    except ValueError:  # a quotation that is still open
        return line.split()[1:]


def _sentence(summary: str) -> str:
    return f"{summary[0].upper()}{summary[1:]}."


def _fail(words: Sequence[str], sentence: str) -> int:
    with suppress(OSError):
        print(visible(f"hand-tracking-dsp {' '.join(words)}: {sentence}"), file=sys.stderr)
    return 1


def _discard_output() -> None:
    """Lead standard output nowhere, so that Python does not try once more to write what is left of it."""
    with suppress(OSError, ValueError, AttributeError):  # closed, or no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _explained(error: Exception) -> str:
    """Put into a sentence what ended a command."""
    if isinstance(error, ModuleNotFoundError):
        return _missing(error)
    if isinstance(error, MemoryError):
        return f"There is not enough memory ({error or 'none is left'}): give it less at once."
    if isinstance(error, OSError):
        _discard_output()
        what = error.filename or "A file, or the output,"
        denied = isinstance(error, PermissionError)
        advice = "its permissions" if denied else "that the disk has room and may be written"
        return f"{what} cannot be used ({error.strerror}): check {advice}."
    return str(error)


def _missing(error: ModuleNotFoundError) -> str:
    """Say which library is missing.

    Raises:
        ModuleNotFoundError: It is a module of this package: that is no question of installing.
    """
    library = (error.name or "").partition(".")[0]
    if library == "hand_tracking_dsp":
        raise error
    package = _PIP_NAMES.get(library, library)
    return f"It needs the Python module {error.name}, which is not installed: run pip install {package}."


if __name__ == "__main__":
    sys.exit(main())
