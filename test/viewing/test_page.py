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

"""The page's data, as Rerun's server takes it."""

from __future__ import annotations

import socket
import warnings
from collections.abc import Iterator

import pytest

pytest.importorskip("rerun", reason="rerun is not installed: make setup-view")
pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from support.shown import messages

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.viewing.page import Page, PageOptions
from hand_tracking_dsp.viewing.show import Show
from hand_tracking_dsp.viewing.viewer_files import free_port


@pytest.fixture
def page() -> Iterator[Page]:
    with Page(PageOptions("127.0.0.1", free_port(), 9090)) as page:
        yield page


def test_all_of_a_scene_is_taken_without_a_complaint(page):
    show = Show(page, 100.0)
    # Rerun says so in a warning, and goes on, where it cannot log something.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for topic, message, at_ns in messages(1.0):
            show.add(topic.lstrip("/"), message, at_ns)
        show.scene.finish()
        page.flush()
    assert not show.scene.problems


def test_a_data_port_that_is_taken_is_refused_in_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(ConfigurationError, match=rf"port {port} .*: choose another --data-port"),
            Page(PageOptions("127.0.0.1", port, 9090)),
        ):
            pass


def test_the_data_listens_on_loopback_alone():
    port = free_port()
    # Where it listened at all addresses, the other could not be had.
    with Page(PageOptions("127.0.0.1", port, 9090)), socket.create_server(("127.0.0.2", port)):
        pass
