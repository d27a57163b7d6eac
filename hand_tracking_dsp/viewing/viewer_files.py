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

"""Files of Rerun's viewer for the browser, which its wheel keeps inside a program."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError

from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError
from hand_tracking_dsp.viewing.child import child

LOOPBACK = "127.0.0.1"
_NAMES = ("", "re_viewer.js", "re_viewer_bg.wasm", "favicon.ico")
_PATIENCE_S, _POLL_S = 60.0, 0.1
_ANSWER_S = 30.0


@dataclass(frozen=True, slots=True)
class ViewerFile:
    """A file of the page.

    Attributes:
        kind: Its media type.
        content: Its bytes.
    """

    kind: str
    content: bytes


def require_rerun() -> None:
    """Check that Rerun's SDK is installed.

    Raises:
        ConfigurationError: It is not.
    """
    if find_spec("rerun") is None or find_spec("rerun_bindings") is None:
        msg = (
            "The page needs Rerun's SDK, which is not installed: pip install rerun-sdk, or use "
            "hand-tracking-dsp top, which does without."
        )
        raise ConfigurationError(msg)


def viewer_files() -> dict[str, ViewerFile]:
    """Take the files of the page out of the wheel, by name; "" is the page itself.

    Rerun's own server of the page has no way to be stopped, and from Python none to be kept to the loopback
    device. So its program serves them once, there, with a home of its own: in the user's it would leave a
    file that lets it count its uses.

    Raises:
        HandTrackingError: The program does not start, or does not answer.
    """
    program = _program()
    with TemporaryDirectory(prefix="hand_tracking_dsp_view") as folder:
        home = Path(folder)
        _refuse_analytics(home / "config")
        page, data = free_port(), free_port()
        environment = os.environ | {
            "HOME": folder,
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
        }
        ports = ["--port", str(data), "--web-viewer-port", str(page)]
        command = [program, "--serve-web", "--bind", LOOPBACK, *ports]
        with child(command, _ANSWER_S, silent=True, environment=environment) as process:
            return _fetch(process, f"http://{LOOPBACK}:{page}/")


def free_port(address: str = LOOPBACK) -> int:
    """Return a port that nobody listens at, at present."""
    with socket.create_server((address, 0)) as server:
        return int(server.getsockname()[1])


def _program() -> str:
    found = find_spec("rerun_cli")
    folders = () if found is None else found.submodule_search_locations or ()
    for folder in folders:
        if (program := Path(folder, "rerun")).is_file():
            return str(program)
    msg = "Rerun's SDK has no program rerun in it, which holds the page: install it again from PyPI."
    raise ConfigurationError(msg)


def _refuse_analytics(config: Path) -> None:
    folder = config / "rerun"
    folder.mkdir(parents=True)
    refused = {
        "analytics_enabled": False,
        "analytics_id": "",
        "metadata": {},
        "config_file_path": str(folder / "analytics.json"),
        "data_dir_path": str(folder),
    }
    (folder / "analytics.json").write_text(json.dumps(refused), encoding="utf-8")


def _fetch(process: subprocess.Popen[bytes], address: str) -> dict[str, ViewerFile]:
    # Not through a proxy, which may be set for the rest of the world.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return {name: _file(opener, address + name) for name in _NAMES}
        except (URLError, OSError) as error:
            if process.poll() is not None or time.monotonic() > deadline_s:
                msg = f"Rerun's program does not hand out its page ({error}): install rerun-sdk again."
                raise HandTrackingError(msg) from error
        time.sleep(_POLL_S)


def _file(opener: urllib.request.OpenerDirector, address: str) -> ViewerFile:
    with opener.open(address, timeout=_ANSWER_S) as answer:
        return ViewerFile(answer.headers.get_content_type(), answer.read())


Files = Mapping[str, ViewerFile]
