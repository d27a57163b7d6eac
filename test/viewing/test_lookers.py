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

"""Who looks at the page, by the connections to its data."""

from __future__ import annotations

import socket
import sys

import pytest

from hand_tracking_dsp.viewing.lookers import count_lookers

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="connections are Linux's to list"
)


def test_each_connection_counts_while_it_is_open():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert count_lookers(port) == 0
        with socket.create_connection(("127.0.0.1", port)) as one:
            taken, _ = server.accept()
            assert count_lookers(port) == 1
            one.close()
            taken.close()
        assert count_lookers(port) == 0
