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

"""Neither ONNX Runtime nor OpenVINO may report to its maker or leave files for that."""

from __future__ import annotations

import ast
import os
import platform
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Kills the process at the first socket for IPv4 or IPv6, from whatever library, thread or child: a filter
# of system calls (seccomp), which children inherit. Python's own attempts raise first.
_NO_SOCKETS = """
import ctypes, os, struct, sys

def refuse(event, arguments):
    if event in ("socket.getaddrinfo", "socket.connect", "subprocess.Popen", "os.posix_spawn"):
        print(event, arguments, file=sys.stderr)
        os._exit(3)

SOCKET = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
LOAD, EQUAL, RETURN, KILL, ALLOW = 0x20, 0x15, 0x06, 0x80000000, 0x7FFF0000
rules = b"".join(struct.pack("HBBI", *rule) for rule in (
    (LOAD, 0, 0, 0), (EQUAL, 0, 4, SOCKET),
    (LOAD, 0, 0, 16), (EQUAL, 1, 0, 2), (EQUAL, 0, 1, 10),
    (RETURN, 0, 0, KILL), (RETURN, 0, 0, ALLOW),
))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(rules) // 8, ctypes.addressof(
    kept := ctypes.create_string_buffer(rules))))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
if libc.prctl(22, 2, program, 0, 0) != 0:
    sys.exit(77)
sys.addaudithook(refuse)
"""

# The uploader of ONNX Runtime 1.31 first looks for its host some 9 s after a session was opened.
_USE_RUNTIMES = """
import hand_tracking_dsp, importlib.util, time
from hand_tracking_dsp.resources import default_bank, default_policy
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.manifest import read_manifest

kept = [LevelBank.load(default_bank(), RuntimeOptions(backend=name)) for name in sys.argv[1:]]
kept.append(LearnedPolicy.load(default_policy(), read_manifest(default_bank())))
if importlib.util.find_spec("onnx"):
    import onnxruntime.quantization
time.sleep(12)
print("done")
"""


def _run(code: str, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program at home in an empty folder, where nobody has said anything about telemetry."""
    asked = ("ORT_", "XDG_", "CI", "TF_BUILD", "JENKINS_URL")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(asked)}
    environment |= {"HOME": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip


@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="the filter knows two processors")
def test_no_runtime_opens_a_socket_or_leaves_a_file(tmp_path: Path) -> None:
    backends = ["onnxruntime", *(["openvino"] if find_spec("openvino") else [])]
    done = _run(_NO_SOCKETS + _USE_RUNTIMES, tmp_path, *backends)
    if done.returncode == 77:
        pytest.skip("this kernel lets nobody filter system calls")
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="the filter knows two processors")
def test_the_filter_sees_a_socket(tmp_path: Path) -> None:
    done = _run(_NO_SOCKETS + "libc.socket(2, 1, 0)", tmp_path)
    assert done.returncode in (-31, 77)  # SIGSYS, or no filter


@pytest.mark.parametrize("folder", [".", "tools", "scripts", "launch"])
def test_a_runtime_is_imported_only_where_the_package_came_first(folder: str) -> None:
    """Modules of the package and tests are: the package itself, and the tests' conftest, come before them."""
    files = (ROOT / folder).glob("*.py") if folder == "." else (ROOT / folder).rglob("*.py")
    imported = {
        name.split(".")[0]: path
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert {"onnxruntime", "openvino"} & imported.keys() == set()
