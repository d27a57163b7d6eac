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

"""What a machine lacks is said in one sentence before anything is made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of programs that stands for PATH: nothing but what the shell's checks use themselves."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "uname").symlink_to(str(shutil.which("uname")))
    return folder


def add_program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def check(machine: Path, call: str) -> str:
    """Run a check of scripts/checks.sh and return the sentence it wrote; empty where all is well."""
    environment = {key: value for key, value in os.environ.items() if key not in {"CC", "CXX"}}
    done = subprocess.run(
        ["/bin/sh", "-c", f". {ROOT}/scripts/checks.sh; {call}"],
        env={**environment, "PATH": str(machine)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (1 if done.stderr else 0)
    return done.stderr


def test_a_missing_python_is_named(machine: Path) -> None:
    assert check(machine, "check_python python3 13").startswith(
        "setup: there is no 'python3' on PATH; install Python 3.10 to 3.13"
    )


@pytest.mark.parametrize("version", ["2.7", "3.9", "3.14"])
def test_a_python_too_old_or_too_new_is_named(machine: Path, version: str) -> None:
    add_program(machine, "python3", f"echo {version}")
    assert check(machine, "check_python python3 13") == (
        f"setup: 'python3' is Python {version}, but 3.10 to 3.13 is needed here; "
        "name another: make PYTHON=python3.11.\n"
    )


def test_a_python_without_venv_is_named(machine: Path) -> None:
    add_program(machine, "python3", 'case "$2" in *version*) echo 3.11 ;; *) exit 1 ;; esac')
    assert check(machine, "check_python python3 13") == (
        "setup: Python 3.11 has no venv module; "
        "install it (Debian, Ubuntu: sudo apt install python3.11-venv).\n"
    )


@pytest.mark.parametrize("version", ["3.10", "3.13"])
def test_a_supported_python_passes(machine: Path, version: str) -> None:
    add_program(machine, "python3", f"echo {version}")
    assert check(machine, "check_python python3 13") == ""


def test_a_missing_compiler_is_named(machine: Path) -> None:
    add_program(machine, "cc", "")
    assert check(machine, "check_compiler") == (
        "setup: there is no C and C++ compiler ('c++'), which the ROS 2 messages need; "
        "install one (Debian, Ubuntu: sudo apt install build-essential).\n"
    )


def test_a_python_without_headers_is_named(machine: Path) -> None:
    add_program(machine, "python3", "exit 1")
    assert "has no headers (Python.h)" in check(machine, "found=3.11; check_python_headers python3")


def test_a_machine_without_wheels_is_named(machine: Path) -> None:
    (machine / "uname").unlink()
    add_program(machine, "uname", "echo Linux aarch64")
    assert check(machine, "check_platform_of_wheels").startswith(
        "setup: ROS 2 is on PyPI for Linux on x86_64 only, and this is Linux aarch64;"
    )


def test_a_python_without_the_sourced_ros_is_named(machine: Path) -> None:
    add_program(machine, "python3", "exit 1")
    assert check(machine, "found=3.11; check_ros_python python3 /opt/ros/jazzy") == (
        "setup: 'python3' (Python 3.11) cannot import the rclpy of /opt/ros/jazzy; "
        "name the system's own: make PYTHON=/usr/bin/python3.\n"
    )


def test_a_folder_with_a_space_is_named(machine: Path) -> None:
    assert "has a space in it" in check(machine, 'check_folder "/home/my robot"')


def test_this_machine_passes() -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    assert check(Path(path), "check_python python3 13; check_compiler") == ""
