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

"""A headless Chromium, driven over its debugging pipe: a page is loaded and looked at."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# Without a graphics card WebGL is computed; as root there is no sandbox.
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--hide-scrollbars",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--remote-debugging-pipe",
)
PATIENCE_S = 600.0


def require_chromium() -> str:
    """Return the path of Chromium; skip the test where there is none."""
    for name in PROGRAMS:
        if program := shutil.which(name):
            return program
    pytest.skip(f"none of {', '.join(PROGRAMS)} is installed: the page is not looked at")


class Browser:
    """A browser with one page; leaving the ``with`` block ends it.

    Attributes:
        asked: Addresses that pages asked for.
        refused: Those of them that were refused.
    """

    def __init__(self, folder: Path, width: int = 1600, height: int = 1000) -> None:
        self.asked: list[str] = []
        self.refused: dict[str, str] = {}
        self._count = 0
        self._session = ""
        commands, self._out = os.pipe()
        self._in, answers = os.pipe()
        # Chromium has them as 3 and 4, whatever their numbers are here.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (commands, answers)]
        script = f'exec "$@" 3<&{ends[0]} 4>&{ends[1]}'
        program = [
            require_chromium(),
            *OPTIONS,
            f"--user-data-dir={folder}",
            f"--window-size={width},{height}",
        ]
        self._process = subprocess.Popen(
            ["bash", "-c", script, "chromium", *program, "about:blank"],
            pass_fds=ends,
            env=os.environ | {"HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (commands, answers, *ends):
            os.close(end)
        self._received = bytearray()
        self._names: dict[str, str] = {}

    def __enter__(self) -> Browser:
        targets = self._call("Target.getTargets")["targetInfos"]
        page = next(one["targetId"] for one in targets if one["type"] == "page")
        self._session = self._call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Network", "Page", "Runtime"):
            self._call(f"{domain}.enable")
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._out)
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)

    def open(self, address: str) -> None:
        """Load a page."""
        self._call("Page.navigate", url=address)
        self._until(lambda answer: answer.get("method") == "Page.loadEventFired", f"{address} is loaded")

    def screenshot(self) -> np.ndarray:
        """Return what is seen, uint8 [height, width, 3], BGR."""
        data = base64.b64decode(self._call("Page.captureScreenshot")["data"])
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)

    def until(self, condition: Callable[[np.ndarray], object], what: str) -> np.ndarray:
        """Look until a condition of what is seen is true, and return that; fail if it never is."""
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            seen = self.screenshot()
            if condition(seen):
                return seen
            if time.monotonic() > deadline_s:
                pytest.fail(f"waited {PATIENCE_S:g} s in vain until {what}")
            time.sleep(0.5)

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        answer = self._until(lambda answer: answer.get("id") == self._count, f"{method} is answered")
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def _until(self, wanted: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """Take what the browser says until it is what is wanted."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not wanted(said := json.loads(self._receive(what, deadline_s))):
            if "method" in said:
                self._note(said)
        return said

    def _receive(self, what: str, deadline_s: float) -> bytes:
        while (end := self._received.find(b"\0")) < 0:
            ready, _, _ = select.select([self._in], [], [], max(0.0, deadline_s - time.monotonic()))
            assert ready, f"waited {PATIENCE_S:g} s in vain until {what}"
            part = os.read(self._in, 1 << 16)
            assert part, "the browser has ended"
            self._received += part
        found = bytes(self._received[:end])
        del self._received[: end + 1]
        return found

    def _note(self, event: dict[str, Any]) -> None:
        values = event.get("params", {})
        if event["method"] == "Network.requestWillBeSent":
            self.asked.append(values["request"]["url"])
            self._names[values["requestId"]] = values["request"]["url"]
        elif event["method"] == "Network.loadingFailed":
            name = self._names.get(values["requestId"], "?")
            self.refused[name] = values.get("blockedReason") or values.get("errorText", "")
