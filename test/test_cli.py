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

"""The command as a user types it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hand_tracking_dsp
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.catalogue import COMMANDS, GROUPS, every_command
from hand_tracking_dsp.evaluation.measures.frames import Frames


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hand_tracking_dsp.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_help_lists_every_command() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in (*COMMANDS, *GROUPS))


@pytest.mark.parametrize("group", GROUPS)
def test_help_of_a_group_has_one_line_a_command(
    group: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    with pytest.raises(SystemExit, match="0"):
        main([group, "--help"])
    lines = capsys.readouterr().out.splitlines()
    for name, summary in GROUPS[group].commands.items():
        assert sum(line.split()[:1] == [name] and line.endswith(summary) for line in lines) == 1


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_explains_its_options(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    if words[0] == "models":
        pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
    with pytest.raises(SystemExit, match="0"):
        main([*words, "--help"])
    assert f"usage: hand-tracking-dsp {' '.join(words)}" in capsys.readouterr().out


def test_help_shows_the_default_of_every_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["models", "distill", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "pictures in a batch (default: 64)" in shown
    assert "for one of the package's; the package's own if not given" in shown
    assert "default: None" not in shown


def test_the_version_names_what_the_package_runs_on() -> None:
    done = run("--version")
    assert done.returncode == 0
    assert done.stdout.startswith(f"hand-tracking-dsp {hand_tracking_dsp.__version__}")
    for name in ("ROS 2", "onnxruntime", "CPUExecutionProvider", "bank: "):
        assert name in done.stdout


@pytest.mark.parametrize(
    ("line", "expected"),
    [("po", "policy"), ("policy tr", "train"), ("record --sec", "--seconds"), ("bench ag", "agreement")],
)
def test_the_shell_completes_commands_and_options(line: str, expected: str) -> None:
    pytest.importorskip("argcomplete", reason="argcomplete is not installed: pip install argcomplete")
    line = f"hand-tracking-dsp {line}"
    # What argcomplete's function for bash hands over; the answer comes on descriptor 8.
    asked = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_TYPE": "9"}
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m hand_tracking_dsp.cli 8>&1 9>/dev/null"],
        env=os.environ | asked | {"_ARGCOMPLETE_SUPPRESS_SPACE": "1", "_ARGCOMPLETE_IFS": " "},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert expected in done.stdout.split()


def test_a_wrong_command_is_answered_with_the_known_ones() -> None:
    done = run("dance")
    assert done.returncode == 2
    assert "models" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("models", "list", "--bank", ""),
        ("compare", "", "after"),
        ("evaluate", "bag", "--out", ""),
        ("demo", "--source", ""),
    ],
    ids=" ".join,
)
def test_an_empty_word_is_not_the_current_folder_or_the_default(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "it is empty: name a " in capsys.readouterr().err


def test_an_error_is_one_sentence_and_no_traceback() -> None:
    done = run("models", "list", "--bank", "/no/such/bank")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "hand-tracking-dsp models list: The level bank /no/such/bank/bank.json cannot be read"
    )
    assert len(done.stderr.splitlines()) == 1


def test_ctrl_c_ends_in_a_word_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("hand_tracking_dsp.commands.parameters.run", interrupt)
    assert main(["parameters"]) == 130
    assert capsys.readouterr().err == "hand-tracking-dsp parameters: Interrupted.\n"


@pytest.mark.parametrize(("command", "module"), [("evaluate", "jinja2"), ("compare", "scipy")])
def test_a_library_that_is_not_installed_is_named(
    command: str, module: str, made_folder: Callable[..., Path], made_run: Callable[..., Frames]
) -> None:
    folders = [str(made_folder(name, made_run())) for name in ("a", "b")]
    code = f"import sys; sys.modules[{module!r}] = None; from hand_tracking_dsp.cli import main; "
    code += f"sys.exit(main([{command!r}, *{folders!r}]))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"hand-tracking-dsp {command}: It needs the Python module {module}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("cv2", "opencv-python-headless"),
        ("yaml", "pyyaml"),
        ("pynvml", "nvidia-ml-py"),
        ("scipy", "scipy"),
        ("matplotlib.figure", "matplotlib"),
    ],
)
def test_a_missing_library_is_installed_under_the_name_that_pip_knows(
    module: str, package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run_without_library(_: object) -> int:
        msg = f"No module named {module!r}"
        raise ModuleNotFoundError(msg, name=module)

    monkeypatch.setattr("hand_tracking_dsp.commands.parameters.run", run_without_library)
    assert main(["parameters"]) == 1
    assert capsys.readouterr().err.endswith(
        f"It needs the Python module {module}, which is not installed: run pip install {package}.\n"
    )
    assert f'"{package}"' in (Path(__file__).parent.parent / "setup.py").read_text(encoding="utf-8")


def test_every_public_name_can_be_imported() -> None:
    for name in hand_tracking_dsp.__all__:
        assert getattr(hand_tracking_dsp, name) is not None


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Hands'"):
        hand_tracking_dsp.Hands  # noqa: B018


def cli_output(*words: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own, whose streams can be anything."""
    code = "import sys; from hand_tracking_dsp.cli import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run([sys.executable, "-c", code, *words], check=False, **options)


def test_output_that_nobody_reads_ends_the_command_without_a_word() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = cli_output("parameters", stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("words", [["parameters"], ["models", "list"]])
def test_output_that_cannot_be_written_is_a_sentence(words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = cli_output(*words, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith(
        f"hand-tracking-dsp {' '.join(words)}: A file, or the output, cannot be used (No space"
    )


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_closed_stream_is_no_error(closed: int) -> None:
    done = cli_output("models", "list", preexec_fn=lambda: os.close(closed))
    assert done.returncode == 0


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "latin-1"])
def test_names_are_shown_as_escapes_whatever_the_encoding(encoding: str) -> None:
    done = cli_output(
        "evaluate",
        b"no\x1b[31m\n\xff".decode("utf-8", "surrogateescape"),
        "--out",
        "nowhere/at/all",
        env={**os.environ, "PYTHONIOENCODING": encoding, "LC_ALL": "C"},
        capture_output=True,
    )
    assert done.returncode == 1
    (line,) = done.stderr.decode(encoding).splitlines()
    assert r"no\x1b[31m\n\udcff" in line
