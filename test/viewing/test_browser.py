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

"""The page in a browser: it shows the picture, its curves move, and it asks no other machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

pytest.importorskip("rerun", reason="rerun is not installed: make setup-view")
pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from support.chromium import Browser, require_chromium
from support.shown import messages

from hand_tracking_dsp.viewing.front import Front
from hand_tracking_dsp.viewing.page import Page, PageOptions
from hand_tracking_dsp.viewing.show import Show
from hand_tracking_dsp.viewing.viewer_files import free_port, viewer_files

WIDTH, HEIGHT = 900, 640
# Messages a second: a browser without a graphics card draws a few pictures a second, or less.
RATE_HZ = 2.0


@contextmanager
def served() -> Iterator[str]:
    """Serve the page, on which a hand moves until the block ends; yield its address."""
    data_port, web_port = free_port(), free_port()
    with Page(PageOptions("127.0.0.1", data_port, web_port)) as page:
        show = Show(page, 100.0)
        ended = threading.Event()

        def feed() -> None:
            while True:
                for topic, message, at_ns in messages(20.0, RATE_HZ):
                    wait_s = at_ns * 1e-9 - began_s - (time.monotonic() - started_s)
                    if ended.wait(max(0.0, wait_s)):
                        return
                    show.add(topic.lstrip("/"), message, time.time_ns())

        started_s = time.monotonic()
        began_s = next(messages(1.0, RATE_HZ))[2] * 1e-9
        thread = threading.Thread(target=feed)
        thread.start()
        try:
            with Front(viewer_files(), "127.0.0.1", web_port, data_port) as front:
                yield f"http://127.0.0.1:{front.port}"
        finally:
            ended.set()
            thread.join()


def region(seen: np.ndarray, left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """Return a part of what is seen, by shares of its width and height."""
    height, width = seen.shape[:2]
    return seen[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]


def camera(seen: np.ndarray) -> np.ndarray:
    return region(seen, 0.02, 0.12, 0.42, 0.48)


def curves(seen: np.ndarray) -> np.ndarray:
    return region(seen, 0.45, 0.55, 1.0, 0.95)


def is_colourful(picture: np.ndarray) -> bool:
    """Return whether a picture has the colours of a drawn skeleton, which the page itself has not."""
    strong = (picture.max(axis=2).astype(int) - picture.min(axis=2)) > 120
    return np.count_nonzero(strong) > 100


def test_the_page_shows_the_picture_and_moving_curves(tmp_path):
    require_chromium()
    with served() as address, Browser(tmp_path / "profile", WIDTH, HEIGHT) as browser:
        browser.open(address)
        first = browser.until(lambda seen: is_colourful(camera(seen)), "the picture has its skeleton")
        moved = browser.until(
            lambda seen: np.count_nonzero((curves(seen) != curves(first)).any(axis=2)) > 200,
            "the curves move",
        )
        browser.until(lambda seen: (camera(seen) != camera(moved)).any(), "the picture moves")
        asked = [one for one in browser.asked if not one.startswith(("http://127.0.0.1:", "data:", "blob:"))]
        assert all(browser.refused.get(one) == "csp" for one in asked), asked
